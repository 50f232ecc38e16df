import { Button, Code, Group, Radio, Select, Stack, Text } from "@mantine/core";
import { IconMailForward, IconRefresh } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { DELIVERY_STATES, outgoing, type OutgoingDelivery, type OutgoingKind, type OutgoingWebhook } from "../../api/outgoing";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { Dialog } from "../../ui/Dialog";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { tell, tellProblem } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";
import type { Column } from "../../ui/Rows";
import { StatusBadge } from "../../ui/StatusBadge";
import { DeliveryDialog } from "./DeliveryDialog";

const DAYS = [1, 7, 30];
const DAY_MS = 86_400_000;

/** What was sent to an endpoint, or is to be; what failed is sent again from here. */
export function Deliveries({ webhook }: { webhook: OutgoingWebhook }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const list = useListState();
  const kinds = useQuery(outgoing.kinds).data ?? [];
  const [opened, setOpened] = useState<string | null>(null);
  const [resending, setResending] = useState(false);
  const state = DELIVERY_STATES.find((each) => each === list.state);
  const kind = kinds.find((each) => each.kind === list.did)?.kind;
  const source = useQuery(outgoing.deliveries(webhook.id, { state, kind, offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }));
  const again = useMutation({
    mutationFn: outgoing.redeliver,
    onSuccess: async () => {
      setOpened(null);
      tell(t("outgoing.queued"));
      await Promise.all([outgoing.key, ["outgoing-deliveries"]].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
    onError: tellProblem,
  });
  const filters = (
    <>
      <Select
        w={{ base: "100%", xs: 210 }}
        clearable
        aria-label={t("common.state")}
        placeholder={t("outgoing.anyState")}
        value={state ?? null}
        onChange={(value) => list.set({ state: value ?? "", page: 1 })}
        data={DELIVERY_STATES.map((each) => ({ value: each, label: t(`status.outgoingDelivery.${each}`) }))}
      />
      <Select
        w={{ base: "100%", xs: 240 }}
        clearable
        aria-label={t("outgoing.kind")}
        placeholder={t("outgoing.anyKind")}
        value={kind ?? null}
        onChange={(value) => list.set({ did: value ?? "", page: 1 })}
        data={kinds.map((each) => ({ value: each.kind, label: each.title }))}
      />
      {webhook.enabled && (
        <Button ml="auto" variant="default" leftSection={<IconRefresh size={16} />} onClick={() => setResending(true)}>
          {t("outgoing.againFailed")}
        </Button>
      )}
    </>
  );
  return (
    <>
      <DataList<OutgoingDelivery>
        label={t("outgoing.tabs.deliveries")}
        source={source}
        list={{ ...list, filtered: list.filtered || Boolean(kind) }}
        filters={filters}
        columns={useColumns(kinds, setOpened, webhook.enabled ? again.mutate : undefined)}
        empty={<EmptyState icon={IconMailForward} title={t("outgoing.nothingSent")} text={t("outgoing.nothingSentHint")} />}
      />
      {opened && <DeliveryDialog id={opened} onAgain={webhook.enabled ? again.mutate : undefined} onClose={() => setOpened(null)} />}
      {resending && <ResendDialog id={webhook.id} onClose={() => setResending(false)} />}
    </>
  );
}

function useColumns(kinds: OutgoingKind[], open: (id: string) => void, again: ((id: string) => void) | undefined): Column<OutgoingDelivery>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "kind",
      title: t("outgoing.kind"),
      render: (row) => (
        <Stack gap={2} align="flex-start">
          <Text size="sm" fw={550}>
            {kinds.find((each) => each.kind === row.kind)?.title ?? row.kind}
          </Text>
          <Code>{row.messageId}</Code>
        </Stack>
      ),
    },
    { key: "at", title: t("outgoing.happened"), render: (row) => format.moment(row.at) },
    {
      key: "state",
      title: t("common.state"),
      render: (row) => (
        <Stack gap={4} align="flex-start">
          <StatusBadge kind="outgoingDelivery" state={row.state} />
          {row.problem && row.state !== "delivered" && (
            <Text size="xs" c="dimmed" maw={360}>
              {row.problem}
            </Text>
          )}
        </Stack>
      ),
    },
    { key: "next", title: t("outgoing.next"), hide: "tablet", render: (row) => format.moment(row.nextAt) },
    {
      key: "actions",
      title: t("common.actions"),
      align: "end",
      render: (row) => (
        <Group gap={4} justify="flex-end" wrap="nowrap">
          <Button size="compact-sm" variant="subtle" aria-label={t("outgoing.openNamed", { id: row.messageId })} onClick={() => open(row.id)}>
            {t("outgoing.open")}
          </Button>
          {again && (
            <Button size="compact-sm" variant="subtle" aria-label={t("outgoing.againNamed", { id: row.messageId })} onClick={() => again(row.id)}>
              {t("outgoing.again")}
            </Button>
          )}
        </Group>
      ),
    },
  ];
}

function ResendDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [days, setDays] = useState(DAYS[0] as number);
  const sending = useMutation({
    mutationFn: () => outgoing.redeliverFailed(id, new Date(Date.now() - days * DAY_MS).toISOString()),
    onSuccess: async ({ count }) => {
      tell(t("outgoing.queuedCount", { count }));
      onClose();
      await client.invalidateQueries({ queryKey: outgoing.key });
    },
  });
  return (
    <Dialog opened onClose={onClose} title={t("outgoing.againFailed")}>
      <Stack>
        {sending.error && <ProblemPanel problem={sending.error} />}
        <Text size="sm">{t("outgoing.againText")}</Text>
        <Radio.Group label={t("outgoing.since")} value={String(days)} onChange={(value) => setDays(Number(value))}>
          <Stack gap="xs" mt="xs">
            {DAYS.map((each) => (
              <Radio key={each} value={String(each)} label={t("outgoing.sinceDays", { count: each })} />
            ))}
          </Stack>
        </Radio.Group>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          <Button loading={sending.isPending} onClick={() => sending.mutate()}>
            {t("outgoing.again")}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
