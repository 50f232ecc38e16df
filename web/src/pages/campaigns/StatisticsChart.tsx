import "@mantine/charts/styles.css";
import { AreaChart } from "@mantine/charts";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/session";
import type { StatsPoint } from "../../api/campaigns";

const DAY_MS = 86_400_000;

/** Deliveries, opens and clicks over time, each summed up to its moment. */
export default function StatisticsChart({ points }: { points: StatsPoint[] }) {
  const { t, i18n } = useTranslation();
  const timeZone = useSession().organisation.timezone;
  const first = new Date(points[0]?.at ?? 0).getTime();
  const last = new Date(points.at(-1)?.at ?? 0).getTime();
  const label = new Intl.DateTimeFormat(i18n.language, {
    timeZone,
    ...(last - first > DAY_MS ? { day: "numeric", month: "short" } : {}),
    hour: "2-digit",
    minute: "2-digit",
  });
  const number = new Intl.NumberFormat(i18n.language);
  return (
    <AreaChart
      h={280}
      dataKey="at"
      curveType="monotone"
      withLegend
      withDots={points.length < 40}
      valueFormatter={(value) => number.format(value)}
      data={points.map((point) => ({ ...point, at: label.format(new Date(point.at)) }))}
      series={[
        { name: "delivered", label: t("campaigns.delivered"), color: "teal.6" },
        { name: "opened", label: t("campaigns.opened"), color: "herald.5" },
        { name: "clicked", label: t("campaigns.clicked"), color: "orange.6" },
      ]}
    />
  );
}
