import { ActionIcon, Badge, Button, Checkbox, Group, Menu, Stack, Text, Title } from "@mantine/core";
import { IconArchive, IconDots, IconLink, IconPencil, IconPlus, IconUser } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { calendars, type Calendar } from "../../api/calendars";
import { useSession } from "../../api/session";
import { ask, tell, tellProblem } from "../../ui/notices";
import { ArchiveDialog } from "./ArchiveDialog";
import classes from "./Calendar.module.css";
import { CalendarForm } from "./CalendarForm";
import { LinkDialog } from "./LinkDialog";
import { tint } from "./words";

interface Props {
  all: Calendar[];
  hidden: string[];
  onHide: (hidden: string[]) => void;
}

type Opened = { what: "form"; calendar?: Calendar } | { what: "link"; calendar: Calendar } | { what: "archive" } | null;

/** Which calendars are shown, and what may be done with them. */
export function CalendarList({ all, hidden, onHide }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { id: me, rights } = useSession().user;
  const mayChange = rights.includes("calendars.write");
  const [opened, setOpened] = useState<Opened>(null);
  const opening = useMutation({
    mutationFn: calendars.openOwn,
    onSuccess: () => client.invalidateQueries({ queryKey: ["calendars"] }),
    onError: tellProblem,
  });
  const show = (id: string, shown: boolean) => onHide(shown ? hidden.filter((each) => each !== id) : [...hidden, id]);
  const close = () => setOpened(null);
  return (
    <Stack gap="sm" component="section" aria-label={t("calendar.calendars")}>
      <Title order={2} fz="sm">
        {t("calendar.calendars")}
      </Title>
      {all.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("calendar.noCalendars")}
        </Text>
      )}
      <Stack gap={6}>
        {all.map((calendar) => (
          <Group key={calendar.id} gap={4} wrap="nowrap" justify="space-between" align="flex-start">
            <Checkbox
              size="sm"
              checked={!hidden.includes(calendar.id)}
              onChange={(event) => show(calendar.id, event.currentTarget.checked)}
              styles={{ body: { alignItems: "flex-start" }, labelWrapper: { minWidth: 0 } }}
              label={
                <span style={{ display: "inline-flex", gap: 6, alignItems: "baseline", overflowWrap: "anywhere" }}>
                  <span aria-hidden className={classes.swatch} style={tint(calendar.colour)} />
                  <span>{calendar.title}</span>
                </span>
              }
              description={note(calendar)}
            />
            <CalendarMenu calendar={calendar} mayChange={mayChange} onOpen={setOpened} />
          </Group>
        ))}
      </Stack>
      {mayChange && (
        <Stack gap={2} align="flex-start">
          {!all.some((calendar) => calendar.ownerId === me) && (
            <Button size="compact-sm" variant="subtle" leftSection={<IconUser size={14} />} loading={opening.isPending} onClick={() => opening.mutate()}>
              {t("calendar.openOwn")}
            </Button>
          )}
          <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} />} onClick={() => setOpened({ what: "form" })}>
            {t("calendar.newCalendar")}
          </Button>
          <Button size="compact-sm" variant="subtle" color="gray" leftSection={<IconArchive size={14} />} onClick={() => setOpened({ what: "archive" })}>
            {t("calendar.archive")}
          </Button>
        </Stack>
      )}
      {opened?.what === "form" && <CalendarForm calendar={opened.calendar} onClose={close} />}
      {opened?.what === "link" && <LinkDialog calendar={opened.calendar} onClose={close} />}
      {opened?.what === "archive" && <ArchiveDialog onClose={close} />}
    </Stack>
  );

  function note(calendar: Calendar) {
    if (calendar.isIncoming) return <Badge size="xs">{t("calendar.incoming")}</Badge>;
    if (calendar.kind === "personal") return calendar.ownerId === me ? t("calendar.own") : t("calendar.personal");
    return undefined;
  }
}

function CalendarMenu({ calendar, mayChange, onOpen }: { calendar: Calendar; mayChange: boolean; onOpen: (opened: Opened) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const archiving = useMutation({
    mutationFn: () => calendars.archive(calendar.id),
    onSuccess: async () => {
      tell(t("calendar.archived"));
      await Promise.all([["calendars"], ["calendar-events"]].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
    onError: tellProblem,
  });
  const confirm = () =>
    ask({
      title: t("calendar.archiveTitle", { name: calendar.title }),
      text: t("calendar.archiveText"),
      confirm: t("calendar.toArchive"),
      danger: true,
      onConfirm: () => archiving.mutate(),
    });
  const name = t("calendar.menuOf", { name: calendar.title });
  if (!mayChange && !calendar.hasLink) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label={name}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {mayChange && (
          <Menu.Item leftSection={<IconPencil size={14} />} onClick={() => onOpen({ what: "form", calendar })}>
            {t("calendar.edit")}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconLink size={14} />} onClick={() => onOpen({ what: "link", calendar })}>
          {t("calendar.link.name")}
        </Menu.Item>
        {mayChange && calendar.kind === "shared" && !calendar.isIncoming && (
          <Menu.Item color="red" leftSection={<IconArchive size={14} />} onClick={confirm}>
            {t("calendar.toArchive")}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
