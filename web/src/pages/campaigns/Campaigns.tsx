import { Button, Group, Progress, Select, Stack, Text } from "@mantine/core";
import { IconMail, IconPlus, IconRepeat } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { campaigns, CAMPAIGN_STATES, MOVING, type CampaignRow } from "../../api/campaigns";
import { useAccountTitles } from "../accounts/use-account-titles";
import { useRight } from "../../api/session";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";
import { StatusBadge } from "../../ui/StatusBadge";
import { RepeatAlerts, useRepeat } from "./RepeatPanel";

const REFRESH_MS = 4_000;

export default function Campaigns() {
  const { t } = useTranslation();
  const list = useListState();
  const writes = useRight("campaigns.write");
  const source = useQuery({
    ...campaigns.list({ search: list.search, state: list.state, offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }),
    refetchInterval: (query) => (query.state.data?.items.some((row) => MOVING.includes(row.state)) ? REFRESH_MS : false),
  });
  const create = writes && (
    <Button component={Link} to="/campaigns/new" leftSection={<IconPlus size={16} />}>
      {t("campaigns.new")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("campaigns.title")} description={t("campaigns.description")} actions={create} />
      <RepeatAlerts />
      <DataList<CampaignRow>
        label={t("campaigns.title")}
        source={source}
        list={list}
        columns={useColumns()}
        searchLabel={t("campaigns.search")}
        filters={<StateFilter />}
        empty={<EmptyState icon={IconMail} title={t("campaigns.empty")} text={t("campaigns.emptyHint")} actions={create} />}
      />
    </>
  );
}

function StateFilter() {
  const { t } = useTranslation();
  const list = useListState();
  return (
    <Select
      w={{ base: "100%", xs: 220 }}
      clearable
      aria-label={t("common.state")}
      placeholder={t("campaigns.anyState")}
      value={list.state ?? null}
      onChange={(value) => list.set({ state: value ?? "", page: 1 })}
      data={CAMPAIGN_STATES.map((state) => ({ value: state, label: t(`status.campaign.${state}`) }))}
    />
  );
}

function useColumns(): Column<CampaignRow>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const share = (row: CampaignRow, part: number) => (
    <Stack gap={0} align="flex-end">
      <span>{row.figures.delivered && (part > 0 || row.type !== "sms") ? format.share(part, row.figures.delivered) : "—"}</span>
      {part > 0 && (
        <Text size="xs" c="dimmed">
          {format.number(part)}
        </Text>
      )}
    </Stack>
  );
  return [
    { key: "name", title: t("common.name"), render: (row) => <Name row={row} /> },
    { key: "state", title: t("common.state"), width: 150, render: (row) => <StatusBadge kind="campaign" state={row.state} /> },
    { key: "recipients", title: t("campaigns.recipients"), align: "end", render: (row) => <Reach row={row} /> },
    { key: "delivered", title: t("campaigns.delivered"), align: "end", hide: "phone", render: (row) => (row.figures.sent ? format.number(row.figures.delivered) : "—") },
    { key: "opened", title: t("campaigns.opened"), align: "end", render: (row) => share(row, row.figures.opened) },
    { key: "clicked", title: t("campaigns.clicked"), align: "end", hide: "phone", render: (row) => share(row, row.figures.clicked) },
    {
      key: "unsubscribed",
      title: t("campaigns.unsubscribed"),
      align: "end",
      hide: "tablet",
      render: (row) => share(row, row.figures.unsubscribed),
    },
    {
      key: "when",
      title: t("campaigns.when"),
      align: "end",
      hide: "phone",
      render: (row) => (
        <Text size="sm" style={{ whiteSpace: "nowrap" }}>
          {format.dateTime(row.launchedAt ?? row.scheduledAt ?? row.createdAt)}
        </Text>
      ),
    },
  ];
}

function Name({ row }: { row: CampaignRow }) {
  const { t } = useTranslation();
  const format = useFormat();
  const account = useAccountTitles().get(row.accountId ?? "");
  const repeat = useRepeat(row.id);
  return (
    <Stack gap={2}>
      <Link to="/campaigns/$id" params={{ id: row.id }} className="row-link">
        {row.name}
      </Link>
      <Text size="xs" c="dimmed">
        {[row.type === "sms" ? t("campaigns.type.sms") : null, account ?? t("campaigns.noAccount")].filter(Boolean).join(" · ")}
      </Text>
      {repeat && (
        <Group gap={4} wrap="nowrap" c="dimmed">
          <IconRepeat size={14} aria-hidden style={{ flex: "none" }} />
          <Text size="xs">{repeat.enabled ? t("planning.repeat.mark", { when: format.dateTime(repeat.nextAt) }) : t("planning.repeat.markResting")}</Text>
        </Group>
      )}
    </Stack>
  );
}

function Reach({ row }: { row: CampaignRow }) {
  const { t } = useTranslation();
  const format = useFormat();
  const moving = row.figures.recipients > 0 && (row.state === "preparing" || row.state === "sending");
  const done = row.state === "preparing" ? row.figures.handedOver : row.figures.sent;
  return (
    <Stack gap={4} align="flex-end">
      <span>{row.figures.recipients ? format.number(row.figures.recipients) : "—"}</span>
      {moving && <Progress w={84} size="sm" value={(done / row.figures.recipients) * 100} aria-label={t("campaigns.progress")} />}
    </Stack>
  );
}
