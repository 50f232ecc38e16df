import { Badge, Text } from "@mantine/core";
import { IconUserOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { privacy, type Erasure } from "../../api/card";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";

/** The proofs that people were erased. */
export default function Erasures() {
  const { t } = useTranslation();
  const list = useListState();
  return (
    <>
      <PageHeader title={t("privacy.title")} description={t("privacy.description")} />
      <Text size="sm" c="dimmed" maw={800} mb="md">
        {t("privacy.left")}
      </Text>
      <DataList<Erasure>
        label={t("privacy.title")}
        source={useQuery(privacy.erasures({ offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }))}
        list={list}
        columns={useColumns()}
        empty={<EmptyState icon={IconUserOff} title={t("privacy.empty")} text={t("privacy.emptyHint")} />}
      />
    </>
  );
}

function useColumns(): Column<Erasure>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    { key: "contact", title: t("privacy.contact"), render: (row) => <Text size="sm" className="numbers">{row.contactId}</Text> },
    { key: "at", title: t("privacy.at"), render: (row) => format.dateTime(row.at) },
    { key: "by", title: t("privacy.by"), render: (row) => row.by },
    {
      key: "state",
      title: t("privacy.state"),
      render: (row) => (
        <Badge variant="light" color={row.state === "done" ? "teal" : "yellow"}>
          {t(`privacy.states.${row.state}`)}
        </Badge>
      ),
    },
    {
      key: "removed",
      title: t("privacy.removed"),
      render: (row) => (
        <Text size="sm" c="dimmed">
          {Object.entries(row.removed)
            .filter(([, count]) => count > 0)
            .map(([kind, count]) => t(`privacy.kinds.${kind}`, { count: count as never }))
            .join(", ")}
        </Text>
      ),
    },
  ];
}
