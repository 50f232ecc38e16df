import { Badge, Button, Checkbox, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBuilding, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { companies, type Company } from "../../api/card";
import { useRight } from "../../api/session";
import { DataList } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { NOTHING, useFormat } from "../../ui/format";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";
import { Download, FilterSelect, ResponsibleFilter } from "../sales/Filters";
import { useSalesList } from "../sales/search";
import { CompanyDialog, KINDS } from "./CompanyDialog";

/** The clients: companies and people, whoever they are to us. */
export default function Companies() {
  const { t } = useTranslation();
  const sales = useSalesList();
  const navigate = useNavigate();
  const [creating, dialog] = useDisclosure();
  const writes = useRight("contacts.write");
  const { search, kind, responsibleId, pending } = sales.address;
  const filter = { search: search ?? "", kind, responsibleId, namePending: pending ? ("true" as const) : undefined };
  const source = useQuery(companies.list({ ...filter, ...sales.slice }));
  const add = writes && (
    <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>
      {t("companies.add")}
    </Button>
  );
  const filters = (
    <>
      <FilterSelect
        label={t("companies.kind")}
        any={t("companies.anyKind")}
        value={kind}
        data={KINDS.map((value) => ({ value, label: t(`companies.kinds.${value}`) }))}
        onChange={(value) => sales.set({ kind: value })}
      />
      <ResponsibleFilter sales={sales} />
      <Checkbox
        label={t("companies.onlyPending")}
        checked={pending ?? false}
        onChange={(event) => sales.set({ pending: event.currentTarget.checked || undefined })}
      />
    </>
  );
  return (
    <>
      <PageHeader
        title={t("companies.title")}
        description={t("companies.description")}
        actions={
          <>
            <Download href={companies.file(filter)} right="contacts.export" />
            {add}
          </>
        }
      />
      <DataList<Company>
        label={t("companies.title")}
        source={source}
        list={sales.list}
        columns={useColumns()}
        searchLabel={t("companies.search")}
        filters={filters}
        empty={<EmptyState icon={IconBuilding} title={t("companies.empty")} text={t("companies.emptyHint")} actions={add} />}
      />
      <CompanyDialog
        key={String(creating)}
        company={null}
        opened={creating}
        onClose={dialog.close}
        onSaved={(company) => void navigate({ to: "/companies/$id", params: { id: company.id } })}
      />
    </>
  );
}

export function PendingBadge() {
  const { t } = useTranslation();
  return <Badge color="orange">{t("companies.namePending")}</Badge>;
}

function useColumns(): Column<Company>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "name",
      title: t("companies.name"),
      render: (row) => (
        <>
          <Link to="/companies/$id" params={{ id: row.id }} className="row-link">
            {row.name}
          </Link>{" "}
          {row.namePending && <PendingBadge />}
        </>
      ),
    },
    { key: "inn", title: t("companies.inn"), render: (row) => <Text size="sm" className="numbers">{row.inn ?? NOTHING}</Text> },
    { key: "kind", title: t("companies.kind"), hide: "phone", render: (row) => t(`companies.kinds.${row.kind}`) },
    { key: "responsible", title: t("companies.responsible"), hide: "phone", render: (row) => row.responsible?.name ?? NOTHING },
    { key: "added", title: t("companies.added"), hide: "tablet", render: (row) => format.date(row.createdAt) },
  ];
}
