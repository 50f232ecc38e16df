import { ActionIcon, Badge, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { directories, type Channel, type ChannelRule } from "../../api/intake";
import { Dialog } from "../../ui/Dialog";
import { RowsLoading } from "../../ui/Loading";
import { tell, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows } from "../../ui/Rows";

const FIELDS: ChannelRule["field"][] = ["utm_source", "utm_medium", "utm_campaign", "site", "path", "referrer"];
const HOW = ["equals", "contains"] as const;

const rank = (one: Channel) => (one.archived ? 2 : one.checked ? 1 : 0);

function useRefresh() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ["lead-channels"] });
}

/** The directory of sources; those that leads brought, and nobody has looked at, stand first. */
export function Channels() {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const { data, error, refetch } = useQuery(directories.channels);
  const [edited, setEdited] = useState<Channel | "new">();
  const [merged, setMerged] = useState<Channel>();
  const changing = useMutation({
    mutationFn: ({ id, ...change }: { id: string; checked?: boolean; archived?: boolean }) => directories.changeChannel(id, change),
    onSuccess: refresh,
    onError: tellProblem,
  });
  const rows = (data?.items ?? []).toSorted((one, other) => rank(one) - rank(other));
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setEdited("new")}>
      {t("intake.source.add")}
    </Button>
  );
  return (
    <Panel title={t("intake.source.title")} description={t("intake.source.lead")} actions={add} mb="md">
      {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
      {!data && !error && <RowsLoading rows={3} />}
      {data && rows.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("intake.source.none")}
        </Text>
      )}
      {rows.length > 0 && (
        <Rows<Channel>
          label={t("intake.source.title")}
          rows={rows}
          columns={[
            {
              key: "title",
              title: t("common.name"),
              render: (one) => (
                <Group gap="xs">
                  <Text size="sm" fw={550} style={{ overflowWrap: "anywhere" }}>
                    {one.title}
                  </Text>
                  {!one.checked && !one.archived && <Badge color="yellow">{t("intake.source.unchecked")}</Badge>}
                  {one.archived && <Badge color="gray">{t("intake.source.archived")}</Badge>}
                </Group>
              ),
            },
            { key: "rules", title: t("intake.source.rules"), render: (one) => <RulesInWords rules={one.rules} /> },
            { key: "leads", title: t("intake.source.leads"), width: 90, align: "end", render: (one) => one.leads },
            {
              key: "actions",
              title: t("common.actions"),
              render: (one) => (
                <Group gap={6}>
                  {!one.checked && !one.archived && (
                    <Button size="compact-sm" aria-label={t("intake.source.confirmNamed", { name: one.title })} onClick={() => changing.mutate({ id: one.id, checked: true })}>
                      {t("intake.source.confirm")}
                    </Button>
                  )}
                  {!one.archived && (
                    <>
                      <Button size="compact-sm" variant="default" aria-label={t("intake.source.editNamed", { name: one.title })} onClick={() => setEdited(one)}>
                        {t("intake.source.edit")}
                      </Button>
                      <Button size="compact-sm" variant="default" aria-label={t("intake.source.mergeNamed", { name: one.title })} onClick={() => setMerged(one)}>
                        {t("intake.source.merge")}
                      </Button>
                    </>
                  )}
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={one.archived ? t("intake.source.restoreNamed", { name: one.title }) : t("intake.source.archiveNamed", { name: one.title })}
                    onClick={() => changing.mutate({ id: one.id, archived: !one.archived })}
                  >
                    {one.archived ? t("intake.source.restore") : t("intake.source.archive")}
                  </Button>
                </Group>
              ),
            },
          ]}
        />
      )}
      <Dialog opened={edited !== undefined} onClose={() => setEdited(undefined)} title={edited === "new" ? t("intake.source.add") : t("intake.source.change")} size="lg">
        {edited && <ChannelForm channel={edited === "new" ? undefined : edited} onClose={() => setEdited(undefined)} />}
      </Dialog>
      <Dialog opened={merged !== undefined} onClose={() => setMerged(undefined)} title={t("intake.source.mergeTitle", { name: merged?.title ?? "" })}>
        {merged && <MergeForm channel={merged} others={rows.filter((one) => one.id !== merged.id && !one.archived)} onClose={() => setMerged(undefined)} />}
      </Dialog>
    </Panel>
  );
}

function RulesInWords({ rules }: { rules: ChannelRule[] }) {
  const { t } = useTranslation();
  return (
    <Stack gap={2}>
      {rules.map((rule) => (
        <Text key={JSON.stringify(rule)} size="sm" style={{ overflowWrap: "anywhere" }}>
          {t(`intake.source.field.${rule.field}`)} {t(`intake.source.how.${rule.how ?? "equals"}`)} «{rule.value}»
        </Text>
      ))}
    </Stack>
  );
}

function ChannelForm({ channel, onClose }: { channel: Channel | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const [title, setTitle] = useState(channel?.title ?? "");
  const [rules, setRules] = useState<ChannelRule[]>(channel?.rules ?? []);
  const put = (place: number, change: Partial<ChannelRule>) => setRules(rules.map((rule, at) => (at === place ? { ...rule, ...change } : rule)));
  const saving = useMutation({
    mutationFn: () => (channel ? directories.changeChannel(channel.id, { title: title.trim(), rules, checked: true }) : directories.addChannel({ title: title.trim(), rules })),
    onSuccess: async () => {
      await refresh();
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput data-autofocus required label={t("common.name")} maxLength={200} value={title} onChange={(event) => setTitle(event.currentTarget.value)} />
        <Stack gap="xs">
          <Text size="sm" fw={500}>
            {t("intake.source.rules")}
          </Text>
          <Text size="xs" c="dimmed">
            {t("intake.source.rulesHint")}
          </Text>
          {rules.map((rule, place) => (
            // Rules have no name but their place.
            // oxlint-disable-next-line react/no-array-index-key
            <Group key={place} gap="xs" wrap="nowrap" align="flex-start">
              <Group gap="xs" flex={1} grow>
                <Select aria-label={t("intake.source.fieldLabel")} miw={140} allowDeselect={false} data={FIELDS.map((value) => ({ value, label: t(`intake.source.field.${value}`) }))} value={rule.field} onChange={(field) => put(place, { field: field as ChannelRule["field"] })} />
                <Select aria-label={t("intake.source.howLabel")} miw={120} allowDeselect={false} data={HOW.map((value) => ({ value, label: t(`intake.source.how.${value}`) }))} value={rule.how ?? "equals"} onChange={(how) => put(place, { how: how as "equals" | "contains" })} />
                <TextInput aria-label={t("intake.source.value")} miw={140} required maxLength={200} value={rule.value} onChange={(event) => put(place, { value: event.currentTarget.value })} />
              </Group>
              <ActionIcon variant="subtle" color="gray" size={36} aria-label={t("intake.source.ruleRemove", { number: place + 1 })} onClick={() => setRules(rules.filter((_, at) => at !== place))}>
                <IconTrash size={16} />
              </ActionIcon>
            </Group>
          ))}
          <Button variant="default" size="xs" w="fit-content" leftSection={<IconPlus size={14} />} onClick={() => setRules([...rules, { field: "utm_source", how: "equals", value: "" }])}>
            {t("intake.source.ruleAdd")}
          </Button>
        </Stack>
        {saving.error && <ProblemPanel problem={saving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" loading={saving.isPending}>
            {t("common.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function MergeForm({ channel, others, onClose }: { channel: Channel; others: Channel[]; onClose: () => void }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const [into, setInto] = useState<string | null>(null);
  const merging = useMutation({
    mutationFn: () => directories.mergeChannel(channel.id, into ?? ""),
    onSuccess: async () => {
      tell(t("intake.source.merged"));
      await refresh();
      onClose();
    },
  });
  return (
    <Stack>
      <Text size="sm">{t("intake.source.mergeText")}</Text>
      <Select data-autofocus searchable label={t("intake.source.into")} data={others.map((one) => ({ value: one.id, label: one.title }))} value={into} onChange={setInto} />
      {merging.error && <ProblemPanel problem={merging.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("common.cancel")}
        </Button>
        <Button color="red" disabled={!into} loading={merging.isPending} onClick={() => merging.mutate()}>
          {t("intake.source.merge")}
        </Button>
      </Group>
    </Stack>
  );
}
