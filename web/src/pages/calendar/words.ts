import { useTranslation } from "react-i18next";
import type { Calendar } from "../../api/calendars";
import { useSession } from "../../api/session";
import { formats } from "../../ui/format";
import { addDays, AGENDA_DAYS, daysOf, isLong, type Day, type Placed } from "./days";
import type { View } from "./search";

/** Days and times of the calendar in the reader's language. */
export function useWords() {
  const { t, i18n } = useTranslation();
  const { timezone } = useSession().organisation;
  const format = formats(i18n.language, timezone);
  const made = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(i18n.language, { ...options, timeZone: "UTC" });
  const ofDay = (options: Intl.DateTimeFormatOptions) => {
    const shape = made(options);
    return (day: Day) => shape.format(new Date(`${day}T00:00:00Z`));
  };
  const whole = ofDay({ weekday: "long", day: "numeric", month: "long" });
  const range = made({ day: "numeric", month: "long", year: "numeric" });
  const between = (first: Day, last: Day) => range.formatRange(new Date(`${first}T00:00:00Z`), new Date(`${last}T00:00:00Z`));
  return {
    zone: timezone,
    /** Sunday, 22 November. */
    whole,
    weekday: ofDay({ weekday: "short" }),
    clock: format.clock,
    between,
    /** What the view shows, as its heading. */
    period: (view: View, day: Day) => {
      if (view === "month") return capital(ofDay({ month: "long", year: "numeric" })(day));
      if (view === "agenda") return between(day, addDays(day, AGENDA_DAYS - 1));
      const week = daysOf("week", day);
      return between(week[0] as Day, week.at(-1) as Day);
    },
    /** When an event is, on one of its days. */
    hours: (one: Placed) => {
      if (one.event.allDay) return one.first === one.last ? t("calendar.allDay") : between(one.first, one.last);
      if (isLong(one)) return `${format.dateTime(one.event.startsAt)} – ${format.dateTime(one.event.endsAt)}`;
      return one.ends > one.begins ? `${format.time(one.event.startsAt)}–${format.time(one.event.endsAt)}` : format.time(one.event.startsAt);
    },
    starts: (one: Placed) => format.time(one.event.startsAt),
  };
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The colour of a calendar as a style's variable. */
export const tint = (colour: string | undefined) => ({ "--tint": `var(--mantine-color-${colour ?? "gray"}-6)` }) as React.CSSProperties;

/** Calendars by their keys. */
export type Known = ReadonlyMap<string, Calendar>;
