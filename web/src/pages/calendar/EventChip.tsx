import { Tooltip, VisuallyHidden } from "@mantine/core";
import classes from "./Calendar.module.css";
import { isLong, type Placed } from "./days";
import { tint, useWords, type Known } from "./words";

interface Props {
  one: Placed;
  known: Known;
  onOpen: (id: string) => void;
}

/** An event in a cell: its time, its title, the colour of its calendar and, read aloud, the calendar's name. */
export function EventChip({ one, known, onOpen }: Props) {
  const words = useWords();
  const calendar = known.get(one.event.calendarId);
  return (
    <Tooltip label={`${words.hours(one)} · ${one.event.title} · ${calendar?.title ?? ""}`} openDelay={500}>
      <button type="button" className={classes.event} style={tint(calendar?.colour)} onClick={() => onOpen(one.event.id)}>
        {!isLong(one) && <b>{words.starts(one)}</b>}
        <span className={classes.title}>{one.event.title}</span>
        <VisuallyHidden>, {calendar?.title}</VisuallyHidden>
      </button>
    </Tooltip>
  );
}
