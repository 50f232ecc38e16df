import { ActionIcon, Alert, Button, Group, SegmentedControl, Stack, Title } from "@mantine/core";
import { useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { IconCalendarEvent, IconChevronLeft, IconChevronRight, IconPlus } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { calendars, NAMED } from "../../api/calendars";
import { useSession } from "../../api/session";
import { Dialog } from "../../ui/Dialog";
import { RowsLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Agenda } from "./Agenda";
import classes from "./Calendar.module.css";
import { CalendarList } from "./CalendarList";
import { daysOf, placed, step, timeOf, today, type Day } from "./days";
import { EventDialog } from "./EventDialog";
import { EventForm } from "./EventForm";
import { Month } from "./Month";
import { VIEWS, type CalendarSearch, type View } from "./search";
import { useWords } from "./words";
import { Week } from "./Week";

const PHONE = "(max-width: 48em)";
const ONE_COLUMN = "(max-width: 61.9375em)";
const VIEW = { month: Month, week: Week, agenda: Agenda };

/** Calendars of the organisation and of oneself: leads that came in, and what people entered. */
export default function CalendarPage() {
  const { t } = useTranslation();
  const { zone } = useWords();
  const { rights, id: me } = useSession().user;
  const mayChange = rights.includes("calendars.write");
  const search = useSearch({ strict: false }) as CalendarSearch;
  const go = useGo();
  const narrow = useMediaQuery(PHONE, undefined, { getInitialValueInEffect: false }) ?? false;
  const oneColumn = useMediaQuery(ONE_COLUMN, undefined, { getInitialValueInEffect: false }) ?? false;
  const view = search.view ?? (narrow ? "agenda" : "month");
  const date = search.date ?? today(zone);
  const [hidden, setHidden] = useLocalStorage<string[]>({ key: `vestnik.calendars.hidden.${me}`, defaultValue: [], getInitialValueInEffect: false });
  const [choosing, setChoosing] = useState(false);
  const [adding, setAdding] = useState<Day | null>(null);
  const list = useQuery({ ...calendars.list(), placeholderData: keepPreviousData });
  const all = useMemo(() => list.data?.items ?? [], [list.data]);
  const known = useMemo(() => new Map(all.map((each) => [each.id, each])), [all]);
  const shown = all.filter((each) => !hidden.includes(each.id)).map((each) => each.id);
  // What is not asked for by name is left out here.
  const named = shown.length < all.length && shown.length <= NAMED ? shown.join(",") : "";
  const events = useQuery({
    ...calendars.events({ ...timeOf(daysOf(view, date), zone), calendar: named }),
    enabled: list.isSuccess && shown.length > 0,
  });
  const here = (shown.length > 0 ? (events.data?.items ?? []) : []).filter((each) => shown.includes(each.calendarId)).map((each) => placed(each, zone));
  const choice = <CalendarList all={all} hidden={hidden} onHide={setHidden} />;
  const Shown = VIEW[view];
  return (
    <>
      <PageHeader
        title={t("calendar.title")}
        description={t("calendar.lead")}
        actions={
          <>
            {oneColumn && (
              <Button variant="default" leftSection={<IconCalendarEvent size={16} />} onClick={() => setChoosing(true)}>
                {t("calendar.calendars")}
              </Button>
            )}
            {mayChange && all.length > 0 && (
              <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(date)}>
                {t("calendar.add")}
              </Button>
            )}
          </>
        }
      />
      <div className={oneColumn ? classes.page : `${classes.page} ${classes.withSide}`}>
        {!oneColumn && (list.isPending ? <RowsLoading rows={3} /> : choice)}
        <Stack gap="sm" miw={0}>
          <Toolbar view={view} date={date} go={go} />
          {list.error && !list.data && <ProblemPanel problem={list.error} retry={() => void list.refetch()} />}
          {events.error && <ProblemPanel problem={events.error} retry={() => void events.refetch()} />}
          {events.data?.cut && <Alert color="yellow">{t("calendar.cut")}</Alert>}
          {list.isSuccess && shown.length === 0 && all.length > 0 && <Alert color="blue">{t("calendar.allHidden")}</Alert>}
          {list.isPending || events.isLoading ? (
            <RowsLoading />
          ) : (
            <div className={events.isPlaceholderData ? classes.faded : undefined}>
              <Shown
                date={date}
                events={here}
                known={known}
                narrow={narrow}
                onOpen={(event) => go({ event })}
                onAdd={mayChange && all.length > 0 ? setAdding : undefined}
              />
            </div>
          )}
        </Stack>
      </div>
      {oneColumn && choosing && (
        <Dialog opened onClose={() => setChoosing(false)} title={t("calendar.calendars")}>
          {choice}
        </Dialog>
      )}
      {adding && <EventForm day={adding} choice={all} onClose={() => setAdding(null)} />}
      {search.event && list.isSuccess && <EventDialog key={search.event} id={search.event} known={known} choice={all} onClose={() => go({ event: undefined })} />}
    </>
  );
}

function Toolbar({ view, date, go }: { view: View; date: Day; go: (change: CalendarSearch) => void }) {
  const { t } = useTranslation();
  const words = useWords();
  return (
    <Group justify="space-between" gap="sm">
      <Group gap="xs">
        <Button variant="default" size="xs" onClick={() => go({ date: undefined })}>
          {t("calendar.today")}
        </Button>
        <ActionIcon variant="default" size={30} aria-label={t(`calendar.back.${view}`)} onClick={() => go({ date: step(view, date, -1) })}>
          <IconChevronLeft size={16} />
        </ActionIcon>
        <ActionIcon variant="default" size={30} aria-label={t(`calendar.forward.${view}`)} onClick={() => go({ date: step(view, date, 1) })}>
          <IconChevronRight size={16} />
        </ActionIcon>
        <Title order={2} fz="lg" aria-live="polite">
          {words.period(view, date)}
        </Title>
      </Group>
      <SegmentedControl
        aria-label={t("calendar.view")}
        value={view}
        onChange={(value) => go({ view: value as View })}
        data={VIEWS.map((each) => ({ value: each, label: t(`calendar.views.${each}`) }))}
      />
    </Group>
  );
}

/** Changes the address: what is shown, around which day, and which event is open. */
function useGo(): (change: CalendarSearch) => void {
  const navigate = useNavigate();
  return (change) => void navigate({ to: ".", search: (before: CalendarSearch) => ({ ...before, ...change }), resetScroll: false } as never);
}
