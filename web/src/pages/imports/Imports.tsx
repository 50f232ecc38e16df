import { Badge, Button, FileButton, Group, Stack, Text } from "@mantine/core";
import { IconFileImport, IconUpload } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { imports, type ImportRow } from "../../api/imports";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";

const COLOURS: Record<string, string> = {
  uploaded: "blue", running: "herald", done: "teal", failed: "red", cancelled: "gray", undoing: "herald", undone: "gray",
};

export default function Imports() {
  const { t } = useTranslation();
  const list = useListState();
  return (
    <>
      <PageHeader
        title={t("imports.title")}
        description={t("imports.description")}
        back={{ to: "/contacts", label: t("contacts.title") }}
        actions={<Upload />}
      />
      <DataList<ImportRow>
        label={t("imports.title")}
        source={useQuery(imports.list({ offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }))}
        list={list}
        columns={useColumns()}
        empty={<EmptyState icon={IconFileImport} title={t("imports.empty")} text={t("imports.emptyHint")} actions={<Upload />} />}
      />
    </>
  );
}

function Upload() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const sending = useMutation({
    mutationFn: imports.upload,
    onSuccess: (card) => {
      client.setQueryData(imports.card(card.id).queryKey, card);
      void navigate({ to: "/imports/$id", params: { id: card.id } });
    },
    onError: tellProblem,
  });
  return (
    <FileButton accept=".csv,.txt,.tsv,.xlsx,text/csv" onChange={(file) => file && sending.mutate(file)} inputProps={{ "aria-label": t("imports.file") }}>
      {(button) => (
        <Button {...button} leftSection={<IconUpload size={16} />} loading={sending.isPending}>
          {t("imports.upload")}
        </Button>
      )}
    </FileButton>
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
            {[format.dateTime(row.createdAt), row.createdBy].filter(Boolean).join(" · ")}
          </Text>
        </Stack>
      ),
    },
    { key: "state", title: t("imports.stateTitle"), width: 170, render: (row) => <ImportState state={row.state} /> },
    { key: "rows", title: t("imports.rows"), align: "end", width: 120, render: (row) => format.number(row.totalRows) },
    { key: "created", title: t("imports.created"), align: "end", width: 120, render: (row) => format.number(row.created) },
    { key: "updated", title: t("imports.updated"), align: "end", width: 120, hide: "phone", render: (row) => format.number(row.updated) },
    { key: "rejected", title: t("imports.rejected"), align: "end", width: 130, hide: "phone", render: (row) => format.number(row.rejected) },
  ];
}

export function ImportState({ state }: { state: string }) {
  const { t } = useTranslation();
  return (
    <Group>
      <Badge color={COLOURS[state] ?? "gray"}>{t(`imports.state.${state}`)}</Badge>
    </Group>
  );
}
