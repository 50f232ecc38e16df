import { Button, Group, SimpleGrid, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconArrowBackUp, IconBan, IconCheck, IconHandGrab, IconTransform, IconUserShare } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useEvents } from "../../api/events";
import { isOver, leads, type InboxNews, type LeadAct, type LeadCard } from "../../api/leads";
import { useRight } from "../../api/session";
import { useFormat } from "../../ui/format";
import { PageLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { PageProblem } from "../../ui/ProblemPanel";
import { Clock } from "./Clock";
import { Convert } from "./Convert";
import { Fields } from "./Fields";
import { Goods } from "./Goods";
import { History } from "./History";
import { useKeys } from "./keys";
import { KeysDialog } from "./KeysDialog";
import classes from "./Lead.module.css";
import { LeadStatusBadge } from "./LeadStatusBadge";
import { nameOf } from "./names";
import { PersonPanel } from "./PersonPanel";
import { Relations } from "./Relations";
import { Remarks } from "./Remarks";
import { Source } from "./Source";
import { useActs } from "./use-acts";
import { useMayConvert } from "./use-may-convert";

const route = getRouteApi("/inside/leads/$id");

export default function LeadPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(leads.card(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return <TheLead key={id} lead={data} />;
}

function TheLead({ lead }: { lead: LeadCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const seesContacts = useRight("contacts.read");
  const seesSales = useRight("sales.read");
  const [converting, conversion] = useDisclosure();
  useSeen(lead);
  useNews(lead);
  const name = nameOf(lead);
  return (
    <>
      <PageHeader
        title={name ? `№ ${lead.number} ${name}` : t("leads.one", { number: lead.number })}
        description={
          <Group gap="md" component="span">
            <span>{t("leads.came", { at: format.dateTime(lead.createdAt), door: t(`leads.doorBy.${lead.door}`) })}</span>
            <Clock lead={lead} />
          </Group>
        }
        back={{ to: "/leads", label: t("leads.title") }}
        badges={<LeadStatusBadge lead={lead} />}
        actions={<Actions lead={lead} convert={conversion.open} />}
      />
      <div className={classes.page}>
        <Stack miw={0}>
          <Remarks lead={lead} />
          <SimpleGrid cols={{ base: 1, md: 2 }} className={classes.sides}>
            <Stack miw={0}>
              <Fields lead={lead} />
              <Relations lead={lead} />
            </Stack>
            <Source lead={lead} />
          </SimpleGrid>
          {lead.orderId && seesSales && <Goods orderId={lead.orderId} />}
          <History lead={lead} />
        </Stack>
        {seesContacts && <PersonPanel lead={lead} convert={conversion.open} />}
      </div>
      {converting && <Convert lead={lead} onClose={conversion.close} />}
    </>
  );
}

interface ActionProps {
  lead: LeadCard;
  convert: () => void;
}

function Actions({ lead, convert }: ActionProps) {
  const { t } = useTranslation();
  const acts = useActs();
  const [helping, help] = useDisclosure();
  const writes = useRight("leads.write");
  const converts = useMayConvert(lead);
  const over = isOver(lead);
  const does = (act: LeadAct) => () => acts.start([lead], act);
  useKeys({
    ...(writes && !over && { t: does({ action: "take" }), a: does({ action: "assign" }), p: does({ action: "process" }) }),
    ...(writes && { c: does({ action: "close" }) }),
    "?": help.open,
  });
  if (!writes) return <KeysDialog opened={helping} onClose={help.close} />;
  const takes = !over && (lead.status === "open" || !lead.takenAt);
  return (
    <>
      {takes && (
        <Button leftSection={<IconHandGrab size={16} />} loading={acts.busy} onClick={does({ action: "take" })}>
          {t("leads.act.take")}
        </Button>
      )}
      {converts && (
        <Button variant={takes ? "default" : "filled"} leftSection={<IconTransform size={16} />} onClick={convert}>
          {t("leads.convert")}
        </Button>
      )}
      {!over && (
        <>
          <Button variant="default" leftSection={<IconUserShare size={16} />} onClick={does({ action: "assign" })}>
            {t("leads.act.assign")}
          </Button>
          <Button variant="default" leftSection={<IconCheck size={16} />} disabled={acts.busy} onClick={does({ action: "process" })}>
            {t("leads.act.process")}
          </Button>
        </>
      )}
      <Button variant="default" leftSection={<IconBan size={16} />} onClick={does({ action: "close" })}>
        {t(lead.status === "closed" ? "leads.otherResult" : "leads.act.close")}
      </Button>
      {over && (
        <Button variant="default" leftSection={<IconArrowBackUp size={16} />} disabled={acts.busy} onClick={does({ action: "reopen" })}>
          {t("leads.act.reopen")}
        </Button>
      )}
      {acts.windows}
      <KeysDialog opened={helping} onClose={help.close} />
    </>
  );
}

/** Whoever works on leads and opens one has read it. */
function useSeen(lead: LeadCard): void {
  const client = useQueryClient();
  const writes = useRight("leads.write");
  const { id, unread } = lead;
  useEffect(() => {
    if (!writes || !unread) return;
    // Not telling it costs nothing: the lead stays unread.
    void leads.see(id).then(() => client.invalidateQueries({ queryKey: ["leads"] }), () => undefined);
  }, [client, id, unread, writes]);
}

/** Follows what others do to the lead meanwhile. */
function useNews({ id }: LeadCard): void {
  const client = useQueryClient();
  const seen = useRef<string>(undefined);
  useEvents<InboxNews>(leads.events, "inbox", ({ changedAt }) => {
    if (seen.current !== undefined && seen.current !== changedAt) void client.invalidateQueries({ queryKey: leads.card(id).queryKey });
    seen.current = changedAt ?? "";
  });
}
