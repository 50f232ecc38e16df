import { Alert, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { begunBy, hasEnded, moves, stateOf, syncs, type Sync, type SyncRun } from "../../api/syncs";
import { Field } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { LiveBadge } from "../../ui/LiveBadge";
import { PageLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";
import { StatusBadge } from "../../ui/StatusBadge";
import { HeldBack, Plan, Report } from "./Figures";
import { HeldPeople } from "./HeldPeople";
import { Rejects } from "./Rejects";
import { RunProgress } from "./RunProgress";
import { StopButton, Waiting } from "./Sync";
import { useLiveRun } from "./use-live-run";

const route = getRouteApi("/inside/syncs/$id/run");

/** One run of a sync: its plan, how far it is, its report. Without a key in the address it is the newest. */
export default function RunPage() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const { run: asked } = route.useSearch();
  const { data: sync, error, refetch } = useQuery(syncs.card(id));
  if (error && !sync) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!sync) return <PageLoading />;
  const runId = asked ?? sync.run?.id;
  if (runId) return <Run key={runId} sync={sync} runId={runId} />;
  return <PageHeader title={sync.listTitle} description={t("syncs.noRuns")} back={{ to: `/syncs/${id}`, label: sync.listTitle }} />;
}

function Run({ sync, runId }: { sync: Sync; runId: string }) {
  const { t } = useTranslation();
  const { data: run, error, refetch } = useQuery(syncs.run(runId));
  const connection = useLiveRun(run);
  if (error && !run) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!run) return <PageLoading />;
  const present = sync.run?.id === run.id;
  const ended = hasEnded(run);
  return (
    <>
      <PageHeader
        title={t("syncs.runOf", { number: run.number, list: sync.listTitle })}
        description={t(`syncs.trigger.${begunBy(run)}`)}
        back={{ to: `/syncs/${sync.id}`, label: sync.listTitle }}
        badges={<StatusBadge kind="syncRun" state={stateOf(run)} size="lg" />}
        actions={present && moves(run) && <StopButton sync={sync} />}
      />
      <Stack>
        {moves(run) && (
          <Panel title={t("syncs.progress")} actions={<LiveBadge connection={connection} moves />}>
            <RunProgress run={run} />
            {run.reason && (
              <Text size="sm" mt="xs">
                {run.reason.text}
              </Text>
            )}
          </Panel>
        )}
        {ended && run.reason && (
          <Alert
            color={run.state === "failed" ? "red" : "gray"}
            icon={run.state === "failed" ? <IconAlertTriangle size={18} /> : <IconInfoCircle size={18} />}
            role={run.state === "failed" ? "alert" : undefined}
            title={t(`status.syncRun.${stateOf(run)}`)}
          >
            {run.reason.text}
          </Alert>
        )}
        {present && run.state === "waiting" && sync.state !== "draft" ? (
          <Waiting sync={{ ...sync, run }} />
        ) : (
          run.counts.add !== null && (
            <Panel title={t("syncs.plan.title")}>
              <Stack>
                <Plan run={run} sync={sync} />
                <HeldBack run={run} />
              </Stack>
            </Panel>
          )
        )}
        {ended && (
          <Panel title={t("syncs.report.title")}>
            <Report run={run} />
          </Panel>
        )}
        {run.counts.rejected > 0 && <Rejects run={run} sync={sync} />}
        {!ended && run.counts.heldInAll > 0 && <HeldPeople run={run} />}
        <Times run={run} />
      </Stack>
    </>
  );
}

function Times({ run }: { run: SyncRun }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Panel title={t("syncs.times")}>
      <Field label={t("syncs.begun")}>{[format.exact(run.startedAt), run.startedBy].filter(Boolean).join(" · ")}</Field>
      {run.plannedAt && <Field label={t("syncs.planned")}>{format.exact(run.plannedAt)}</Field>}
      {run.confirmedAt && <Field label={t("syncs.confirmed")}>{[format.exact(run.confirmedAt), run.confirmedBy].filter(Boolean).join(" · ")}</Field>}
      {run.finishedAt && <Field label={t("syncs.ended")}>{format.exact(run.finishedAt)}</Field>}
    </Panel>
  );
}
