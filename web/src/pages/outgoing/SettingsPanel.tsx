import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconEye, IconKey } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { outgoing, type OutgoingWebhook } from "../../api/outgoing";
import { CopyField } from "../../ui/CopyField";
import { useFormat } from "../../ui/format";
import { ask, tell, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { isWhole, OutgoingFields, type Draft } from "./OutgoingFields";

/** Where messages go, which ones, and with which secret they are signed. */
export function SettingsPanel({ webhook }: { webhook: OutgoingWebhook }) {
  return (
    <Stack>
      <Fields webhook={webhook} />
      <Secret webhook={webhook} />
    </Stack>
  );
}

function Fields({ webhook }: { webhook: OutgoingWebhook }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { title, url, kinds } = webhook;
  const [draft, setDraft] = useState<Draft>({ title, url, kinds, private: webhook.private });
  const saving = useMutation({
    mutationFn: () => outgoing.change(webhook.id, draft),
    onSuccess: async () => {
      tell(t("common.saved"));
      await client.invalidateQueries({ queryKey: outgoing.key });
    },
  });
  return (
    <Panel title={t("outgoing.tabs.settings")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <Stack maw={640}>
          {saving.error && <ProblemPanel problem={saving.error} />}
          <OutgoingFields draft={draft} onChange={setDraft} />
          <Group justify="flex-end">
            <Button type="submit" disabled={!isWhole(draft)} loading={saving.isPending}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

function Secret({ webhook }: { webhook: OutgoingWebhook }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const [secret, setSecret] = useState<string | null>(null);
  const showing = useMutation({ mutationFn: () => outgoing.showSecret(webhook.id), onSuccess: setSecret, onError: tellProblem });
  const changing = useMutation({
    mutationFn: () => outgoing.changeSecret(webhook.id),
    onSuccess: async (made) => {
      setSecret(made);
      tell(t("outgoing.secretChanged"));
      await client.invalidateQueries({ queryKey: outgoing.key });
    },
    onError: tellProblem,
  });
  const change = () =>
    ask({
      title: t("outgoing.changeSecretTitle"),
      text: t("outgoing.changeSecretText"),
      confirm: t("outgoing.changeSecret"),
      danger: true,
      onConfirm: () => changing.mutate(),
    });
  const [opened] = useState(() => new Date().toISOString());
  const both = webhook.formerSecretUntil && webhook.formerSecretUntil > opened;
  return (
    <Panel title={t("outgoing.secret")} description={t("outgoing.secretHint")}>
      <Stack maw={640}>
        {secret ? <CopyField label={t("outgoing.secret")} value={secret} /> : <Text size="sm">{t("outgoing.secretHidden")}</Text>}
        {both && <Alert color="blue">{t("outgoing.bothSign", { until: format.dateTime(webhook.formerSecretUntil) })}</Alert>}
        <Group>
          {!secret && (
            <Button variant="default" leftSection={<IconEye size={16} />} loading={showing.isPending} onClick={() => showing.mutate()}>
              {t("outgoing.showSecret")}
            </Button>
          )}
          <Button variant="default" leftSection={<IconKey size={16} />} loading={changing.isPending} onClick={change}>
            {t("outgoing.changeSecret")}
          </Button>
        </Group>
      </Stack>
    </Panel>
  );
}
