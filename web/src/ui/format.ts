import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { sessionQuery } from "../api/session";

export type Instant = string | null | undefined;
export const NOTHING = "—";

/** Numbers and times as a reader of `language` writes them, times in the zone `timeZone`. */
export function formats(language: string, timeZone: string | undefined) {
  const zone = timeZone ? { timeZone } : {};
  const number = new Intl.NumberFormat(language);
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const dateTime = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", ...zone });
  const date = new Intl.DateTimeFormat(language, { dateStyle: "medium", ...zone });
  // A short English date puts the month first, which half of its readers take for the day.
  const exact = new Intl.DateTimeFormat(language, { dateStyle: language === "en" ? "medium" : "short", timeStyle: "medium", ...zone });
  const ofThisYear = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit", ...zone });
  const year = new Intl.DateTimeFormat(language, { year: "numeric", ...zone });
  const time = new Intl.DateTimeFormat(language, { timeStyle: "short", ...zone });
  const clock = new Intl.DateTimeFormat(language, { timeStyle: "short", timeZone: "UTC" });
  const day = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
  const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const at = (format: Intl.DateTimeFormat) => (instant: Instant) => (instant ? format.format(new Date(instant)) : NOTHING);
  return {
    number: (value: number | null | undefined) => (value === null || value === undefined ? NOTHING : number.format(value)),
    /** Share of `part` in `whole`; nothing when there is no whole. */
    share: (part: number, whole: number) => (whole > 0 ? percent.format(part / whole) : NOTHING),
    dateTime: at(dateTime),
    date: at(date),
    exact: at(exact),
    time: at(time),
    /** The time alone of an instant of today, else its date too; the year where it is another. */
    moment: (instant: Instant, now = new Date()) => {
      if (!instant) return NOTHING;
      const then = new Date(instant);
      if (date.format(then) === date.format(now)) return time.format(then);
      return (year.format(then) === year.format(now) ? ofThisYear : dateTime).format(then);
    },
    /** A time of any day, given as HH:MM. */
    clock: (hhmm: string | null | undefined) => (hhmm ? clock.format(new Date(`1970-01-01T${hhmm}:00Z`)) : NOTHING),
    /** A day that is the same in every zone, given as YYYY-MM-DD. */
    day: (word: string | null | undefined) => (word ? day.format(new Date(`${word}T00:00:00Z`)) : NOTHING),
    ago: (instant: Instant) => (instant ? relative(ago, new Date(instant).getTime() - Date.now()) : NOTHING),
  };
}

/** A Russian phone number as it is written there; others stay as they are kept. */
export function phone(number: string): string {
  return number.replace(/^\+7(\d{3})(\d{3})(\d\d)(\d\d)$/, "+7\u00a0$1\u00a0$2-$3-$4");
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

function relative(format: Intl.RelativeTimeFormat, distanceMs: number): string {
  for (const [unit, size] of STEPS) {
    if (Math.abs(distanceMs) >= size) return format.format(Math.round(distanceMs / size), unit);
  }
  return format.format(Math.round(distanceMs / 1000), "second");
}

/** Who did a thing: the application itself is called as the reader knows it. */
export function useActor(): (name: string | null | undefined) => string {
  const { t } = useTranslation();
  return (name) => (name === "Vestnik" ? t("shell.name") : (name ?? NOTHING));
}

/** Formats of the reader's language and the organisation's time zone. */
export function useFormat() {
  const { i18n } = useTranslation();
  const { data } = useQuery(sessionQuery);
  const zone = data?.organisation.timezone;
  return useMemo(() => formats(i18n.language, zone), [i18n.language, zone]);
}
