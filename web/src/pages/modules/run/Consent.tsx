import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { CallError } from "../../../api/modules";
import classes from "../../../trace/trace.module.css";
import { Dialog } from "../../../ui/Dialog";

interface Props {
  asked: CallError | null;
  account: string;
  onAllow: () => void;
  onDecline: () => void;
}

/** Asks before a request that may change something goes to a live account. */
export function Consent({ asked, account, onAllow, onDecline }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog opened={asked !== null} onClose={onDecline} title={t("studio.consentTitle")}>
      <Stack>
        <Text size="sm">{t("studio.consentText", { account })}</Text>
        {asked?.url && (
          <Group gap="xs" wrap="nowrap" align="baseline">
            <Badge color="orange">{asked.method}</Badge>
            <Text className={classes.url}>{asked.url}</Text>
          </Group>
        )}
        <Text size="sm" c="dimmed">
          {t("studio.consentHint")}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onDecline}>
            {t("common.cancel")}
          </Button>
          <Button data-autofocus onClick={onAllow}>
            {t("studio.consentAllow")}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
