import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { accounts, type AccountCard, type Service, type SettingValues } from "../../api/accounts";
import { localised } from "../../i18n";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { connect } from "./connecting";
import { SettingsForm } from "./SettingsForm";

interface Props {
  service: Service;
  account: AccountCard | null;
  onAccount: (account: AccountCard) => void;
  onStep: (step: "hosts" | "lists", problem?: unknown) => void;
  onBack: () => void;
}

/** The account's name and key; the service is asked at once, and what was entered stays until it accepts. */
export function Connect({ service, account, onAccount, onStep, onBack }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const name = localised(service.title);
  const [title, setTitle] = useState(service.accounts > 0 ? `${name} ${service.accounts + 1}` : name);
  const connecting = useMutation({
    mutationFn: async (settings: SettingValues) => {
      const values = { title: title.trim(), settings };
      const card = account ? await accounts.change(account.id, values) : await accounts.create({ moduleId: service.moduleId, ...values });
      onAccount(card);
      return connect(client, card.id, service.functions);
    },
    onSuccess: (outcome) => {
      if (outcome.step === "hosts") onStep("hosts");
      if (outcome.step === "lists") onStep("lists", outcome.problem);
    },
  });
  const refused = connecting.data?.step === null ? connecting.data.refused : null;
  return (
    <Panel title={t("accounts.keysOf", { name })} description={t("accounts.settingsHint")}>
      <Stack>
        {connecting.error && <ProblemPanel problem={connecting.error} />}
        {refused && <Refused words={refused} />}
        <TextInput
          label={t("accounts.titleField")}
          description={t("accounts.titleHint")}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
          error={title.trim() ? null : t("accounts.titleNeeded")}
        />
        <SettingsForm
          settings={service.settingsSchema}
          secretsSet={account?.secretsSet ?? []}
          initial={{}}
          busy={connecting.isPending}
          action={t("accounts.check")}
          onSave={(settings) => title.trim() && connecting.mutate(settings)}
        />
        {!account && (
          <Group>
            <Button variant="subtle" onClick={onBack}>
              {t("common.back")}
            </Button>
          </Group>
        )}
      </Stack>
    </Panel>
  );
}

/** Why the service did not accept the account, in its module's words. */
export function Refused({ words }: { words: string }) {
  const { t } = useTranslation();
  return (
    <Alert color="red" icon={<IconAlertTriangle size={18} />} title={t("accounts.refused")} role="alert">
      <Text size="sm">{words}</Text>
    </Alert>
  );
}
