import "@mantine/charts/styles.css";
import { AreaChart } from "@mantine/charts";
import { useTranslation } from "react-i18next";
import type { CampaignChart } from "../../api/campaigns";
import { useSession } from "../../api/session";

const DAY_S = 86_400;
const LINES = [
  { name: "delivered", color: "teal.6" },
  { name: "opened", color: "herald.5" },
  { name: "clicked", color: "orange.6" },
  { name: "unsubscribed", color: "red.6" },
] as const;

/** How many letters were delivered and opened, and how many clicks came: in each step, or up to it. */
export default function EventsChart({ chart, running, told }: { chart: CampaignChart; running: boolean; told: (name: string) => boolean }) {
  const { t, i18n } = useTranslation();
  const timeZone = useSession().organisation.timezone;
  const label = new Intl.DateTimeFormat(i18n.language, { timeZone, ...precision(chart, i18n.language) });
  const number = new Intl.NumberFormat(i18n.language);
  return (
    <AreaChart
      h={280}
      dataKey="label"
      curveType="monotone"
      withLegend
      legendProps={{ itemSorter: null }}
      withDots={false}
      fillOpacity={0.18}
      valueFormatter={(value) => number.format(value)}
      data={steps(chart, running).map((point) => ({ ...point, label: label.format(new Date(point.at)) }))}
      series={LINES.filter(({ name }) => told(name)).map((line) => ({ ...line, label: t(`campaigns.${line.name}`) }))}
      areaChartProps={{ accessibilityLayer: true }}
    />
  );
}

function precision({ widthS }: CampaignChart, language: string): Intl.DateTimeFormatOptions {
  // Where the day is halved nobody writes 09:00 AM.
  const hour = language === "en" ? "numeric" : "2-digit";
  if (widthS >= DAY_S) return { day: "numeric", month: "short" };
  if (widthS >= 3_600) return { day: "numeric", month: "short", hour, minute: "2-digit" };
  if (widthS >= 60) return { hour, minute: "2-digit" };
  return { hour, minute: "2-digit", second: "2-digit" };
}

/** Every step, also those without events, which the server leaves out; `running`: the sums up to each. */
function steps({ widthS, points }: CampaignChart, running: boolean): CampaignChart["points"] {
  const known = new Map(points.map((point) => [Date.parse(point.at), point]));
  const moments = [...known.keys()];
  const from = Math.min(...moments);
  const count = (Math.max(...moments) - from) / (widthS * 1000);
  const none = { sent: 0, delivered: 0, opened: 0, clicked: 0, unsubscribed: 0, bounced: 0, spam: 0 };
  let total = { ...none };
  return Array.from({ length: count + 1 }, (_, step) => {
    const moment = from + step * widthS * 1000;
    const { at: _at, ...counts } = known.get(moment) ?? { at: "" };
    const added = { ...none, ...counts };
    const names = Object.keys(none) as (keyof typeof none)[];
    total = running ? (Object.fromEntries(names.map((name) => [name, total[name] + added[name]])) as typeof none) : added;
    return { at: new Date(moment).toISOString(), ...total };
  });
}
