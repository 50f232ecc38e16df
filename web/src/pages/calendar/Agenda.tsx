import { Group, Stack, Text } from "@mantine/core";
import { IconCalendarOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "../../ui/EmptyState";
import classes from "./Calendar.module.css";
import { AGENDA_DAYS, daysOf, onDay, today } from "./days";
import type { ViewProps } from "./Month";
import { tint, useWords } from "./words";

/** The days that have events, one under the other. */
export function Agenda({ date, events, known, onOpen }: ViewProps) {
  const { t } = useTranslation();
  const words = useWords();
  const days = daysOf("agenda", date)
    .map((day) => ({ day, here: onDay(events, day) }))
    .filter(({ here }) => here.length > 0);
  if (days.length === 0) {
    return (
      <div className={classes.frame}>
        <EmptyState icon={IconCalendarOff} title={t("calendar.nothing")} text={t("calendar.nothingHint", { count: AGENDA_DAYS })} />
      </div>
    );
  }
  return (
    <div className={classes.frame}>
      {days.map(({ day, here }) => (
        <section key={day} className={classes.agendaDay} aria-label={words.whole(day)}>
          <Text component="h3" m={0} size="sm" fw={600} c={day === today(words.zone) ? "var(--mantine-color-anchor)" : undefined}>
            {words.whole(day)}
          </Text>
          <Stack gap={4}>
            {here.map((one) => {
              const calendar = known.get(one.event.calendarId);
              return (
                <button key={one.event.id} type="button" className={classes.agendaEvent} style={tint(calendar?.colour)} onClick={() => onOpen(one.event.id)}>
                  <Text size="sm" c="dimmed" className="numbers" component="span">
                    {words.hours(one)}
                  </Text>
                  <span style={{ minWidth: 0 }}>
                    <Text size="sm" fw={550} component="span" style={{ overflowWrap: "anywhere" }}>
                      {one.event.title}
                    </Text>
                    <Group component="span" gap={6} c="dimmed" fz="xs">
                      <span aria-hidden className={classes.swatch} />
                      <span>{[calendar?.title, one.event.person].filter(Boolean).join(" · ")}</span>
                    </Group>
                  </span>
                </button>
              );
            })}
          </Stack>
        </section>
      ))}
    </div>
  );
}
