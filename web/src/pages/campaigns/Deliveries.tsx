import { Select } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { campaigns, type CampaignCard, type Delivery } from "../../api/campaigns";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import type { Column } from "../../ui/Rows";
import { StatusBadge } from "../../ui/StatusBadge";

const STATUSES = [
  "planned", "handed_over", "sent", "delivered", "opened", "clicked", "unsubscribed", "soft_bounced", "hard_bounced", "spam",
  "rejected", "skipped", "failed",
];

/** Every recipient and what became of the letter. */
export function Deliveries({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const list = useListState();
  const source = useQuery(
    campaigns.deliveries(campaign.id, {
      search: list.search,
      state: list.state,
      offset: (list.page - 1) * PAGE_SIZE,
      limit: PAGE_SIZE,
    }),
  );
  return (
    <DataList<Delivery>
      label={t("campaigns.deliveries")}
      source={source}
      list={{ ...list, filtered: Boolean(list.search || list.state) }}
      columns={useColumns()}
      searchLabel={t("campaigns.deliverySearch")}
      filters={
        <Select
          w={{ base: "100%", xs: 240 }}
          clearable
          aria-label={t("common.state")}
          placeholder={t("campaigns.anyState")}
          value={list.state ?? null}
          onChange={(value) => list.set({ state: value ?? "", page: 1 })}
          data={STATUSES.map((status) => ({ value: status, label: t(`status.delivery.${status}`) }))}
        />
      }
      empty={<EmptyState icon={IconSend} title={t("campaigns.noDeliveries")} text={t("campaigns.noDeliveriesHint")} />}
    />
  );
}

function useColumns(): Column<Delivery>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "address",
      title: t("campaigns.recipient"),
      render: (row) => (
        <Link to="/contacts/$id" params={{ id: row.contactId }} className="row-link">
          {row.address}
        </Link>
      ),
    },
    { key: "name", title: t("contacts.name"), hide: "phone", render: (row) => row.contactName },
    { key: "status", title: t("common.state"), render: (row) => <StatusBadge kind="delivery" state={row.status} /> },
    { key: "reason", title: t("campaigns.reason"), hide: "tablet", render: (row) => row.reason ?? "—" },
    { key: "at", title: t("campaigns.lastEvent"), align: "end", hide: "phone", render: (row) => format.dateTime(row.at) },
  ];
}
