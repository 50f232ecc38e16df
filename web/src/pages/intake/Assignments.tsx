import { ActionIcon, Badge, Button, Group, MultiSelect, Select, Stack, Switch, TagsInput, Text, TextInput } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconEdit, IconPlus, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { accounts } from "../../api/accounts";
import { directories, type Assignment, type AssignmentBody } from "../../api/intake";
import { Dialog } from "../../ui/Dialog";
import { RowsLoading } from "../../ui/Loading";
import { ask, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";

const KINDS: Assignment["kind"][] = ["round_robin", "least_busy", "by_source"];

const bodyOf = (one: Assignment | undefined): AssignmentBody => ({
  title: one?.title ?? "",
  kind: one?.kind ?? "round_robin",
  people: one?.people ?? [],
  channels: one?.channels ?? [],
  partners: one?.partners ?? [],
  cities: one?.cities ?? [],
  enabled: one?.enabled ?? true,
});

/** The rules of who gets a lead; the first that fits decides. */
export function Assignments() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(directories.assignments);
  const [edited, setEdited] = useState<Assignment | "new">();
  const refresh = () => client.invalidateQueries({ queryKey: ["lead-assignments"] });
  const ordering = useMutation({ mutationFn: directories.orderAssignments, onSuccess: refresh, onError: tellProblem });
  const removing = useMutation({ mutationFn: directories.removeAssignment, onSuccess: refresh, onError: tellProblem });
  const rules = data?.items ?? [];
  const move = (from: number, to: number) => {
    const ids = rules.map((rule) => rule.id);
    ids.splice(to, 0, ...ids.splice(from, 1));
    ordering.mutate(ids);
  };
  const remove = (rule: Assignment) =>
    ask({ title: t("intake.rule.removeTitle", { name: rule.title }), text: t("intake.rule.removeText"), confirm: t("common.delete"), danger: true, onConfirm: () => removing.mutate(rule.id) });
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setEdited("new")}>
      {t("intake.rule.add")}
    </Button>
  );
  return (
    <Panel title={t("intake.rule.title")} description={t("intake.rule.lead")} actions={add}>
      {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
      {!data && !error && <RowsLoading rows={2} />}
      {data && rules.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("intake.rule.none")}
        </Text>
      )}
      <Stack gap="xs" component="ol" p={0} m={0} style={{ listStyle: "none" }}>
        {rules.map((rule, place) => (
          <Group key={rule.id} component="li" justify="space-between" gap="sm" p="sm" className="framed">
            <Stack gap={2} flex="1 1 220px" miw={0}>
              <Group gap="xs">
                <Text fw={550} size="sm" style={{ overflowWrap: "anywhere" }}>
                  {place + 1}. {rule.title}
                </Text>
                {rule.enabled === false && <Badge color="gray">{t("intake.rule.off")}</Badge>}
              </Group>
              <InWords rule={rule} />
            </Stack>
            <Group gap={4} wrap="nowrap">
              <Tool label={t("intake.rule.up", { name: rule.title })} off={place === 0 || ordering.isPending} onClick={() => move(place, place - 1)} icon={<IconArrowUp size={16} />} />
              <Tool label={t("intake.rule.down", { name: rule.title })} off={place === rules.length - 1 || ordering.isPending} onClick={() => move(place, place + 1)} icon={<IconArrowDown size={16} />} />
              <Tool label={t("intake.rule.edit", { name: rule.title })} onClick={() => setEdited(rule)} icon={<IconEdit size={16} />} />
              <Tool label={t("intake.rule.remove", { name: rule.title })} onClick={() => remove(rule)} icon={<IconTrash size={16} />} />
            </Group>
          </Group>
        ))}
      </Stack>
      <Dialog opened={edited !== undefined} onClose={() => setEdited(undefined)} title={edited === "new" ? t("intake.rule.add") : t("intake.rule.change")} size="lg">
        {edited && <RuleForm rule={edited === "new" ? undefined : edited} onClose={() => setEdited(undefined)} />}
      </Dialog>
    </Panel>
  );
}

function Tool({ label, icon, off, onClick }: { label: string; icon: React.ReactNode; off?: boolean; onClick: () => void }) {
  // Really disabled it would lose the focus, and who moves a rule by keyboard their place.
  return (
    <ActionIcon variant="subtle" color="gray" size="lg" aria-label={label} aria-disabled={off || undefined} data-disabled={off || undefined} onClick={off ? undefined : onClick}>
      {icon}
    </ActionIcon>
  );
}

function InWords({ rule }: { rule: Assignment }) {
  const { t } = useTranslation();
  const names = useChoices();
  const named = (from: { value: string; label: string }[], ids: string[] | undefined) => (ids ?? []).map((id) => from.find((one) => one.value === id)?.label ?? id).join(", ");
  const parts = [
    t(`intake.rule.kind.${rule.kind}`),
    t("intake.rule.to", { names: named(names.people, rule.people) }),
    rule.channels?.length ? t("intake.rule.whenChannels", { names: named(names.channels, rule.channels) }) : "",
    rule.partners?.length ? t("intake.rule.whenPartners", { names: named(names.partners, rule.partners) }) : "",
    rule.cities?.length ? t("intake.rule.whenCities", { names: rule.cities.join(", ") }) : "",
  ];
  return (
    <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
      {parts.filter(Boolean).join(" · ")}
    </Text>
  );
}

function useChoices() {
  const people = useQuery(accounts.people).data?.items ?? [];
  const channels = useQuery(directories.channels).data?.items ?? [];
  const partners = useQuery(directories.partners).data?.items ?? [];
  return {
    people: people.map((one) => ({ value: one.id, label: one.name })),
    channels: channels.map((one) => ({ value: one.id, label: one.title })),
    partners: partners.map((one) => ({ value: one.id, label: one.title })),
  };
}

function RuleForm({ rule, onClose }: { rule: Assignment | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const choices = useChoices();
  const [body, setBody] = useState(() => bodyOf(rule));
  const put = (change: Partial<AssignmentBody>) => setBody((before) => ({ ...before, ...change }));
  const saving = useMutation({
    mutationFn: () => (rule ? directories.changeAssignment(rule.id, body) : directories.addAssignment(body)),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["lead-assignments"] });
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
        <TextInput data-autofocus required label={t("common.name")} maxLength={200} value={body.title} onChange={(event) => put({ title: event.currentTarget.value })} />
        <Select
          label={t("intake.rule.how")}
          allowDeselect={false}
          data={KINDS.map((value) => ({ value, label: t(`intake.rule.kind.${value}`) }))}
          value={body.kind}
          onChange={(kind) => put({ kind: kind as Assignment["kind"] })}
        />
        <MultiSelect required searchable label={t("intake.rule.people")} data={choices.people} value={body.people} onChange={(people) => put({ people })} />
        <MultiSelect searchable label={t("intake.rule.channels")} description={t("intake.rule.anyHint")} data={choices.channels} value={body.channels ?? []} onChange={(channels) => put({ channels })} />
        <MultiSelect searchable label={t("intake.rule.partners")} data={choices.partners} value={body.partners ?? []} onChange={(partners) => put({ partners })} />
        <TagsInput label={t("intake.rule.cities")} acceptValueOnBlur value={body.cities ?? []} onChange={(cities) => put({ cities })} />
        <Switch label={t("intake.rule.enabled")} checked={body.enabled ?? true} onChange={(event) => put({ enabled: event.currentTarget.checked })} />
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
