import { ActionIcon, VisuallyHidden } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import classes from "./Calendar.module.css";
import { daysOf, onDay, today, type Day, type Placed } from "./days";
import { EventChip } from "./EventChip";
import { tint, useWords, type Known } from "./words";

/** Events of one day that a cell has room for. */
const ROOM = 3;

export interface ViewProps {
  date: Day;
  events: Placed[];
  known: Known;
  narrow: boolean;
  onOpen: (id: string) => void;
  /** Absent for those who may enter none. */
  onAdd: ((day: Day) => void) | undefined;
}

/** The weeks of a month; on a phone each day says how many events it has. */
export function Month(props: ViewProps) {
  const { date, narrow } = props;
  const words = useWords();
  const days = daysOf("month", date);
  const weeks = Array.from({ length: days.length / 7 }, (_, week) => days.slice(week * 7, week * 7 + 7));
  const month = date.slice(0, 7);
  return (
    <div className={classes.frame}>
      <table className={classes.month} aria-label={words.period("month", date)}>
        <thead>
          <tr>
            {days.slice(0, 7).map((day) => (
              <th key={day} scope="col">
                {words.weekday(day)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week[0]}>
              {week.map((day) => (
                <td key={day} className={day.startsWith(month) ? undefined : classes.outside} style={narrow ? { height: 58, padding: 0 } : undefined}>
                  {narrow ? <SmallDay day={day} {...props} /> : <WholeDay day={day} {...props} />}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function WholeDay({ day, events, known, onOpen, onAdd }: ViewProps & { day: Day }) {
  const { t } = useTranslation();
  const words = useWords();
  const here = onDay(events, day);
  const shown = here.length > ROOM ? here.slice(0, ROOM - 1) : here;
  return (
    <>
      <div className={classes.cellHead}>
        <DayLink day={day} />
        {onAdd && (
          // The button above the calendar does the same for the keyboard.
          <ActionIcon className={classes.add} size="sm" variant="subtle" tabIndex={-1} aria-label={t("calendar.addOn", { day: words.whole(day) })} onClick={() => onAdd(day)}>
            <IconPlus size={14} />
          </ActionIcon>
        )}
      </div>
      {here.length > 0 && (
        <ul className={classes.list}>
          {shown.map((one) => (
            <li key={one.event.id}>
              <EventChip one={one} known={known} onOpen={onOpen} />
            </li>
          ))}
          {here.length > shown.length && (
            <li>
              <MoreLink day={day} count={here.length - shown.length} />
            </li>
          )}
        </ul>
      )}
    </>
  );
}

function SmallDay({ day, events, known }: ViewProps & { day: Day }) {
  const { t } = useTranslation();
  const words = useWords();
  const here = onDay(events, day);
  return (
    <Link to="/calendar" search={{ view: "agenda", date: day }} className={classes.small}>
      <VisuallyHidden>{words.whole(day)}</VisuallyHidden>
      <span aria-hidden className={day === today(words.zone) ? `${classes.day} ${classes.today}` : classes.day}>
        {Number(day.slice(8))}
      </span>
      {here.length > 0 && (
        <span className={classes.dots}>
          <span aria-hidden className={classes.swatch} style={tint(known.get(here[0]?.event.calendarId ?? "")?.colour)} />
          <span aria-hidden style={{ fontSize: 12 }}>
            {here.length}
          </span>
          <VisuallyHidden>{t("calendar.events", { count: here.length })}</VisuallyHidden>
        </span>
      )}
    </Link>
  );
}

/** Leads to the agenda from a day on. */
export function DayLink({ day }: { day: Day }) {
  const words = useWords();
  const now = day === today(words.zone);
  return (
    <Link to="/calendar" search={{ view: "agenda", date: day }} className={now ? `${classes.day} ${classes.today}` : classes.day} aria-current={now ? "date" : undefined}>
      <span aria-hidden>{Number(day.slice(8))}</span>
      <VisuallyHidden>{words.whole(day)}</VisuallyHidden>
    </Link>
  );
}

export function MoreLink({ day, count }: { day: Day; count: number }) {
  const { t } = useTranslation();
  return (
    <Link to="/calendar" search={{ view: "agenda", date: day }} className={classes.more}>
      {t("calendar.more", { count })}
    </Link>
  );
}
