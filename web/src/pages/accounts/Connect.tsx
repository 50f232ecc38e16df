import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { accounts, type AccountCard, type Service, type SettingValues } from "../../api/accounts";
import { Problem } from "../../api/client";
import { localised } from "../../i18n";
import { ask } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { connect, type Outcome, type Refusal } from "./connecting";
import { SettingsForm } from "./SettingsForm";

const TWICE = "account_connected_already";

interface Props {
  service: Service;
  account: AccountCard | null;
  /** What the service said of the values when it was asked last. */
  refused: Refusal | null;
  onAccount: (account: AccountCard) => void;
  onOutcome: (outcome: Outcome) => void;
  onBack: () => void;
}

/** The account's name and key; the service is asked at once, and what was entered stays until it accepts. */
export function Connect({ service, account, refused, onAccount, onOutcome, onBack }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const name = localised(service.title);
  const [title, setTitle] = useState(account?.title ?? (service.accounts > 0 ? `${name} ${service.accounts + 1}` : name));
  const connecting = useMutation({
    mutationFn: async ({ settings, twice }: { settings: SettingValues; twice: boolean }) => {
      const values = { title: title.trim(), settings, twice };
      const card = account ? await accounts.change(account.id, values) : await accounts.create({ moduleId: service.moduleId, ...values });
      onAccount(card);
      return connect(client, card.id, service.functions);
    },
    onSuccess: onOutcome,
    onError: (problem, { settings }) => {
      if (!isTwice(problem)) return;
      ask({
        title: t("accounts.twiceTitle"),
        text: problem.detail,
        confirm: t("accounts.twiceConfirm"),
        onConfirm: () => connecting.mutate({ settings, twice: true }),
      });
    },
  });
  const atField = refused !== null && refused.setting !== null && refused.setting in propertiesOf(service);
  return (
    <Panel title={t("accounts.keysOf", { name })} description={t("accounts.settingsHint")}>
      <Stack>
        {connecting.error && !isTwice(connecting.error) && <ProblemPanel problem={connecting.error} />}
        {refused && !atField && !connecting.isPending && <Refused words={refused.words} />}
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
          initial={account?.settings ?? {}}
          busy={connecting.isPending}
          action={t("accounts.check")}
          refused={atField ? refused : null}
          onSave={(settings) => title.trim() && connecting.mutate({ settings, twice: false })}
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

const isTwice = (problem: unknown): problem is Problem => problem instanceof Problem && problem.code === TWICE;

const propertiesOf = (service: Service): object => (service.settingsSchema.properties as object | undefined) ?? {};

/** Why the service did not accept the account, in its module's words. */
function Refused({ words }: { words: string }) {
  const { t } = useTranslation();
  return (
    <Alert color="red" icon={<IconAlertTriangle size={18} />} title={t("accounts.refused")} role="alert">
      <Text size="sm">{words}</Text>
    </Alert>
  );
}
