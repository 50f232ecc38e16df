import { Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBuilding, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { companies, type Company } from "../../api/card";
import { useRight } from "../../api/session";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";
import { CompanyDialog } from "./CompanyDialog";

export default function Companies() {
  const { t } = useTranslation();
  const list = useListState();
  const navigate = useNavigate();
  const [creating, dialog] = useDisclosure();
  const writes = useRight("contacts.write");
  const source = useQuery(companies.list({ search: list.search, offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }));
  const add = writes && (
    <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>
      {t("companies.add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("companies.title")} description={t("companies.description")} actions={add} />
      <DataList<Company>
        label={t("companies.title")}
        source={source}
        list={list}
        columns={useColumns()}
        searchLabel={t("companies.search")}
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

function useColumns(): Column<Company>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "name",
      title: t("companies.name"),
      render: (row) => (
        <Link to="/companies/$id" params={{ id: row.id }} className="row-link">
          {row.name}
        </Link>
      ),
    },
    { key: "inn", title: t("companies.inn"), render: (row) => <Text size="sm" className="numbers">{row.inn ?? "—"}</Text> },
    { key: "kpp", title: t("companies.kpp"), hide: "phone", render: (row) => <Text size="sm" className="numbers">{row.kpp ?? "—"}</Text> },
    { key: "kind", title: t("companies.kind"), hide: "tablet", render: (row) => t(`companies.kinds.${row.kind}`) },
    { key: "added", title: t("companies.added"), hide: "phone", render: (row) => format.date(row.createdAt) },
  ];
}
