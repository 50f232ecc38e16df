import { Button, Grid, Group, Paper, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconDeviceFloppy, IconUsers } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { segments, type RuleGroup, type Segment } from "../../api/segments";
import { useRight } from "../../api/session";
import { EmptyState } from "../../ui/EmptyState";
import { PageLoading } from "../../ui/Loading";
import { tell } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem, ProblemPanel } from "../../ui/ProblemPanel";
import { SegmentSyncs } from "../syncs/SegmentSyncs";
import classes from "./Builder.module.css";
import { GroupEditor } from "./GroupEditor";
import { LiveCount } from "./LiveCount";
import { Members } from "./Members";
import { EVERYBODY, complete } from "./rule";
import { Why } from "./Why";

const COUNT_AFTER_MS = 350;

/** One segment: its rule with what it picks while it is built, or the contacts that were put in by hand. */
export default function EditSegment() {
  const { id } = useParams({ strict: false }) as { id?: string };
  const { data, error, refetch } = useQuery({ ...segments.card(id ?? ""), enabled: id !== undefined });
  if (id === undefined) return <Form segment={null} />;
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  return data ? <Form key={data.id} segment={data} /> : <PageLoading />;
}

function Form({ segment }: { segment: Segment | null }) {
  const { t } = useTranslation();
  const writes = useRight("segments.write");
  const seesSyncs = useRight("syncs.read");
  const [name, setName] = useState(segment?.name ?? "");
  const [kind, setKind] = useState(segment?.kind ?? "dynamic");
  const [rule, setRule] = useState<RuleGroup>(segment?.rule ?? EVERYBODY);
  const saving = useSaving(segment);
  const byRule = kind === "dynamic";
  const changed = !segment || name !== segment.name || (byRule && rule !== segment.rule);
  const save = writes && (
    <Button
      type="submit"
      form="segment"
      leftSection={<IconDeviceFloppy size={16} />}
      disabled={!name.trim() || !changed || (byRule && !complete(rule))}
      loading={saving.isPending}
    >
      {t("common.save")}
    </Button>
  );
  return (
    <>
      <PageHeader
        back={{ to: "/segments", label: t("segments.back") }}
        title={segment?.name ?? t("segments.add")}
        description={segment ? t(`segments.kind.${kind}`) : t("segments.saveFirst")}
        actions={
          <>
            {segment && (
              <Button component={Link} to={`/contacts?segmentId=${segment.id}`} variant="default" leftSection={<IconUsers size={16} />}>
                {t("segments.showAll")}
              </Button>
            )}
            {save}
          </>
        }
      />
      <form
        id="segment"
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate(byRule ? { name: name.trim(), rule } : { name: name.trim() });
        }}
      >
        <fieldset className={classes.fields} disabled={!writes}>
          <Stack>
            {saving.error && <ProblemPanel problem={saving.error} />}
            <Group gap="md" align="flex-end">
              <TextInput
                flex="1 1 260px"
                maw={520}
                required
                label={t("common.name")}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              {!segment && <KindChoice value={kind} onChange={setKind} />}
            </Group>
            {byRule && <Builder rule={rule} onChange={setRule} />}
            {!byRule && !segment && (
              <Paper>
                <EmptyState icon={IconUsers} title={t("segments.noMembers")} text={t("segments.membersAfterSaving")} />
              </Paper>
            )}
          </Stack>
        </fieldset>
      </form>
      {segment && (
        <Stack mt="md">
          {seesSyncs && <SegmentSyncs segmentId={segment.id} />}
          {!byRule && <Members segment={segment} writes={writes} />}
        </Stack>
      )}
    </>
  );
}

function KindChoice({ value, onChange }: { value: Segment["kind"]; onChange: (kind: Segment["kind"]) => void }) {
  const { t } = useTranslation();
  return (
    <Stack gap={4}>
      <SegmentedControl
        aria-label={t("segments.rule")}
        value={value}
        onChange={(chosen) => onChange(chosen as Segment["kind"])}
        data={[
          { value: "dynamic", label: t("segments.byRule") },
          { value: "static", label: t("segments.byHand") },
        ]}
      />
      <Text size="xs" c="dimmed">
        {t(value === "dynamic" ? "segments.byRuleHint" : "segments.byHandHint")}
      </Text>
    </Stack>
  );
}

function Builder({ rule, onChange }: { rule: RuleGroup; onChange: (rule: RuleGroup) => void }) {
  const { t } = useTranslation();
  const fields = useQuery(segments.fields).data ?? [];
  const [settled] = useDebouncedValue(rule, COUNT_AFTER_MS);
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, lg: 8 }}>
        <Panel title={t("segments.conditions")} description={t("segments.conditionsHint")}>
          <GroupEditor group={rule} fields={fields} onChange={onChange} />
        </Panel>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 4 }}>
        <Stack>
          <Panel title={t("segments.now")}>
            <LiveCount rule={settled} />
          </Panel>
          <Panel title={t("segments.why")} description={t("segments.whyHint")}>
            <Why rule={settled} />
          </Panel>
        </Stack>
      </Grid.Col>
    </Grid>
  );
}

function useSaving(segment: Segment | null) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async (draft: { name: string; rule?: RuleGroup }) => {
      if (!segment) return (await segments.create(draft)).id;
      await segments.change(segment.id, draft);
      return segment.id;
    },
    onSuccess: async (id) => {
      tell(t("common.saved"));
      await client.invalidateQueries({ queryKey: ["segments"] });
      if (!segment) await navigate({ to: `/segments/${id}` });
    },
  });
}
