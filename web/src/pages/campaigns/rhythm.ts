import { useTranslation } from "react-i18next";
import type { Rhythm } from "../../api/planning";
import { useSession } from "../../api/session";
import { formats } from "../../ui/format";

/** Days of the week, Monday the first. */
export const WEEK = [0, 1, 2, 3, 4, 5, 6];
const MONDAY = Date.UTC(2026, 10, 23, 12);
const DAY_MS = 86_400_000;

export function weekdayName(language: string, day: number): string {
  return new Intl.DateTimeFormat(language, { weekday: "long", timeZone: "UTC" }).format(MONDAY + day * DAY_MS);
}

/** How often a campaign goes, in words; the zone is named where it is not the organisation's. */
export function useRhythm(): (rhythm: Omit<Rhythm, "enabled">) => string {
  const { t, i18n } = useTranslation();
  const { timezone } = useSession().organisation;
  return ({ every, day, atTime, zone }) => {
    const clock = formats(i18n.language, "UTC").time(`2026-01-01T${atTime}:00Z`);
    const time = zone === timezone ? clock : `${clock} (${zone})`;
    return every === "week"
      ? t("planning.repeat.weekly", { weekday: weekdayName(i18n.language, day), time })
      : t(day > 28 ? "planning.repeat.monthlyLast" : "planning.repeat.monthly", { day, time });
  };
}
