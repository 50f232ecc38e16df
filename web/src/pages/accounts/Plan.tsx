import { Button, Group, NumberInput, Stack, Text } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { accounts, type AccountCard } from "../../api/accounts";
import { useFormat } from "../../ui/format";
import { tell, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { UsageBar } from "./UsageBar";

const MOST = 1_000_000_000;

/** The plan at the service and how much of it is used; a limit is entered by hand where the service tells none. */
export function Plan({ account }: { account: AccountCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const { usage, manages } = account;
  const asking = useMutation({
    mutationFn: () => accounts.askUsage(account.id),
    onSuccess: () => client.invalidateQueries({ queryKey: ["accounts"] }),
    onError: tellProblem,
  });
  const refresh = (
    <Button variant="default" size="xs" leftSection={<IconRefresh size={14} />} loading={asking.isPending} onClick={() => asking.mutate()}>
      {t("accounts.askUsage")}
    </Button>
  );
  return (
    <Panel title={t("accounts.plan")} description={usage.at ? t("accounts.usageAt", { when: format.ago(usage.at) }) : t("accounts.usageNever")} actions={refresh}>
      <Stack gap="sm">
        {usage.plan && <Text size="sm">{t("accounts.planName", { name: usage.plan })}</Text>}
        <UsageBar usage={usage} />
        {usage.limit !== null && usage.lettersLimit !== null && (
          <Text size="sm">{t("accounts.lettersOf", { used: format.number(usage.lettersSent), limit: format.number(usage.lettersLimit) })}</Text>
        )}
        {usage.balance !== null && (
          <Text size="sm">{t("accounts.balance", { amount: `${format.number(usage.balance)} ${usage.currency ?? ""}`.trim() })}</Text>
        )}
        {manages ? <Limit key={String(usage.limitByHand && usage.limit)} account={account} /> : usage.limitByHand && <Text size="sm">{t("accounts.byHand")}</Text>}
      </Stack>
    </Panel>
  );
}

function Limit({ account }: { account: AccountCard }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { limit, limitByHand } = account.usage;
  const [value, setValue] = useState<number | string>(limitByHand && limit !== null ? limit : "");
  const saving = useMutation({
    mutationFn: () => accounts.change(account.id, { contactLimit: value === "" ? null : Number(value) }),
    onSuccess: async () => {
      tell(t("common.saved"));
      await client.invalidateQueries({ queryKey: ["accounts"] });
    },
    onError: tellProblem,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        saving.mutate();
      }}
    >
      <Group align="flex-end" gap="xs">
        <NumberInput
          flex="1 1 200px"
          label={t("accounts.limit")}
          description={t("accounts.limitHint")}
          placeholder={t("accounts.noLimit")}
          value={value}
          onChange={setValue}
          min={0}
          max={MOST}
          allowDecimal={false}
          allowNegative={false}
          thousandSeparator=" "
        />
        <Button type="submit" variant="default" loading={saving.isPending}>
          {t("common.save")}
        </Button>
      </Group>
    </form>
  );
}
