import "@mantine/charts/styles.css";
import { BarChart } from "@mantine/charts";
import { useTranslation } from "react-i18next";
import type { LeadFigures } from "../../api/leads";

const SERIES = [
  { name: "open", status: "open", color: "orange.6" },
  { name: "inWork", status: "in_work", color: "herald.5" },
  { name: "processed", status: "processed", color: "teal.6" },
  { name: "closed", status: "closed", color: "gray.5" },
] as const;
/** Sources or people that a chart has room for; the table has them all. */
const SHOWN = 10;

/** How many leads of each source or person stand where. */
export default function StatisticsChart({ rows, nameless, height }: { rows: LeadFigures[]; nameless: string; height: number }) {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  return (
    <BarChart
      h={height}
      type="stacked"
      dataKey="name"
      withLegend
      legendProps={{ itemSorter: null }}
      valueFormatter={(value) => number.format(value)}
      data={rows.slice(0, SHOWN).map((row) => ({ ...row, name: row.title ?? nameless }))}
      series={SERIES.map(({ name, status, color }) => ({ name, color, label: t(`status.lead.${status}`) }))}
      barChartProps={{ accessibilityLayer: true }}
    />
  );
}
