import { Alert, Checkbox, Stack, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { outgoing, type Kind, type OutgoingBody } from "../../api/outgoing";
import { useRight } from "../../api/session";
import { RowsLoading } from "../../ui/Loading";
import { ProblemPanel } from "../../ui/ProblemPanel";

export type Draft = Required<OutgoingBody>;

export const isWhole = ({ title, url, kinds }: Draft) => title.trim() !== "" && url.trim().length >= 8 && kinds.length > 0;

/** Name, address and kinds of an outgoing webhook. */
export function OutgoingFields({ draft, onChange }: { draft: Draft; onChange: (draft: Draft) => void }) {
  const { t } = useTranslation();
  const kinds = useQuery(outgoing.kinds);
  const approves = useRight("hosts.approve");
  const set = (change: Partial<Draft>) => onChange({ ...draft, ...change });
  return (
    <Stack>
      <TextInput
        data-autofocus
        required
        maxLength={200}
        label={t("common.name")}
        description={t("outgoing.nameHint")}
        value={draft.title}
        onChange={(event) => set({ title: event.currentTarget.value })}
      />
      <TextInput
        required
        type="url"
        maxLength={2_000}
        label={t("outgoing.url")}
        description={t("outgoing.urlHint")}
        placeholder="https://crm.example.ru/vestnik"
        value={draft.url}
        onChange={(event) => set({ url: event.currentTarget.value })}
      />
      {approves && (
        <Switch
          label={t("outgoing.private")}
          description={t("outgoing.privateHint")}
          checked={draft.private}
          onChange={(event) => set({ private: event.currentTarget.checked })}
        />
      )}
      {!approves && draft.private && <Alert color="blue">{t("outgoing.privateStays")}</Alert>}
      {kinds.error && <ProblemPanel problem={kinds.error} retry={() => void kinds.refetch()} />}
      {kinds.isPending && <RowsLoading rows={3} />}
      {kinds.data && (
        <Checkbox.Group required label={t("outgoing.kinds")} value={draft.kinds} onChange={(value) => set({ kinds: value as Kind[] })}>
          <Stack gap="xs" mt="xs">
            {kinds.data.map(({ kind, title, description }) => (
              <Checkbox key={kind} value={kind} label={title} description={`${description} (${kind})`} />
            ))}
          </Stack>
        </Checkbox.Group>
      )}
    </Stack>
  );
}
