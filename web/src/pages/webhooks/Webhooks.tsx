import { Badge, Button, Center, Group, Paper, Stack, Text } from "@mantine/core";
import { IconWebhook } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { accounts } from "../../api/accounts";
import { webhooks, type WebhookRow } from "../../api/webhooks";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { RowsLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows, type Column } from "../../ui/Rows";
import { StatusBadge } from "../../ui/StatusBadge";
import { Filters, filterOf } from "./Filters";
import { ReplayProgress, ReplaySet } from "./ReplaySet";

const REFRESH_MS = 5_000;

/** Every request that a provider made, newest first. */
export default function Webhooks() {
  const { t } = useTranslation();
  const list = useListState();
  const filter = filterOf(list);
  const source = useInfiniteQuery({ ...webhooks.list(filter), refetchInterval: REFRESH_MS });
  const rows = source.data?.pages.flatMap((page) => page.items) ?? [];
  const columns = useColumns();
  return (
    <>
      <PageHeader
        title={t("webhooks.title")}
        description={t("webhooks.description")}
        actions={<ReplaySet filter={filter} />}
      />
      <Stack gap="sm">
        <Filters />
        <ReplayProgress />
        {source.error && !source.data && <ProblemPanel problem={source.error} retry={() => void source.refetch()} />}
        {source.isPending && <RowsLoading />}
        {source.data && rows.length === 0 && <Nothing filtered={list.filtered} />}
        {rows.length > 0 && <Rows<WebhookRow> label={t("webhooks.title")} rows={rows} columns={columns} />}
        {source.hasNextPage && (
          <Center>
            <Button variant="default" loading={source.isFetchingNextPage} onClick={() => void source.fetchNextPage()}>
              {t("webhooks.more")}
            </Button>
          </Center>
        )}
      </Stack>
    </>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  const { t } = useTranslation();
  if (filtered) {
    return (
      <Paper p="xl" ta="center" c="dimmed">
        {t("common.nothingFound")}
      </Paper>
    );
  }
  const action = (
    <Button component={Link} to="/accounts" variant="default">
      {t("accounts.title")}
    </Button>
  );
  return (
    <Paper>
      <EmptyState icon={IconWebhook} title={t("webhooks.empty")} text={t("webhooks.emptyHint")} actions={action} />
    </Paper>
  );
}

function State({ row }: { row: WebhookRow }) {
  const { t } = useTranslation();
  return (
    <Group gap={6}>
      <StatusBadge kind="webhook" state={row.state} />
      {row.toBeReplayed && <Badge color="blue">{t("webhooks.toBeReplayed")}</Badge>}
    </Group>
  );
}

function useColumns(): Column<WebhookRow>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const known = useQuery(accounts.list).data?.items ?? [];
  const titles = new Map(known.map((account) => [account.id, account.title]));
  return [
    {
      key: "received",
      title: t("webhooks.received"),
      render: (row) => (
        <Link to="/webhooks/$id" params={{ id: row.id }} className="row-link numbers">
          {format.exact(row.receivedAt)}
        </Link>
      ),
    },
    { key: "account", title: t("webhooks.account"), render: (row) => titles.get(row.accountId) ?? row.accountId },
    { key: "state", title: t("common.state"), render: (row) => <State row={row} /> },
    { key: "actions", title: t("webhooks.actions"), align: "end", render: (row) => format.number(row.actionCount) },
    { key: "attempts", title: t("webhooks.attempts"), align: "end", hide: "phone", render: (row) => format.number(row.attempts) },
    {
      key: "answered",
      title: t("webhooks.answered"),
      align: "end",
      hide: "phone",
      render: (row) => (
        <Text size="sm" c={row.answered && row.answered >= 400 ? "light-dark(var(--mantine-color-red-9), var(--mantine-color-red-4))" : undefined}>
          {row.answered ?? "—"}
        </Text>
      ),
    },
    {
      key: "size",
      title: t("webhooks.size"),
      align: "end",
      hide: "tablet",
      render: (row) => t("webhooks.bytes", { size: format.number(row.bodyBytes) }),
    },
  ];
}
