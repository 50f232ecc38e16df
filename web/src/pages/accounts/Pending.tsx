import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { accounts, type AccountCard, type Service } from "../../api/accounts";
import { useRight } from "../../api/session";
import { CopyField } from "../../ui/CopyField";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { connect, stands, type Outcome } from "./connecting";
import { Hosts } from "./Hosts";

interface Props {
  account: AccountCard;
  service: Service;
  onOutcome: (outcome: Outcome) => void;
  onBack: () => void;
}

/** Addresses that nobody approved yet: whoever may does it here, the others learn whom to ask for what. */
export function Pending({ account, service, onOutcome, onBack }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const approves = useRight("hosts.approve");
  const { data } = useQuery(accounts.hosts(account.id));
  const waiting = !data || stands(data.items);
  const connecting = useMutation({
    mutationFn: () => connect(client, account.id, service.functions),
    onSuccess: (outcome) => outcome.step !== "hosts" && onOutcome(outcome),
  });
  const unapproved = connecting.data?.step === "hosts" && waiting;
  return (
    <Stack>
      <Hosts accountId={account.id} />
      {!approves && waiting && (
        <Panel title={t("accounts.askTitle")} description={t("accounts.askHint")}>
          <CopyField aria-label={t("accounts.askLink")} value={`${window.location.origin}/accounts/${account.id}#hosts`} />
        </Panel>
      )}
      {connecting.error && <ProblemPanel problem={connecting.error} />}
      {unapproved && <Text size="sm">{t("accounts.stillWaiting")}</Text>}
      <Group justify="space-between">
        <Button variant="subtle" onClick={onBack}>
          {t("accounts.backToKeys")}
        </Button>
        <Button disabled={approves && waiting} loading={connecting.isPending} onClick={() => connecting.mutate()}>
          {t("accounts.check")}
        </Button>
      </Group>
    </Stack>
  );
}
