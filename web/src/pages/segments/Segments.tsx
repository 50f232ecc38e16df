import { ActionIcon, Button, Group, Stack, Text, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconFilter, IconPencil, IconPlus, IconTrash, IconUsers } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { segments, type Segment } from "../../api/segments";
import { useRight } from "../../api/session";
import { DataList } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { ask, tell, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";
import { Rule } from "./Rule";
import { SegmentDialog } from "./SegmentDialog";

export default function Segments() {
  const { t } = useTranslation();
  const writes = useRight("segments.write");
  const [opened, dialog] = useDisclosure();
  const [edited, setEdited] = useState<Segment | null>(null);
  const open = (segment: Segment | null) => {
    setEdited(segment);
    dialog.open();
  };
  const add = writes && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => open(null)}>
      {t("segments.add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("segments.title")} description={t("segments.description")} actions={add} />
      <DataList<Segment>
        label={t("segments.title")}
        source={useQuery(segments.list)}
        list={useListState()}
        columns={useColumns(writes ? open : null)}
        empty={<EmptyState icon={IconFilter} title={t("segments.empty")} text={t("segments.emptyHint")} actions={add} />}
      />
      <SegmentDialog key={`${edited?.id ?? "new"}${opened}`} opened={opened} onClose={dialog.close} segment={edited} />
    </>
  );
}

function useColumns(onEdit: ((segment: Segment) => void) | null): Column<Segment>[] {
  const { t } = useTranslation();
  return [
    {
      key: "name",
      title: t("common.name"),
      width: "26%",
      render: (row) => (
        <Stack gap={0}>
          <Link to="/contacts" search={{ segmentId: row.id }} className="row-link">
            {row.name}
          </Link>
          <Text size="xs" c="dimmed">
            {t(`segments.kind.${row.kind}`)}
          </Text>
        </Stack>
      ),
    },
    { key: "rule", title: t("segments.rule"), render: (row) => <Rule segment={row} /> },
    { key: "count", title: t("segments.count"), align: "end", render: (row) => <Count segment={row} /> },
    { key: "actions", title: t("common.actions"), align: "end", width: 130, render: (row) => <RowActions segment={row} onEdit={onEdit} /> },
  ];
}

function Count({ segment }: { segment: Segment }) {
  const format = useFormat();
  const { data } = useQuery(segments.count(segment.id));
  return (
    <Text fw={600} size="sm">
      {format.number(data?.count)}
    </Text>
  );
}

function RowActions({ segment, onEdit }: { segment: Segment; onEdit: ((segment: Segment) => void) | null }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const removal = useMutation({
    mutationFn: () => segments.archive(segment.id),
    onSuccess: async () => {
      tell(t("segments.archived", { name: segment.name }));
      await client.invalidateQueries({ queryKey: ["segments"] });
    },
    onError: tellProblem,
  });
  const confirm = () =>
    ask({
      title: t("segments.archiveTitle", { name: segment.name }),
      text: t("segments.archiveText"),
      confirm: t("common.delete"),
      danger: true,
      onConfirm: () => removal.mutate(),
    });
  const show = t("segments.showNamed", { name: segment.name });
  return (
    <Group gap={4} justify="flex-end" wrap="nowrap">
      <Tooltip label={show}>
        <ActionIcon component={Link} to={`/contacts?segmentId=${segment.id}`} variant="subtle" color="gray" aria-label={show}>
          <IconUsers size={16} />
        </ActionIcon>
      </Tooltip>
      {onEdit && segment.kind === "dynamic" && (
        <ActionIcon variant="subtle" color="gray" aria-label={t("segments.editNamed", { name: segment.name })} onClick={() => onEdit(segment)}>
          <IconPencil size={16} />
        </ActionIcon>
      )}
      {onEdit && (
        <ActionIcon variant="subtle" color="red" aria-label={t("segments.deleteNamed", { name: segment.name })} onClick={confirm}>
          <IconTrash size={16} />
        </ActionIcon>
      )}
    </Group>
  );
}
