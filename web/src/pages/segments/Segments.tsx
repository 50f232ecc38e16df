import { Button, Text } from "@mantine/core";
import { IconFilter, IconUsers } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { segments, type Segment } from "../../api/segments";
import { DataList } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";
import { Rule } from "./Rule";

export default function Segments() {
  const { t } = useTranslation();
  return (
    <>
      <PageHeader title={t("segments.title")} description={t("segments.description")} />
      <DataList<Segment>
        label={t("segments.title")}
        source={useQuery(segments.list)}
        list={useListState()}
        columns={useColumns()}
        empty={<EmptyState icon={IconFilter} title={t("segments.empty")} text={t("segments.emptyHint")} />}
      />
    </>
  );
}

function useColumns(): Column<Segment>[] {
  const { t } = useTranslation();
  return [
    { key: "title", title: t("common.name"), width: "26%", render: (row) => <Text fw={550}>{row.title}</Text> },
    { key: "rule", title: t("segments.rule"), render: (row) => <Rule rule={row.rule} /> },
    { key: "count", title: t("segments.count"), align: "end", render: (row) => <Count segment={row} /> },
    {
      key: "people",
      title: t("common.actions"),
      align: "end",
      render: (row) => (
        <Button
          component={Link}
          to={`/contacts?segmentId=${row.id}`}
          size="compact-sm"
          variant="subtle"
          leftSection={<IconUsers size={14} />}
          aria-label={t("segments.showNamed", { name: row.title })}
        >
          {t("segments.show")}
        </Button>
      ),
    },
  ];
}

function Count({ segment }: { segment: Segment }) {
  const format = useFormat();
  const { data } = useQuery({ ...segments.count(segment.id), enabled: segment.count === null });
  return <Text fw={600}>{format.number(segment.count ?? data?.count)}</Text>;
}
