import { Badge, Button, Stack, Text } from "@mantine/core";
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
import { useRemoval } from "./removal";
import { UsageBar } from "./UsageBar";
import { useArrivals, WebhookWords } from "./WebhookWords";

export default function Accounts() {
  const { t } = useTranslation();
  const source = useQuery(accounts.list);
  const connects = useRight("accounts.connect");
  const add = connects && (
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
        empty={
          <EmptyState
            icon={IconPlugConnected}
            title={t("accounts.empty")}
            text={t(connects ? "accounts.emptyHint" : "accounts.emptyNoRight")}
            actions={add}
          />
        }
      />
    </>
  );
}

/** An account that somebody began to connect. */
function Unfinished({ row, remove }: { row: AccountRow; remove: (row: AccountRow) => void }) {
  const { t } = useTranslation();
  return (
    <>
      <Badge color="yellow">{t("accounts.unfinished")}</Badge>
      {row.manages && (
        <div>
          <Button
            size="compact-sm"
            variant="light"
            component={Link}
            to="/accounts/new"
            search={{ accountId: row.id } as never}
            aria-label={t("accounts.continueNamed", { name: row.title })}
          >
            {t("accounts.continue")}
          </Button>
          <Button size="compact-sm" variant="subtle" color="red" aria-label={t("accounts.deleteNamed", { name: row.title })} onClick={() => remove(row)}>
            {t("common.delete")}
          </Button>
        </div>
      )}
    </>
  );
}

function useColumns(): Column<AccountRow>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const arrived = useArrivals();
  const remove = useRemoval();
  return [
    {
      key: "title",
      title: t("common.name"),
      render: (row) => (
        <Stack gap={0}>
          <Link to="/accounts/$id" params={{ id: row.id }} className="row-link">
            {row.title}
          </Link>
          <Text size="xs" c="dimmed">
            {localised(row.moduleTitle)}
          </Text>
        </Stack>
      ),
    },
    {
      key: "state",
      title: t("common.state"),
      render: (row) => (
        <Stack gap={2} align="flex-start">
          {row.connected ? <StatusBadge kind="account" state={row.state} /> : <Unfinished row={row} remove={remove} />}
          {row.checkedAt && (
            <Text size="xs" c="dimmed">
              {t("accounts.checkedAt", { when: format.ago(row.checkedAt) })}
            </Text>
          )}
        </Stack>
      ),
    },
    { key: "usage", title: t("accounts.plan"), render: (row) => <UsageBar usage={row.usage} /> },
    {
      key: "webhooks",
      title: t("accounts.webhooks"),
      render: (row) => {
        const arrivals = arrived.get(row.id);
        return arrivals ? <WebhookWords arrivals={arrivals} /> : "—";
      },
    },
    {
      key: "sharing",
      title: t("accounts.sharing"),
      hide: "tablet",
      render: (row) => <Text size="sm">{row.openTo ? t("accounts.openToCount", { count: row.openTo.length }) : t("accounts.everybody")}</Text>,
    },
  ];
}
