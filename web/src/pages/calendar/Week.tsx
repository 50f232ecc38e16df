import { Box } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { wallClockOf } from "../../ui/zones";
import classes from "./Calendar.module.css";
import { beside, daysOf, isLong, onDay, today, type Day } from "./days";
import { EventChip } from "./EventChip";
import { DayLink, MoreLink, type ViewProps } from "./Month";
import { useWords } from "./words";

const HOUR_PX = 44;
/** The hour at the top at first. */
const MORNING = 8;
/** Room for the name of that hour, which stands on its line. */
const ABOVE_PX = 12;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const px = (minutes: number) => (minutes * HOUR_PX) / 60;

/** Seven days with their hours; what lasts for days stands above. On a phone it scrolls within its frame. */
export function Week({ date, events, known, onOpen }: ViewProps) {
  const { t } = useTranslation();
  const words = useWords();
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    frame.current?.scrollTo({ top: MORNING * HOUR_PX - ABOVE_PX });
  }, []);
  const days = daysOf("week", date);
  return (
    <Box className={`${classes.frame} ${classes.scroll}`} ref={frame} tabIndex={0} role="region" aria-label={t("calendar.weekOf", { period: words.period("week", date) })}>
      <div className={classes.week}>
        <div className={classes.corner} />
        {days.map((day) => (
          <div key={day} className={classes.head}>
            <span aria-hidden>{words.weekday(day)}</span>
            <DayLink day={day} />
          </div>
        ))}
        <div className={classes.long}>{t("calendar.days")}</div>
        {days.map((day) => (
          <div key={day} className={classes.long}>
            {onDay(events, day)
              .filter(isLong)
              .map((one) => (
                <div key={one.event.id} style={{ paddingBottom: 2 }}>
                  <EventChip one={one} known={known} onOpen={onOpen} />
                </div>
              ))}
          </div>
        ))}
        <div className={classes.hours} aria-hidden>
          {HOURS.slice(1).map((hour) => (
            <span key={hour} className={classes.hour} style={{ top: hour * HOUR_PX }}>
              {words.clock(`${String(hour).padStart(2, "0")}:00`)}
            </span>
          ))}
        </div>
        {days.map((day) => (
          <Hours key={day} day={day} events={events} known={known} onOpen={onOpen} />
        ))}
      </div>
    </Box>
  );
}

function Hours({ day, events, known, onOpen }: Pick<ViewProps, "events" | "known" | "onOpen"> & { day: Day }) {
  const { zone } = useWords();
  const { blocks, more } = beside(onDay(events, day));
  return (
    <div className={classes.column}>
      {day === today(zone) && <div className={classes.now} style={{ top: px(minutesNow(zone)) }} />}
      {blocks.map(({ one, top, bottom, column, columns }) => (
        <div
          key={one.event.id}
          className={classes.block}
          style={{ top: px(top), height: px(bottom - top), insetInlineStart: `${(column / columns) * 100}%`, width: `${100 / columns}%` }}
        >
          <EventChip one={one} known={known} onOpen={onOpen} />
        </div>
      ))}
      {more.map(({ count, top, columns }) => (
        <div key={top} className={classes.block} style={{ top: px(top), insetInlineEnd: 0, width: `${100 / columns}%` }}>
          <MoreLink day={day} count={count} />
        </div>
      ))}
    </div>
  );
}

function minutesNow(zone: string): number {
  const wall = wallClockOf(new Date(), zone);
  return Number(wall.slice(11, 13)) * 60 + Number(wall.slice(14, 16));
}
