import { Anchor, Badge, Group, Select, Text } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
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
  const source = useQuery(people.audit({ userId: list.userId, offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }));
  return (
    <>
      <PageHeader title={t("audit.title")} description={t("audit.description")} />
      <DataList<AuditRow>
        label={t("audit.title")}
        source={source}
        list={list}
        columns={useColumns()}
        filters={<Person value={list.userId} onChange={(userId) => list.set({ userId, page: 1 })} />}
        empty={<EmptyState icon={IconHistory} title={t("audit.empty")} text={t("audit.emptyHint")} />}
      />
    </>
  );
}

/** Whose actions are shown. */
function Person({ value, onChange }: { value: string | undefined; onChange: (userId: string | undefined) => void }) {
  const { t } = useTranslation();
  const known = useQuery(people.users({ search: "", offset: 0, limit: 200 })).data?.items ?? [];
  return (
    <Select
      w={{ base: "100%", xs: 280 }}
      aria-label={t("audit.who")}
      placeholder={t("audit.anybody")}
      searchable
      clearable
      clearButtonProps={{ "aria-label": t("audit.anybody") }}
      value={value ?? null}
      data={known.map(({ id, name }) => ({ value: id, label: name }))}
      onChange={(userId) => onChange(userId ?? undefined)}
    />
  );
}

/** Where the thing that was changed is to be seen, for what has a page of its own. */
const PAGES: Record<string, string> = {
  account: "/accounts", campaign: "/campaigns", category: "/categories", company: "/companies", contact: "/contacts",
  import: "/imports", module: "/modules", segment: "/segments",
};

/** What is no more to be seen afterwards. */
const GONE = /\.(erased|deleted)$/;

function Action({ row }: { row: AuditRow }) {
  const { t } = useTranslation();
  const words = t(`audit.actionOf.${row.action.replace(".", "_")}`, { defaultValue: row.action });
  const page = GONE.test(row.action) ? undefined : PAGES[row.kind];
  if (!page || !row.objectId) return <Text size="sm">{words}</Text>;
  return (
    <Anchor component={Link} to={`${page}/${row.objectId}`} size="sm">
      {words}
    </Anchor>
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
      render: (row) => <Action row={row} />,
    },
    {
      key: "fields",
      title: t("audit.fields"),
      hide: "phone",
      render: (row) => (
        <Group gap={4}>
          {row.fields.map((field) => (
            <Badge key={field} color="gray" size="sm">
              {t(`audit.fieldOf.${field}`, { defaultValue: field })}
            </Badge>
          ))}
        </Group>
      ),
    },
  ];
}
