import { Button, Group, Stack, Text } from "@mantine/core";
import { IconArrowRight, IconPencil, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { calendars, type Calendar, type CalendarEvent } from "../../api/calendars";
import { useSession } from "../../api/session";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { NOTHING } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { ask, tell, tellProblem } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";
import classes from "./Calendar.module.css";
import { placed } from "./days";
import { EventForm } from "./EventForm";
import { tint, useWords, type Known } from "./words";

interface Props {
  id: string;
  known: Known;
  choice: Calendar[];
  onClose: () => void;
}

/** An event: when, whose, what it says, what it came of, and what may be done with it. */
export function EventDialog({ id, known, choice, onClose }: Props) {
  const { t } = useTranslation();
  const event = useQuery(calendars.event(id));
  const [changing, setChanging] = useState(false);
  const words = useWords();
  if (event.data && changing) {
    return <EventForm event={event.data} day={placed(event.data, words.zone).first} choice={choice} onClose={() => setChanging(false)} />;
  }
  return (
    <Dialog opened onClose={onClose} title={event.data?.title ?? t("calendar.event")} size="lg">
      {event.error && !event.data && <ProblemPanel problem={event.error} retry={() => void event.refetch()} />}
      {event.isPending && <RowsLoading rows={3} />}
      {event.data && <Content event={event.data} known={known} onChange={() => setChanging(true)} onClose={onClose} />}
    </Dialog>
  );
}

function Content({ event, known, onChange, onClose }: { event: CalendarEvent; known: Known; onChange: () => void; onClose: () => void }) {
  const { t } = useTranslation();
  const words = useWords();
  const client = useQueryClient();
  const { rights } = useSession().user;
  const one = placed(event, words.zone);
  const calendar = known.get(event.calendarId);
  const deletion = useMutation({
    mutationFn: () => calendars.deleteEvent(event.id),
    onSuccess: async () => {
      onClose();
      tell(t("calendar.deleted"));
      client.removeQueries({ queryKey: ["calendar-events", event.id] });
      await client.invalidateQueries({ queryKey: ["calendar-events"] });
    },
    onError: tellProblem,
  });
  const confirm = () =>
    ask({
      title: t("calendar.deleteTitle", { name: event.title }),
      text: t("calendar.deleteText"),
      confirm: t("common.delete"),
      danger: true,
      onConfirm: () => deletion.mutate(),
    });
  return (
    <Stack gap="md">
      <div>
        <Field label={t("calendar.when")}>
          {one.first === one.last && `${words.whole(one.first)}, `}
          {words.hours(one)}
        </Field>
        <Field label={t("calendar.calendar")}>
          <Group gap={6} justify="flex-end" wrap="nowrap">
            <span aria-hidden className={classes.swatch} style={tint(calendar?.colour)} />
            {calendar?.title ?? t("calendar.inArchive")}
          </Group>
        </Field>
        <Field label={t("calendar.person")}>{event.person ?? NOTHING}</Field>
      </div>
      {event.description && (
        <Text size="sm" style={{ whiteSpace: "pre-line", overflowWrap: "anywhere" }}>
          {event.description}
        </Text>
      )}
      <Group justify="space-between" gap="xs">
        {event.path ? (
          <Button component={Link} to={event.path} variant="light" rightSection={<IconArrowRight size={16} />}>
            {t(event.sourceKind === "lead" ? "calendar.toLead" : "calendar.toRecord")}
          </Button>
        ) : (
          <span />
        )}
        {rights.includes("calendars.write") && calendar && (
          <Group gap="xs">
            {!event.sourceKind && (
              <Button variant="subtle" color="red" leftSection={<IconTrash size={16} />} loading={deletion.isPending} onClick={confirm}>
                {t("common.delete")}
              </Button>
            )}
            <Button variant="default" leftSection={<IconPencil size={16} />} onClick={onChange}>
              {t("calendar.edit")}
            </Button>
          </Group>
        )}
      </Group>
    </Stack>
  );
}
