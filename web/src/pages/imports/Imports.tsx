import { Badge, Button, Group, Progress, Stack, Text } from "@mantine/core";
import { IconCalendarRepeat, IconFileImport } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { goesOn, imports, undoProgress, type ImportRow } from "../../api/imports";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";
import { UploadButton, UploadProgress, useUpload } from "./Uploading";

const COLOURS: Record<string, string> = {
  uploaded: "blue", running: "herald", done: "teal", failed: "red", cancelled: "gray", undoing: "herald", undone: "gray",
};

export default function Imports() {
  const { t } = useTranslation();
  const list = useListState();
  const { upload, begin, end } = useUpload();
  const button = <UploadButton begin={begin} busy={upload !== null} />;
  const scheduled = (
    <Button variant="default" component={Link} to="/imports/schedules" leftSection={<IconCalendarRepeat size={16} />}>
      {t("schedules.title")}
    </Button>
  );
  return (
    <>
      <PageHeader
        title={t("imports.title")}
        description={t("imports.description")}
        back={{ to: "/contacts", label: t("contacts.title") }}
        actions={
          <>
            {scheduled}
            {button}
          </>
        }
      />
      {upload && <UploadProgress upload={upload} end={end} />}
      <DataList<ImportRow>
        label={t("imports.title")}
        source={useQuery(imports.list({ offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }))}
        list={list}
        columns={useColumns()}
        empty={<EmptyState icon={IconFileImport} title={t("imports.empty")} text={t("imports.emptyHint")} actions={button} />}
      />
    </>
  );
}

function useColumns(): Column<ImportRow>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "file",
      title: t("imports.file"),
      render: (row) => (
        <Stack gap={0}>
          <Link to="/imports/$id" params={{ id: row.id }} className="row-link">
            {row.fileName}
          </Link>
          <Text size="xs" c="dimmed">
            {[row.purpose === "suppression" && t("stopList.title"), format.dateTime(row.createdAt), row.scheduleName ?? row.createdBy].filter(Boolean).join(" · ")}
          </Text>
        </Stack>
      ),
    },
    { key: "state", title: t("imports.stateTitle"), width: 170, render: (row) => <StateOf row={row} /> },
    { key: "rows", title: t("imports.rows"), align: "end", width: 120, render: (row) => format.number(row.totalRows) },
    { key: "created", title: t("imports.created"), align: "end", width: 120, render: (row) => format.number(row.created) },
    { key: "updated", title: t("imports.updated"), align: "end", width: 120, hide: "phone", render: (row) => format.number(row.updated) },
    { key: "rejected", title: t("imports.rejected"), align: "end", width: 130, hide: "phone", render: (row) => format.number(row.rejected) },
  ];
}

/** A state, and how far the import is while it goes on. */
function StateOf({ row }: { row: ImportRow }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { done, total } = row.state === "undoing" ? undoProgress(row) : { done: row.doneRows, total: row.totalRows ?? 0 };
  if (!goesOn(row.state) || !total) return <ImportState state={row.state} />;
  return (
    <Stack gap={4} maw={150}>
      <ImportState state={row.state} />
      <Group gap="xs" wrap="nowrap">
        <Progress flex={1} size="sm" value={Math.min(100, (done / total) * 100)} animated aria-label={t("imports.progress")} />
        <Text size="xs" c="dimmed" className="numbers">
          {format.share(Math.min(done, total), total)}
        </Text>
      </Group>
    </Stack>
  );
}

export function ImportState({ state }: { state: string }) {
  const { t } = useTranslation();
  return (
    <Group>
      <Badge color={COLOURS[state] ?? "gray"}>{t(`imports.state.${state}`)}</Badge>
    </Group>
  );
}
