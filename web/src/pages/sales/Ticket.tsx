import { Anchor, Button, Grid, Group, Stack, Textarea } from "@mantine/core";
import { IconBraces, IconPrinter } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { STATES, tickets, type Ticket, type TicketChange, type WorkState } from "../../api/sales";
import { useRight } from "../../api/session";
import { DayPicker } from "../../ui/DayPicker";
import { Field } from "../../ui/Field";
import { NOTHING, useFormat } from "../../ui/format";
import { PageLoading } from "../../ui/Loading";
import { tell, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";
import { StatusBadge } from "../../ui/StatusBadge";
import { Due } from "./Due";
import { History } from "./History";
import { Layouts } from "./Layouts";
import { useNumbers } from "./numbers";
import { Works } from "./OrderLines";
import { ClientLink, ResponsibleSelect } from "./Parties";
import { STATE_COLOURS } from "./states";
import { Steps } from "./Steps";

const route = getRouteApi("/inside/tickets/$id");

export default function TicketPage() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const writes = useRight("sales.write");
  const { data, error, refetch } = useQuery(tickets.card(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return (
    <>
      <PageHeader
        title={t("sales.ticketNo", { number: data.number })}
        description={data.item}
        back={{ to: "/tickets", label: t("sales.tickets") }}
        badges={<StatusBadge kind="ticket" state={data.state} />}
        actions={
          <>
            <Button variant="default" component="a" href={tickets.json(id)} download={`job-ticket-${data.number}.json`} leftSection={<IconBraces size={16} />}>
              {t("sales.json")}
            </Button>
            <Button component={Link} to={`/tickets/${id}/print`} leftSection={<IconPrinter size={16} />}>
              {t("sales.print")}
            </Button>
          </>
        }
      />
      <Grid>
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <About ticket={data} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack>
            {writes ? <Work key={data.id} ticket={data} /> : <Read ticket={data} />}
            <History key={id} room="tickets" id={id} />
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}

function About({ ticket }: { ticket: Ticket }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { number, size } = useNumbers();
  return (
    <Panel title={t("sales.aboutTicket")}>
      <Field label={t("sales.order")}>
        <Anchor component={Link} to={`/orders/${ticket.order.id}`} inherit>
          № {ticket.order.number} {ticket.order.title}
        </Anchor>
      </Field>
      <Field label={t("sales.client")}>
        <ClientLink of={ticket.client} />
      </Field>
      <Field label={t("sales.due")}>
        <Due of={ticket} />
      </Field>
      <Field label={t("sales.machineCode")}>{ticket.machineCode || NOTHING}</Field>
      <Field label={t("sales.material")}>{ticket.material || NOTHING}</Field>
      <Field label={t("sales.materialCode")}>{ticket.materialCode || NOTHING}</Field>
      <Field label={t("sales.size")}>{size(ticket)}</Field>
      <Field label={t("sales.resolution")}>{ticket.resolution || NOTHING}</Field>
      <Field label={t("sales.quantity")}>{number(ticket.quantity)}</Field>
      <Field label={t("sales.works")}>{ticket.works.length > 0 ? <Works of={ticket.works} /> : NOTHING}</Field>
      <Field label={t("sales.layouts")}>{ticket.layouts.length > 0 ? <Layouts of={ticket.layouts} /> : NOTHING}</Field>
      <Field label={t("sales.created")}>{format.dateTime(ticket.createdAt)}</Field>
      {ticket.closedAt && <Field label={t("sales.closed")}>{format.dateTime(ticket.closedAt)}</Field>}
    </Panel>
  );
}

function Read({ ticket }: { ticket: Ticket }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("sales.work")}>
      <Field label={t("sales.performer")}>{ticket.responsible?.name ?? NOTHING}</Field>
      <Field label={t("sales.note")}>{ticket.note || NOTHING}</Field>
    </Panel>
  );
}

/** What the workshop changes: how far it is, who does it, and what is to be known. */
function Work({ ticket }: { ticket: Ticket }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const [note, setNote] = useState(ticket.note);
  const save = useMutation({
    mutationFn: (change: TicketChange) => tickets.change(ticket.id, change),
    onSuccess: async (saved) => {
      cache.setQueryData(tickets.card(ticket.id).queryKey, saved);
      tell(t("common.saved"));
      for (const room of ["tickets", "orders", "companies"]) await cache.invalidateQueries({ queryKey: [room] });
    },
    onError: tellProblem,
  });
  return (
    <Panel title={t("sales.work")}>
      <Stack>
        <Steps
          label={t("sales.state")}
          steps={STATES.map((id) => ({ id, name: t(`status.ticket.${id}`), colour: STATE_COLOURS[id] }))}
          current={ticket.state}
          pending={save.isPending ? save.variables.state : undefined}
          disabled={save.isPending}
          onStep={(id) => save.mutate({ state: id as WorkState })}
        />
        <ResponsibleSelect
          value={ticket.responsible?.id ?? null}
          known={ticket.responsible}
          onChange={(responsibleId) => save.mutate({ responsibleId })}
        />
        <DayPicker label={t("sales.due")} value={ticket.dueOn} onChange={(dueOn) => dueOn !== ticket.dueOn && save.mutate({ dueOn })} />
        <Textarea label={t("sales.note")} maxLength={5000} autosize minRows={2} maxRows={10} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
        <Group justify="flex-end">
          <Button disabled={note === ticket.note} loading={save.isPending && save.variables.note !== undefined} onClick={() => save.mutate({ note })}>
            {t("common.save")}
          </Button>
        </Group>
      </Stack>
    </Panel>
  );
}
