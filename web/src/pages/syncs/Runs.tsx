import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { begunBy, stateOf, syncs, type SyncRun } from "../../api/syncs";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { Panel } from "../../ui/Panel";
import type { Column } from "../../ui/Rows";
import { StatusBadge } from "../../ui/StatusBadge";

/** Every run that there was, the newest first. */
export function Runs({ syncId }: { syncId: string }) {
  const { t } = useTranslation();
  const list = useListState();
  const source = useQuery(syncs.runs(syncId, { offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }));
  return (
    <Panel title={t("syncs.history")}>
      <DataList<SyncRun>
        label={t("syncs.history")}
        source={source}
        list={list}
        columns={useColumns()}
        empty={
          <Text p="md" c="dimmed">
            {t("syncs.noRuns")}
          </Text>
        }
      />
    </Panel>
  );
}

function useColumns(): Column<SyncRun>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "number",
      title: t("syncs.run"),
      render: (run) => (
        <Stack gap={0}>
          <Link to="/syncs/$id/run" params={{ id: run.syncId } as never} search={{ run: run.id } as never} className="row-link">
            {t("syncs.runNumber", { number: run.number })}
          </Link>
          <Text size="xs" c="dimmed">
            {t(`syncs.trigger.${begunBy(run)}`)}
            {run.startedBy && ` · ${run.startedBy}`}
          </Text>
        </Stack>
      ),
    },
    { key: "state", title: t("common.state"), width: 190, render: (run) => <StatusBadge kind="syncRun" state={stateOf(run)} /> },
    { key: "at", title: t("syncs.begun"), width: 200, render: (run) => format.dateTime(run.startedAt) },
    { key: "added", title: t("syncs.report.added"), align: "end", width: 110, render: (run) => format.number(run.counts.added) },
    { key: "removed", title: t("syncs.report.removed"), align: "end", width: 120, render: (run) => format.number(run.counts.removed) },
    { key: "held", title: t("syncs.plan.held"), align: "end", width: 130, hide: "tablet", render: (run) => format.number(run.counts.heldInAll) },
    { key: "rejected", title: t("syncs.report.rejected"), align: "end", width: 120, render: (run) => format.number(run.counts.rejected) },
  ];
}
