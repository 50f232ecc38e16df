import { Badge, Group, Text } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { people, type AuditRow } from "../../api/people";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";

/** Who did what: names of what changed, never values. */
export default function Audit() {
  const { t } = useTranslation();
  const list = useListState();
  const source = useQuery(people.audit({ offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }));
  return (
    <>
      <PageHeader title={t("audit.title")} description={t("audit.description")} />
      <DataList<AuditRow>
        label={t("audit.title")}
        source={source}
        list={list}
        columns={useColumns()}
        empty={<EmptyState icon={IconHistory} title={t("audit.empty")} text={t("audit.emptyHint")} />}
      />
    </>
  );
}

function useColumns(): Column<AuditRow>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    { key: "at", title: t("audit.at"), render: (row) => <span className="numbers">{format.exact(row.at)}</span> },
    { key: "who", title: t("audit.who"), render: (row) => row.userName ?? t(row.keyId ? "audit.key" : "audit.system") },
    {
      key: "action",
      title: t("audit.action"),
      render: (row) => <Text size="sm">{t(`audit.actionOf.${row.action.replace(".", "_")}`, { defaultValue: row.action })}</Text>,
    },
    {
      key: "fields",
      title: t("audit.fields"),
      hide: "phone",
      render: (row) => (
        <Group gap={4}>
          {row.fields.map((field) => (
            <Badge key={field} color="gray" size="sm">
              {field}
            </Badge>
          ))}
        </Group>
      ),
    },
  ];
}
