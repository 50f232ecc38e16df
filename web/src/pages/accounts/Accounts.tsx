import { Button, Group, Stack, Text } from "@mantine/core";
import { IconPlugConnected, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { accounts, type AccountRow } from "../../api/accounts";
import { useRight } from "../../api/session";
import { localised } from "../../i18n";
import { DataList } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";
import { StatusBadge } from "../../ui/StatusBadge";

export default function Accounts() {
  const { t } = useTranslation();
  const source = useQuery(accounts.list);
  const manages = useRight("accounts.manage");
  const add = manages && (
    <Button component={Link} to="/accounts/new" leftSection={<IconPlus size={16} />}>
      {t("accounts.add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("accounts.title")} description={t("accounts.description")} actions={add} />
      <DataList<AccountRow>
        label={t("accounts.title")}
        source={source}
        list={useListState()}
        columns={useColumns()}
        empty={<EmptyState icon={IconPlugConnected} title={t("accounts.empty")} text={t("accounts.emptyHint")} actions={add} />}
      />
    </>
  );
}

function useColumns(): Column<AccountRow>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "title",
      title: t("common.name"),
      render: (row) => (
        <Stack gap={0}>
          <Link to="/accounts/$id" params={{ id: row.id }} className="row-link">
            {row.title}
          </Link>
        </Stack>
      ),
    },
    { key: "module", title: t("accounts.module"), render: (row) => localised(row.moduleTitle) },
    {
      key: "types",
      title: t("accounts.sends"),
      hide: "tablet",
      render: (row) => (
        <Group gap={6}>
          <Text size="sm">{row.campaignTypes.map((type) => t(`campaigns.type.${type}`)).join(", ") || "—"}</Text>
        </Group>
      ),
    },
    { key: "state", title: t("common.state"), render: (row) => <StatusBadge kind="account" state={row.state} /> },
    { key: "checked", title: t("accounts.checked"), hide: "phone", render: (row) => format.ago(row.checkedAt) },
  ];
}
