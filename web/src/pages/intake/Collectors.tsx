import { Anchor, Badge, Button, Group, NumberInput, Stack, Switch, Text } from "@mantine/core";
import { IconMailbox, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { collectors, collects, type Collector, type CollectorRun, type Job } from "../../api/intake";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { tell, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows, type Column } from "../../ui/Rows";

/** The mailboxes that are read, and the job that reads them. */
export function Collectors() {
  const { t } = useTranslation();
  const columns = useColumns();
  const all = useQuery(collectors.list);
  const job = useQuery(collectors.job);
  const add = (
    <Button component={Link} to="/settings/collectors/new" leftSection={<IconPlus size={16} />}>
      {t("intake.collector.add")}
    </Button>
  );
  return (
    <Stack>
      {job.error && !job.data && <ProblemPanel problem={job.error} retry={() => void job.refetch()} />}
      {job.data && <JobPanel key={JSON.stringify(job.data)} job={job.data} />}
      <Panel title={t("intake.tab.collectors")} description={t("intake.collector.lead")} actions={add}>
        {all.error && !all.data && <ProblemPanel problem={all.error} retry={() => void all.refetch()} />}
        {all.isPending && <RowsLoading rows={3} />}
        {all.data?.items.length === 0 && <EmptyState compact icon={IconMailbox} title={t("intake.collector.none")} text={t("intake.collector.noneHint")} />}
        {all.data && all.data.items.length > 0 && <Rows label={t("intake.tab.collectors")} rows={all.data.items} columns={columns} />}
      </Panel>
    </Stack>
  );
}

function JobPanel({ job }: { job: Job }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [every, setEvery] = useState<number | string>(job.everyMinutes);
  const saving = useMutation({
    mutationFn: (changed: Job) => collectors.setJob(changed),
    onSuccess: async () => {
      tell(t("common.saved"));
      await client.invalidateQueries({ queryKey: ["mail-collectors"] });
    },
    onError: tellProblem,
  });
  return (
    <Panel title={t("intake.job.title")} description={t("intake.job.hint")}>
      <Group align="flex-end" gap="lg">
        <Switch
          pb={8}
          label={job.on ? t("intake.job.on") : t("intake.job.off")}
          checked={job.on}
          disabled={saving.isPending}
          onChange={(event) => saving.mutate({ ...job, on: event.currentTarget.checked })}
        />
        <NumberInput
          w={220}
          label={t("intake.job.every")}
          suffix={t("intake.minutes")}
          min={1}
          max={1440}
          allowDecimal={false}
          clampBehavior="strict"
          value={every}
          onChange={setEvery}
        />
        {every !== job.everyMinutes && (
          <Button loading={saving.isPending} disabled={typeof every !== "number"} onClick={() => saving.mutate({ ...job, everyMinutes: Number(every) })}>
            {t("common.save")}
          </Button>
        )}
      </Group>
    </Panel>
  );
}

/** What a collector does, or why it does nothing. */
export function CollectorBadge({ collector }: { collector: Collector }) {
  const { t } = useTranslation();
  if (collector.removalMarkedAt) return <Badge color="gray">{t("intake.collector.is.marked")}</Badge>;
  if (collects(collector)) return <Badge color="herald">{t("intake.collector.is.running")}</Badge>;
  if (!collector.enabled) return <Badge color="gray">{t("intake.collector.is.off")}</Badge>;
  if (collector.failures > 0) return <Badge color="red">{t("intake.collector.is.failing")}</Badge>;
  return <Badge color="teal">{t("intake.collector.is.on")}</Badge>;
}

/** What a run came to, in one line. */
export function RunCounts({ run }: { run: CollectorRun }) {
  const { t } = useTranslation();
  const parts = (["seen", "withKeyword", "taken", "known", "notTaken", "settled", "deleted"] as const).filter(
    (name) => name === "seen" || name === "taken" || run[name] > 0,
  );
  return (
    <Group gap="md" className="numbers">
      {parts.map((name) => (
        <span key={name}>{t(`intake.run.${name}`, { count: run[name] })}</span>
      ))}
    </Group>
  );
}

function useColumns(): Column<Collector>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "title",
      title: t("common.name"),
      render: (one) => (
        <Stack gap={0}>
          <Anchor component={Link} to="/settings/collectors/$id" params={{ id: one.id } as never} fw={550}>
            {one.title}
          </Anchor>
          <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {one.username} · {one.host}
          </Text>
        </Stack>
      ),
    },
    { key: "state", title: t("common.state"), width: 170, render: (one) => <CollectorBadge collector={one} /> },
    {
      key: "last",
      title: t("intake.collector.last"),
      render: ({ lastRun }) =>
        lastRun ? (
          <Stack gap={0}>
            {lastRun.state === "failed" ? <Text size="sm">{lastRun.reason}</Text> : <RunCounts run={lastRun} />}
            <Text size="xs" c="dimmed">
              {format.dateTime(lastRun.finishedAt ?? lastRun.begunAt)}
            </Text>
          </Stack>
        ) : (
          t("intake.collector.never")
        ),
    },
    { key: "next", title: t("intake.collector.next"), width: 170, render: (one) => format.dateTime(one.nextAt) },
  ];
}
