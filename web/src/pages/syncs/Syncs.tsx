import { Button, Stack, Text } from "@mantine/core";
import { IconArrowsExchange, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useRight } from "../../api/session";
import { stateOf, syncs, type Sync } from "../../api/syncs";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";
import { StatusBadge } from "../../ui/StatusBadge";
import { RunProgress } from "./RunProgress";
import { WithoutMail } from "./WithoutMail";
import { usePause, useSource } from "./words";

/** Lists of services that are kept as segments have it. */
export default function Syncs() {
  const { t } = useTranslation();
  const list = useListState();
  const writes = useRight("syncs.write");
  const add = writes && (
    <Button component={Link} to="/syncs/new" leftSection={<IconPlus size={16} />}>
      {t("syncs.add")}
    </Button>
  );
  const filter = { search: list.search, segmentId: list.segmentId, accountId: list.accountId };
  const source = useQuery(syncs.list({ ...filter, offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }));
  return (
    <>
      <PageHeader title={t("syncs.title")} description={t("syncs.description")} actions={add} />
      <WithoutMail of={source.data?.items ?? []} />
      <DataList<Sync>
        label={t("syncs.title")}
        source={source}
        list={list}
        columns={useColumns()}
        searchLabel={t("syncs.search")}
        empty={<EmptyState icon={IconArrowsExchange} title={t("syncs.empty")} text={t("syncs.emptyHint")} actions={add} />}
      />
    </>
  );
}

function useColumns(): Column<Sync>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const source = useSource();
  const pause = usePause();
  return [
    {
      key: "list",
      title: t("syncs.list"),
      render: (row) => (
        <Stack gap={0}>
          <Link to="/syncs/$id" params={{ id: row.id }} className="row-link">
            {row.listTitle}
          </Link>
          <Text size="xs" c="dimmed">
            {row.account.title}
          </Text>
        </Stack>
      ),
    },
    {
      key: "source",
      title: t("syncs.source"),
      render: (row) => (
        <Stack gap={0}>
          <span>{source(row)}</span>
          <Text size="xs" c="dimmed">
            {t(`syncs.mode.${row.mode}`)}
          </Text>
        </Stack>
      ),
    },
    { key: "state", title: t("common.state"), width: 150, render: (row) => <StatusBadge kind="sync" state={row.state} /> },
    { key: "last", title: t("syncs.lastRun"), width: 240, render: (row) => row.run && <LastRun sync={row} /> },
    {
      key: "next",
      title: t("syncs.next"),
      width: 190,
      hide: "tablet",
      render: (row) => (
        <Stack gap={0}>
          <span>{format.dateTime(row.nextAt)}</span>
          <Text size="xs" c="dimmed">
            {pause(row.everyMinutes)}
          </Text>
        </Stack>
      ),
    },
  ];
}

/** What the newest run is at, or what came of it. */
function LastRun({ sync }: { sync: Sync }) {
  const { t } = useTranslation();
  const format = useFormat();
  const run = sync.run;
  if (!run) return null;
  const { added, removed, rejected } = run.counts;
  return (
    <Stack gap={4} align="flex-start">
      <StatusBadge kind="syncRun" state={stateOf(run)} />
      <RunProgress run={run} />
      {run.state === "done" && (
        <Text size="xs" className="numbers">
          {t("syncs.change", { added: format.number(added), removed: format.number(removed) })}
          {rejected > 0 && ` · ${t("syncs.rejectedShort", { shown: format.number(rejected) })}`}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        {format.moment(run.finishedAt ?? run.startedAt)}
      </Text>
    </Stack>
  );
}
