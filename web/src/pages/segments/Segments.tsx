import { ActionIcon, Button, Group, Stack, Text, Tooltip } from "@mantine/core";
import { IconFilter, IconPlus, IconTrash, IconUsers } from "@tabler/icons-react";
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

/** A figure of this age is counted anew when the list is opened; a younger one says how old it is. */
const OLD_MS = 10 * 60_000;
const NEW_MS = 60_000;

export default function Segments() {
  const { t } = useTranslation();
  const writes = useRight("segments.write");
  const add = writes && (
    <Button component={Link} to="/segments/new" leftSection={<IconPlus size={16} />}>
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
        columns={useColumns(writes)}
        empty={<EmptyState icon={IconFilter} title={t("segments.empty")} text={t("segments.emptyHint")} actions={add} />}
      />
    </>
  );
}

function useColumns(writes: boolean): Column<Segment>[] {
  const { t } = useTranslation();
  return [
    {
      key: "name",
      title: t("common.name"),
      width: "26%",
      render: (row) => (
        <Stack gap={0}>
          <Link to="/segments/$id" params={{ id: row.id }} className="row-link">
            {row.name}
          </Link>
          <Text size="xs" c="dimmed">
            {t(`segments.kind.${row.kind}`)}
          </Text>
        </Stack>
      ),
    },
    { key: "rule", title: t("segments.rule"), render: (row) => <Rule segment={row} /> },
    { key: "count", title: t("segments.count"), align: "end", width: 190, render: (row) => <Count segment={row} /> },
    { key: "actions", title: t("common.actions"), align: "end", width: 100, render: (row) => <RowActions segment={row} writes={writes} /> },
  ];
}

/** The figure kept with the segment, with its age; counted anew when it is old. */
function Count({ segment }: { segment: Segment }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [opened] = useState(() => Date.now());
  const age = segment.countedAt === null ? Infinity : opened - Date.parse(segment.countedAt);
  const { data, isFetching } = useQuery({ ...segments.count(segment.id), enabled: age > OLD_MS });
  const count = data?.count ?? segment.members;
  return (
    <Stack gap={0} align="flex-end">
      <Text fw={600} size="sm">
        {format.number(count)}
      </Text>
      <Text size="xs" c="dimmed">
        {isFetching ? t("segments.counting") : !data && age > NEW_MS && t("segments.counted", { ago: format.ago(segment.countedAt) })}
      </Text>
    </Stack>
  );
}

function RowActions({ segment, writes }: { segment: Segment; writes: boolean }) {
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
      {writes && (
        <ActionIcon variant="subtle" color="red" aria-label={t("segments.deleteNamed", { name: segment.name })} onClick={confirm}>
          <IconTrash size={16} />
        </ActionIcon>
      )}
    </Group>
  );
}
