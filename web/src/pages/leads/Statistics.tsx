import { Group, SegmentedControl, Select, SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import { IconChartBar } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { leads, RESULTS, type LeadFigures } from "../../api/leads";
import { EmptyState } from "../../ui/EmptyState";
import { Tile } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { RowsLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows, type Column } from "../../ui/Rows";
import { duration } from "./duration";

const Chart = lazy(() => import("./StatisticsChart"));
const DAYS = ["7", "30", "90", "365"];
const DAY_MS = 86_400_000;
const CHART_PX = 280;

type Cut = "channels" | "people";

/** Leads of a period by source and by person, and how fast they were answered. */
export default function LeadStatistics() {
  const { t } = useTranslation();
  const list = useListState();
  const days = DAYS.find((one) => one === list.state) ?? "30";
  const cut: Cut = list.tab === "people" ? "people" : "channels";
  const [end] = useState(tomorrow);
  const { data, error, refetch } = useQuery(leads.statistics(new Date(end - Number(days) * DAY_MS).toISOString(), new Date(end).toISOString()));
  const rows = data?.[cut] ?? [];
  const nameless = t(cut === "channels" ? "leads.noChannel" : "leads.nobody");
  return (
    <>
      <PageHeader title={t("leads.statistics")} description={t("leads.statisticsHint")} back={{ to: "/leads", label: t("leads.title") }} />
      <Stack>
        <Group gap="sm" align="flex-end">
          <Select
            w={{ base: "100%", xs: 180 }}
            label={t("leads.period")}
            allowDeselect={false}
            value={days}
            onChange={(value) => list.set({ state: value ?? "" })}
            data={DAYS.map((value) => ({ value, label: t(`leads.days.${value}`) }))}
          />
          <SegmentedControl
            aria-label={t("leads.by")}
            value={cut}
            onChange={(value) => list.set({ tab: value })}
            data={(["channels", "people"] as const).map((value) => ({ value, label: t(`leads.byOf.${value}`) }))}
          />
        </Group>
        {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
        {!data && !error && <RowsLoading />}
        {data && rows.length === 0 && (
          <Panel>
            <EmptyState icon={IconChartBar} title={t("leads.noFigures")} text={t("leads.noFiguresHint")} />
          </Panel>
        )}
        {rows.length > 0 && (
          <>
            <Totals rows={rows} />
            <Panel title={t(`leads.byOf.${cut}`)}>
              <Suspense fallback={<Skeleton h={CHART_PX} />}>
                <Chart rows={rows} nameless={nameless} height={CHART_PX} />
              </Suspense>
            </Panel>
            <Table rows={rows} cut={cut} nameless={nameless} />
          </>
        )}
      </Stack>
    </>
  );
}

/** The beginning of tomorrow here: the question stays the same while the day lasts. */
function tomorrow(): number {
  const at = new Date();
  at.setHours(24, 0, 0, 0);
  return at.getTime();
}

function Totals({ rows }: { rows: LeadFigures[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const sum = (name: "total" | "open" | "answered" | "converted" | "spam") => rows.reduce((all, row) => all + row[name], 0);
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }}>
      <Tile label={t("leads.total")} value={format.number(sum("total"))} />
      <Tile label={t("status.lead.open")} value={format.number(sum("open"))} />
      <Tile label={t("leads.answered")} value={format.number(sum("answered"))} note={format.share(sum("answered"), sum("total"))} />
      <Tile label={t("leads.becameClients")} value={format.number(sum("converted"))} note={format.share(sum("converted"), sum("total"))} />
    </SimpleGrid>
  );
}

function Table({ rows, cut, nameless }: { rows: LeadFigures[]; cut: Cut; nameless: string }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const time = (seconds: number | null) => <span style={{ whiteSpace: "nowrap" }}>{seconds === null ? "—" : duration(seconds, i18n.language)}</span>;
  const count = (key: "total" | "open" | "inWork" | "processed" | "converted", title: string): Column<LeadFigures> => ({
    key,
    title,
    align: "end",
    render: (row) => format.number(row[key]),
  });
  const columns: Column<LeadFigures>[] = [
    { key: "title", title: t(cut === "channels" ? "leads.channel" : "leads.responsible"), width: 200, render: (row) => <Name row={row} cut={cut} nameless={nameless} /> },
    count("total", t("leads.total")),
    count("open", t("status.lead.open")),
    count("inWork", t("status.lead.in_work")),
    count("processed", t("status.lead.processed")),
    { key: "closed", title: t("status.lead.closed"), align: "end", render: (row) => <Closed row={row} /> },
    count("converted", t("leads.becameClients")),
    { key: "median", title: t("leads.median"), align: "end", render: (row) => time(row.medianS) },
    { key: "slow", title: t("leads.slow"), align: "end", render: (row) => time(row.slowS) },
    { key: "finish", title: t("leads.finish"), align: "end", render: (row) => time(row.finishS) },
  ];
  return <Rows<LeadFigures> label={t(`leads.byOf.${cut}`)} rows={rows} columns={columns} rowKey={(row) => row.id ?? "none"} />;
}

/** A source or a person, with a way to the leads that are counted. */
function Name({ row, cut, nameless }: { row: LeadFigures; cut: Cut; nameless: string }) {
  if (row.id === null) return nameless;
  return (
    <Link to="/leads" search={(cut === "channels" ? { channelId: row.id } : { responsibleId: row.id }) as never} className="row-link">
      {row.title ?? nameless}
    </Link>
  );
}

/** How many are closed, and with which results. */
function Closed({ row }: { row: LeadFigures }) {
  const { t } = useTranslation();
  const format = useFormat();
  const counts = { spam: row.spam, duplicate: row.duplicate, other: row.other, not_target: row.notTarget };
  return (
    <Stack gap={0} align="flex-end">
      {format.number(row.closed)}
      {RESULTS.filter((result) => counts[result] > 0).map((result) => (
        <Text key={result} size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
          {`${t(`leads.result.${result}`)}: ${format.number(counts[result])}`}
        </Text>
      ))}
    </Stack>
  );
}
