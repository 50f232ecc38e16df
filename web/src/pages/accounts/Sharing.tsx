import { Button, Group, MultiSelect, Radio, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { accounts, type AccountCard } from "../../api/accounts";
import { tell, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";

/** Who may choose the account for a campaign or a sync: everybody, or the people named here. */
export function Sharing({ account }: { account: AccountCard }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("accounts.sharing")} description={t("accounts.sharingHint")}>
      {account.manages ? (
        <Choice key={account.openTo?.join()} account={account} />
      ) : (
        <Text size="sm">{account.openTo ? t("accounts.openToCount", { count: account.openTo.length }) : t("accounts.everybody")}</Text>
      )}
    </Panel>
  );
}

function Choice({ account }: { account: AccountCard }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data } = useQuery(accounts.people);
  const [chosen, setChosen] = useState<string[] | null>(account.openTo);
  const saving = useMutation({
    mutationFn: () => accounts.change(account.id, { openTo: chosen }),
    onSuccess: async () => {
      tell(t("common.saved"));
      await client.invalidateQueries({ queryKey: ["accounts"] });
    },
    onError: tellProblem,
  });
  return (
    <Stack gap="sm">
      <Radio.Group
        aria-label={t("accounts.sharing")}
        value={chosen ? "chosen" : "everybody"}
        onChange={(value) => setChosen(value === "everybody" ? null : (account.openTo ?? []))}
      >
        <Stack gap="xs">
          <Radio value="everybody" label={t("accounts.everybody")} />
          <Radio value="chosen" label={t("accounts.chosen")} description={t("accounts.chosenHint")} />
        </Stack>
      </Radio.Group>
      {chosen && (
        <MultiSelect
          aria-label={t("accounts.people")}
          placeholder={chosen.length === 0 ? t("accounts.people") : undefined}
          searchable
          value={chosen}
          onChange={setChosen}
          data={(data?.items ?? []).map((person) => ({ value: person.id, label: person.name }))}
        />
      )}
      <Group justify="flex-end">
        <Button variant="default" loading={saving.isPending} onClick={() => saving.mutate()}>
          {t("common.save")}
        </Button>
      </Group>
    </Stack>
  );
}
