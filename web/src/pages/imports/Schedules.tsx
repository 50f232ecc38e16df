import { Button, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconCalendarRepeat, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { schedules, type Schedule } from "../../api/schedules";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";
import { ScheduleDialog } from "./ScheduleForm";
import { RunProgress, RunState, ScheduleBadge, useWhen } from "./ScheduleState";

/** Files that are fetched by their addresses again and again. */
export default function Schedules() {
  const { t } = useTranslation();
  const list = useListState();
  const navigate = useNavigate();
  const [adding, { open, close }] = useDisclosure(false);
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={open}>
      {t("schedules.add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("schedules.title")} description={t("schedules.description")} back={{ to: "/imports", label: t("imports.title") }} actions={add} />
      <DataList<Schedule>
        label={t("schedules.title")}
        source={useQuery(schedules.list({ offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }))}
        list={list}
        columns={useColumns()}
        empty={<EmptyState icon={IconCalendarRepeat} title={t("schedules.empty")} text={t("schedules.emptyHint")} actions={add} />}
      />
      <ScheduleDialog opened={adding} onClose={close} onDone={(made) => void navigate({ to: "/imports/schedules/$id", params: { id: made.id } as never })} />
    </>
  );
}

function useColumns(): Column<Schedule>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const when = useWhen();
  return [
    {
      key: "name",
      title: t("schedules.name"),
      render: (row) => (
        <Stack gap={0}>
          <Link to="/imports/schedules/$id" params={{ id: row.id } as never} className="row-link">
            {row.name}
          </Link>
          <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {hostOf(row.url)}
          </Text>
        </Stack>
      ),
    },
    { key: "state", title: t("imports.stateTitle"), width: 150, render: (row) => <ScheduleBadge schedule={row} /> },
    { key: "when", title: t("schedules.when"), width: 190, hide: "phone", render: when },
    {
      key: "last",
      title: t("schedules.last"),
      width: 210,
      render: (row) =>
        row.run && (
          <Stack gap={4}>
            <RunState run={row.run} />
            <RunProgress run={row.run} />
            <Text size="xs" c="dimmed">
              {format.dateTime(row.run.begunAt)}
            </Text>
          </Stack>
        ),
    },
    { key: "next", title: t("schedules.next"), width: 220, hide: "tablet", render: (row) => format.dateTime(row.enabled ? row.nextAt : null) },
  ];
}

const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).host : url);
