import { useTranslation } from "react-i18next";
import type { Sync } from "../../api/syncs";

const HOUR = 60;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** Who is synced: the segment's name, all customers or all contacts. */
export function useSource() {
  const { t } = useTranslation();
  return (sync: Pick<Sync, "source" | "segmentName">): string =>
    sync.source === "segment" ? t("syncs.segmentNamed", { name: sync.segmentName ?? "—" }) : t(`syncs.sources.${sync.source}`);
}

/** How often a sync runs, in words. */
export function usePause() {
  const { t } = useTranslation();
  return (minutes: number | null): string => {
    if (minutes === null) return t("syncs.every.hand");
    if (minutes % WEEK === 0) return t("syncs.every.weeks", { count: minutes / WEEK });
    if (minutes % DAY === 0) return t("syncs.every.days", { count: minutes / DAY });
    if (minutes % HOUR === 0) return t("syncs.every.hours", { count: minutes / HOUR });
    return t("syncs.every.minutes", { count: minutes });
  };
}
