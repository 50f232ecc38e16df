import { ActionIcon, Alert, Badge, Button, Group, Paper, Stack, Tabs, Text, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChartBar, IconDownload, IconInbox, IconKeyboard, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useEvents } from "../../api/events";
import { leads, STATUSES, type InboxNews, type LeadPage, type LeadStatus } from "../../api/leads";
import { useRight, useSession } from "../../api/session";
import { PAGE_SIZE, Paging } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import type { ListState } from "../../ui/list-state";
import { LiveBadge } from "../../ui/LiveBadge";
import { RowsLoading } from "../../ui/Loading";
import { tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Filters } from "./Filters";
import { Inbox } from "./Inbox";
import { KeysDialog } from "./KeysDialog";
import { NewLead } from "./NewLead";
import { selectionOf, useLeadAddress, type LeadAddress } from "./search";
import { useCalmPage } from "./use-calm-page";

/** The inbox: what web sites, letters and people bring, and who works on it. */
export default function Leads() {
  const { t } = useTranslation();
  const session = useSession();
  const address = useLeadAddress();
  const writes = useRight("leads.write");
  const exports = useRight("contacts.export");
  const [adding, dialog] = useDisclosure();
  const [helping, help] = useDisclosure();
  const [held, setHeld] = useState(false);
  const wanted = selectionOf(address, session.user.id, session.organisation.timezone);
  const slice = { sort: address.sort ?? "-created", offset: ((address.page ?? 1) - 1) * PAGE_SIZE, limit: PAGE_SIZE };
  const source = useQuery(leads.page(wanted, slice));
  const question = JSON.stringify([wanted, slice]);
  const calm = useCalmPage(source.isPlaceholderData ? undefined : source.data, question, held);
  const page = calm.page ?? source.data;
  const connection = useNews();
  const exporting = useMutation({ mutationFn: () => leads.export(wanted), onError: tellProblem });
  const add = writes && (
    <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>
      {t("leads.add")}
    </Button>
  );
  const nothing = page && !address.filtered && total(page) === 0;
  return (
    <>
      <PageHeader
        title={t("leads.title")}
        description={t("leads.description")}
        badges={<LiveBadge connection={connection} moves={false} />}
        actions={
          <>
            <Button variant="default" component={Link} to="/leads/inputs" search={{ state: "unreadable" } as never}>
              {t("intake.inputs.unreadable")}
            </Button>
            {writes && (
              <Tooltip label={t("leads.keys")}>
                <ActionIcon size="lg" variant="default" visibleFrom="sm" onClick={help.open} aria-label={t("leads.keys")}>
                  <IconKeyboard size={18} />
                </ActionIcon>
              </Tooltip>
            )}
            <Button variant="default" component={Link} to="/leads/statistics" leftSection={<IconChartBar size={16} />}>
              {t("leads.statistics")}
            </Button>
            {exports && (
              <Button variant="default" leftSection={<IconDownload size={16} />} loading={exporting.isPending} onClick={() => exporting.mutate()}>
                {t("leads.export")}
              </Button>
            )}
            {add}
          </>
        }
      />
      {nothing ? (
        <Paper>
          <EmptyState icon={IconInbox} title={t("leads.empty")} text={t("leads.emptyHint")} actions={add} />
        </Paper>
      ) : (
        <Stack gap="sm">
          <StatusTabs address={address} counts={page?.counts} />
          <Filters address={address} />
          {source.error && !page && <ProblemPanel problem={source.error} retry={() => void source.refetch()} />}
          {!page && source.isPending && <RowsLoading />}
          <Waiting count={calm.waiting.length} show={calm.refresh} />
          {page && (
            <Inbox
              key={question}
              rows={page.items}
              faded={source.isPlaceholderData}
              writes={writes}
              onHold={setHeld}
              onDone={calm.refresh}
              onHelp={help.open}
            />
          )}
          {page && <Paging total={page.total} list={{ page: address.page ?? 1, set: ({ page: number }) => address.set({ page: number }) } as ListState} />}
        </Stack>
      )}
      {adding && <NewLead onClose={dialog.close} />}
      <KeysDialog list opened={helping} onClose={help.close} />
    </>
  );
}

const total = ({ counts }: LeadPage) => counts.open + counts.inWork + counts.processed + counts.closed;

/** Asks for the list anew whenever a lead has come or was changed. */
function useNews() {
  const client = useQueryClient();
  const seen = useRef<string>(undefined);
  return useEvents<InboxNews>(leads.events, "inbox", (news) => {
    const now = `${news.changedAt} ${news.newest}`;
    if (seen.current !== undefined && seen.current !== now) void client.invalidateQueries({ queryKey: ["leads"] });
    seen.current = now;
  });
}

function StatusTabs({ address, counts }: { address: LeadAddress; counts: LeadPage["counts"] | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const of = { open: counts?.open, in_work: counts?.inWork, processed: counts?.processed, closed: counts?.closed };
  const all = counts && total({ counts } as LeadPage);
  return (
    <Tabs
      value={address.status ?? "all"}
      onChange={(value) => address.set({ status: STATUSES.find((one): one is LeadStatus => one === value) })}
      activateTabWithKeyboard={false}
    >
      <Tabs.List style={{ flexWrap: "nowrap", overflowX: "auto", overflowY: "hidden" }} aria-label={t("leads.statuses")}>
        {(["all", ...STATUSES] as const).map((status) => (
          <Tabs.Tab
            key={status}
            value={status}
            style={{ flex: "none" }}
            rightSection={
              counts && (
                <Badge color={status === "open" && counts.open > 0 ? "orange" : "gray"} size="sm" className="numbers">
                  {format.number(status === "all" ? all : of[status])}
                </Badge>
              )
            }
          >
            {status === "all" ? t("leads.all") : t(`status.lead.${status}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
    </Tabs>
  );
}

/** What has come while somebody was at the list; it is told, and shown when asked for. */
function Waiting({ count, show }: { count: number; show: () => void }) {
  const { t } = useTranslation();
  return (
    <div role="status">
      {count > 0 && (
        <Alert color="blue" p="xs">
          <Group justify="space-between" gap="sm">
            <Text size="sm">{t("leads.newOnes", { count })}</Text>
            <Button size="compact-sm" variant="default" onClick={show}>
              {t("leads.show")}
            </Button>
          </Group>
        </Alert>
      )}
    </div>
  );
}
