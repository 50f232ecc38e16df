import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconArrowsExchange, IconCircleCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { AccountCard, Service } from "../../api/accounts";
import { useRight } from "../../api/session";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { GET_LISTS } from "./connecting";
import { Lists } from "./Lists";

const SUBSCRIBERS = "CRM_Marketing_GetListSubscribers";

/** The account works: its lists with their categories, and the way to a first sync. */
export function FirstSync({ account, service, problem }: { account: AccountCard; service: Service; problem: unknown }) {
  const { t } = useTranslation();
  const writes = useRight("syncs.write");
  const syncs = writes && service.functions.includes(GET_LISTS) && service.functions.includes(SUBSCRIBERS);
  return (
    <Stack>
      <Alert color="teal" icon={<IconCircleCheck size={18} />} title={t("accounts.connected", { name: account.title })}>
        <Text size="sm">{t(syncs ? "accounts.connectedSync" : "accounts.connectedHint")}</Text>
      </Alert>
      {Boolean(problem) && <ProblemPanel problem={problem} />}
      {service.functions.includes(GET_LISTS) && <Lists accountId={account.id} manages fresh />}
      <Group justify="flex-end">
        <Button variant="default" component={Link} to={`/accounts/${account.id}`}>
          {t("accounts.toAccount")}
        </Button>
        {syncs && (
          <Button component={Link} to="/syncs/new" search={{ accountId: account.id } as never} leftSection={<IconArrowsExchange size={16} />}>
            {t("accounts.firstSync")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
