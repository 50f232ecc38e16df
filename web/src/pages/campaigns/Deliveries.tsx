import { ActionIcon, Badge, Button, Center, CloseButton, Group, Paper, Select, Stack, Text, TextInput, Tooltip } from "@mantine/core";
import { useDebouncedCallback, useDisclosure } from "@mantine/hooks";
import { IconDownload, IconListDetails, IconSearch, IconSend } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { stirs, type CampaignCard } from "../../api/campaigns";
import { DID, reports, type LogFilter, type Recipient } from "../../api/reports";
import { useRight } from "../../api/session";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState, type ListState } from "../../ui/list-state";
import { RowsLoading } from "../../ui/Loading";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows, type Column } from "../../ui/Rows";
import { StatusBadge } from "../../ui/StatusBadge";
import { Happenings } from "./Happenings";

const REFRESH_MS = 5_000;
const TYPING_MS = 300;
const STATUSES = [
  "planned", "handed_over", "sent", "delivered", "opened", "clicked", "unsubscribed", "soft_bounced", "hard_bounced", "spam",
  "rejected", "skipped", "failed",
];

/** Columns that an SMS has nothing for. */
const OF_LETTERS = ["opens", "clicks"];

/** Every recipient and what became of the letter: filters, each one's events, the whole as a file. */
export function Deliveries({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const list = useListState();
  const exports = useRight("contacts.export");
  const [opened, events] = useDisclosure();
  const [shown, setShown] = useState<Recipient | null>(null);
  const letter = campaign.type === "email";
  const columns = useColumns((recipient) => {
    setShown(recipient);
    events.open();
  }).filter(({ key }) => letter || !OF_LETTERS.includes(key));
  const filter: LogFilter = { status: list.state, did: list.did, search: list.search, domain: list.domain, url: list.url };
  const source = useInfiniteQuery({ ...reports.log(campaign.id, filter), refetchInterval: stirs(campaign) ? REFRESH_MS : false });
  const rows = source.data?.pages.flatMap((page) => page.items) ?? [];
  const filtered = Object.values(filter).some(Boolean);
  return (
    <Stack gap="sm">
      <Group gap="sm" align="center">
        <Filters list={list} />
        {exports && (
          <Button variant="default" ml={{ base: 0, sm: "auto" }} leftSection={<IconDownload size={16} />} component="a" href={reports.logFile(campaign.id, filter)} download>
            {t("results.export")}
          </Button>
        )}
      </Group>
      {source.error && <ProblemPanel problem={source.error} retry={() => void source.refetch()} />}
      {source.isPending && <RowsLoading />}
      {source.data && rows.length === 0 && (
        <Paper>
          <EmptyState icon={IconSend} title={t("campaigns.noDeliveries")} text={t(filtered ? "common.nothingFound" : "campaigns.noDeliveriesHint")} />
        </Paper>
      )}
      {rows.length > 0 && <Rows<Recipient> label={t("campaigns.deliveries")} rows={rows} columns={columns} rowKey={(row) => row.addressId} />}
      {source.hasNextPage && (
        <Center>
          <Button variant="default" loading={source.isFetchingNextPage} onClick={() => void source.fetchNextPage()}>
            {t("webhooks.more")}
          </Button>
        </Center>
      )}
      {shown && <Happenings campaign={campaign} recipient={shown} opened={opened} onClose={events.close} />}
    </Stack>
  );
}

function Filters({ list }: { list: ListState }) {
  const { t } = useTranslation();
  const [text, setText] = useState(list.search);
  const search = useDebouncedCallback((words: string) => list.set({ search: words }), TYPING_MS);
  return (
    <>
      <TextInput
        w={{ base: "100%", xs: 240 }}
        aria-label={t("results.search")}
        placeholder={t("results.search")}
        leftSection={<IconSearch size={16} />}
        value={text}
        onChange={({ currentTarget }) => {
          setText(currentTarget.value);
          search(currentTarget.value);
        }}
      />
      <Select
        w={{ base: "100%", xs: 220 }}
        clearable
        aria-label={t("common.state")}
        placeholder={t("campaigns.anyState")}
        value={list.state ?? null}
        onChange={(value) => list.set({ state: value ?? "" })}
        data={STATUSES.map((status) => ({ value: status, label: t(`status.delivery.${status}`) }))}
      />
      <Select
        w={{ base: "100%", xs: 230 }}
        clearable
        aria-label={t("results.did")}
        placeholder={t("results.anyDid")}
        value={list.did ?? null}
        onChange={(value) => list.set({ did: value ?? "" })}
        data={DID.map((did) => ({ value: did, label: t(`results.didOf.${did}`) }))}
      />
      {list.domain && <Chosen text={t("results.onlyDomain", { domain: list.domain })} onClear={() => list.set({ domain: "" })} />}
      {list.url && <Chosen text={t("results.onlyUrl", { url: list.url })} onClear={() => list.set({ url: "" })} />}
    </>
  );
}

/** A filter that came from another page, with a way to be rid of it. */
function Chosen({ text, onClear }: { text: string; onClear: () => void }) {
  const { t } = useTranslation();
  return (
    <Badge
      size="lg"
      maw="100%"
      variant="default"
      rightSection={<CloseButton size="xs" aria-label={t("results.clearFilter")} onClick={onClear} />}
    >
      {text}
    </Badge>
  );
}

function useColumns(show: (recipient: Recipient) => void): Column<Recipient>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "address",
      title: t("campaigns.recipient"),
      width: "34%",
      render: (row) => (
        <Stack gap={0}>
          <Text size="sm" fw={550} style={{ overflowWrap: "anywhere" }}>
            {row.address}
          </Text>
          <Text size="xs" c="dimmed">
            {row.name}
          </Text>
        </Stack>
      ),
    },
    { key: "status", title: t("common.state"), render: (row) => <StatusBadge kind="delivery" state={row.status} /> },
    { key: "opens", title: t("results.opens"), align: "end", hide: "tablet", render: (row) => format.number(row.opens) },
    { key: "clicks", title: t("results.clicks"), align: "end", hide: "tablet", render: (row) => format.number(row.clicks) },
    { key: "reason", title: t("campaigns.reason"), hide: "phone", render: (row) => row.reason ?? "—" },
    {
      key: "at",
      title: t("campaigns.lastEvent"),
      align: "end",
      render: (row) => (
        <Stack gap={0} align="flex-end" style={{ whiteSpace: "nowrap" }}>
          <span>{format.exact(row.at)}</span>
          {row.polled !== null && (
            <Text size="xs" c="dimmed">
              {t(row.polled ? "results.byPoll" : "results.byWebhook")}
            </Text>
          )}
        </Stack>
      ),
    },
    {
      key: "events",
      title: t("common.actions"),
      align: "end",
      width: 110,
      render: (row) => (
        <Tooltip label={t("results.showEvents", { address: row.address })}>
          <ActionIcon variant="subtle" color="gray" aria-label={t("results.showEvents", { address: row.address })} onClick={() => show(row)}>
            <IconListDetails size={16} />
          </ActionIcon>
        </Tooltip>
      ),
    },
  ];
}
