import { Alert, Button, Group, Select, SimpleGrid, Stack, Switch, Text, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { calendars, type Calendar, type CalendarEvent } from "../../api/calendars";
import { card } from "../../api/card";
import { useSession } from "../../api/session";
import { DayPicker } from "../../ui/DayPicker";
import { Dialog } from "../../ui/Dialog";
import { MomentPicker } from "../../ui/MomentPicker";
import { tell } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { instantOf, wallClockOf } from "../../ui/zones";
import { today, type Day } from "./days";

interface Props {
  /** The event to change; a new one without it, … */
  event?: CalendarEvent;
  /** … on this day. */
  day: Day;
  /** Those that are not archived. */
  choice: Calendar[];
  onClose: () => void;
}

/** Enters an event, or changes one; what an event of a lead says stays. */
export function EventForm({ event, day, choice, onClose }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { user, organisation } = useSession();
  const zone = organisation.timezone;
  const owners = useQuery(card.owners);
  const first = useFirst(event, day, zone);
  const ofRecord = Boolean(event?.sourceKind);
  const own = choice.find((each) => each.ownerId === user.id);
  const [calendarId, setCalendar] = useState<string | null>(event?.calendarId ?? own?.id ?? choice[0]?.id ?? null);
  const [title, setTitle] = useState(event?.title ?? "");
  const [description, setDescription] = useState(event?.description ?? "");
  const [personId, setPerson] = useState<string | null>(event ? event.personId : user.id);
  const [allDay, setAllDay] = useState(event?.allDay ?? false);
  const [starts, setStarts] = useState<string | null>(first.starts);
  const [ends, setEnds] = useState<string | null>(first.ends);
  const at = (wall: string) => instantOf(allDay ? `${wall.slice(0, 10)} 00:00` : wall, zone);
  const saving = useMutation({
    mutationFn: () => {
      const time = { startsAt: at(starts as string), endsAt: ends && at(ends), allDay };
      const moved = { calendarId: calendarId as string, personId, ...time };
      const body = { ...moved, title, description };
      return event ? calendars.changeEvent(event.id, ofRecord ? moved : body) : calendars.addEvent(body);
    },
    onSuccess: async () => {
      tell(t(event ? "common.saved" : "calendar.added"));
      await client.invalidateQueries({ queryKey: ["calendar-events"] });
      onClose();
    },
  });
  const late = starts && ends && (allDay ? ends.slice(0, 10) < starts.slice(0, 10) : ends < starts) ? t("calendar.endsBefore") : undefined;
  const begin = (wall: string | null) => {
    // The end keeps its distance.
    if (wall && starts && ends && ends >= starts) setEnds(later(wall, starts, ends));
    setStarts(wall);
  };
  return (
    <Dialog opened onClose={onClose} title={t(event ? "calendar.change" : "calendar.add")} size="lg">
      <form
        onSubmit={(submitted) => {
          submitted.preventDefault();
          saving.mutate();
        }}
      >
        <Stack>
          {saving.error && <ProblemPanel problem={saving.error} />}
          {ofRecord ? (
            <Alert color="blue" title={title}>
              {t("calendar.ofRecord")}
            </Alert>
          ) : (
            <TextInput data-autofocus required maxLength={500} label={t("common.name")} value={title} onChange={(input) => setTitle(input.currentTarget.value)} />
          )}
          <Switch label={t("calendar.allDay")} checked={allDay} onChange={(input) => setAllDay(input.currentTarget.checked)} />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            {allDay ? (
              <>
                <DayPicker label={t("calendar.firstDay")} clearable={false} value={starts?.slice(0, 10) ?? null} onChange={(value) => begin(value && `${value} 00:00:00`)} />
                <DayPicker label={t("calendar.lastDay")} error={late} value={ends?.slice(0, 10) ?? null} onChange={(value) => setEnds(value && `${value} 00:00:00`)} />
              </>
            ) : (
              <>
                <MomentPicker label={t("calendar.begins")} value={starts} onChange={begin} />
                <MomentPicker
                  label={t("calendar.ends")}
                  error={late}
                  clearable
                  clearButtonProps={{ "aria-label": t("common.clear") }}
                  value={ends}
                  onChange={setEnds}
                />
              </>
            )}
          </SimpleGrid>
          <Text size="xs" c="dimmed">
            {t("calendar.zone", { zone })}
          </Text>
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <Select
              label={t("calendar.calendar")}
              allowDeselect={false}
              searchable
              data={choice.map((each) => ({ value: each.id, label: each.title }))}
              value={calendarId}
              onChange={setCalendar}
            />
            <Select
              label={t("calendar.person")}
              placeholder={t("calendar.nobody")}
              clearable
              clearButtonProps={{ "aria-label": t("common.clear") }}
              searchable
              limit={100}
              data={(owners.data ?? []).map((each) => ({ value: each.id, label: each.name }))}
              value={personId}
              onChange={setPerson}
            />
          </SimpleGrid>
          {!ofRecord && (
            <Textarea label={t("calendar.description")} autosize minRows={3} maxRows={12} maxLength={10_000} value={description} onChange={(input) => setDescription(input.currentTarget.value)} />
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" disabled={!title.trim() || !calendarId || !starts || Boolean(late)} loading={saving.isPending}>
              {t(event ? "common.save" : "calendar.add")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

/** The wall-clock times with which the form begins: of today the next whole hour. */
function useFirst(event: CalendarEvent | undefined, day: Day, zone: string): { starts: string; ends: string | null } {
  if (event) return { starts: wallClockOf(event.startsAt, zone), ends: event.endsAt && wallClockOf(event.endsAt, zone) };
  const hour = day === today(zone) ? Math.min(22, Number(wallClockOf(new Date(), zone).slice(11, 13)) + 1) : 10;
  const at = (one: number) => `${day} ${String(one).padStart(2, "0")}:00:00`;
  return { starts: at(hour), ends: at(hour + 1) };
}

function later(begins: string, before: string, ends: string): string {
  const ms = (wall: string) => new Date(`${wall.replace(" ", "T")}Z`).getTime();
  const moved = new Date(ms(begins) + ms(ends) - ms(before));
  return Number.isNaN(moved.getTime()) ? ends : moved.toISOString().slice(0, 19).replace("T", " ");
}
