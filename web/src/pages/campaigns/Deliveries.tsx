import { Anchor, Button, Center, Paper, Select, Stack } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { campaigns, stirs, type CampaignCard, type Delivery } from "../../api/campaigns";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { RowsLoading } from "../../ui/Loading";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows, type Column } from "../../ui/Rows";
import { StatusBadge } from "../../ui/StatusBadge";

const REFRESH_MS = 5_000;
const STATUSES = [
  "planned", "handed_over", "sent", "delivered", "opened", "clicked", "unsubscribed", "soft_bounced", "hard_bounced", "spam",
  "rejected", "skipped", "failed",
];

/** Every recipient and what became of the letter. */
export function Deliveries({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const list = useListState();
  const columns = useColumns();
  const source = useInfiniteQuery({
    ...campaigns.deliveries(campaign.id, list.state),
    refetchInterval: stirs(campaign) ? REFRESH_MS : false,
  });
  const rows = source.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Stack gap="sm">
      <Select
        w={{ base: "100%", xs: 260 }}
        clearable
        aria-label={t("common.state")}
        placeholder={t("campaigns.anyState")}
        value={list.state ?? null}
        onChange={(value) => list.set({ state: value ?? "" })}
        data={STATUSES.map((status) => ({ value: status, label: t(`status.delivery.${status}`) }))}
      />
      {source.error && <ProblemPanel problem={source.error} retry={() => void source.refetch()} />}
      {source.isPending && <RowsLoading />}
      {source.data && rows.length === 0 && (
        <Paper>
          <EmptyState icon={IconSend} title={t("campaigns.noDeliveries")} text={t(list.state ? "common.nothingFound" : "campaigns.noDeliveriesHint")} />
        </Paper>
      )}
      {rows.length > 0 && <Rows<Delivery> label={t("campaigns.deliveries")} rows={rows} columns={columns} rowKey={(row) => row.addressId} />}
      {source.hasNextPage && (
        <Center>
          <Button variant="default" loading={source.isFetchingNextPage} onClick={() => void source.fetchNextPage()}>
            {t("webhooks.more")}
          </Button>
        </Center>
      )}
    </Stack>
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
        <Anchor component={Link} to={`/contacts/${row.contactId}`} className="row-link" size="sm">
          {row.address}
        </Anchor>
      ),
    },
    { key: "status", title: t("common.state"), render: (row) => <StatusBadge kind="delivery" state={row.status} /> },
    { key: "opened", title: t("campaigns.openedAt"), hide: "tablet", render: (row) => format.exact(row.openedAt) },
    { key: "clicked", title: t("campaigns.clickedAt"), hide: "tablet", render: (row) => format.exact(row.clickedAt) },
    { key: "reason", title: t("campaigns.reason"), hide: "phone", render: (row) => row.reason ?? "—" },
    { key: "at", title: t("campaigns.lastEvent"), align: "end", hide: "phone", render: (row) => format.exact(row.at) },
  ];
}
