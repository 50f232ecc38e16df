import { Anchor, Button, Grid, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconClipboardList, IconPencil, IconPrinter } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { orders, STATES, type OrderCard, type WorkState } from "../../api/sales";
import { useRight } from "../../api/session";
import { Field } from "../../ui/Field";
import { NOTHING, useFormat } from "../../ui/format";
import { PageLoading } from "../../ui/Loading";
import { tell, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";
import { StatusBadge } from "../../ui/StatusBadge";
import { History } from "./History";
import { Layouts } from "./Layouts";
import { OrderDialog } from "./OrderDialog";
import { OrderLines } from "./OrderLines";
import { ClientLink, ContactLink, SourceLink } from "./Parties";
import { ReadingPanel } from "./ReadingPanel";
import { STATE_COLOURS } from "./states";
import { Steps } from "./Steps";
import { TicketsDialog } from "./TicketsDialog";

const route = getRouteApi("/inside/orders/$id");

export default function OrderPage() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const [editing, dialog] = useDisclosure();
  const [making, ticketsDialog] = useDisclosure();
  const writes = useRight("sales.write");
  const { data, error, refetch } = useQuery(orders.card(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  const ticketed = data.lines.some((line) => line.ticket);
  return (
    <>
      <PageHeader
        title={t("sales.orderNo", { number: data.number })}
        description={data.title}
        back={{ to: "/orders", label: t("sales.orders") }}
        badges={<StatusBadge kind="order" state={data.state} />}
        actions={
          <>
            {ticketed && (
              <Button variant="default" component={Link} to="/tickets/print" search={{ order: id } as never} leftSection={<IconPrinter size={16} />}>
                {t("sales.printTickets")}
              </Button>
            )}
            {writes && (
              <Button variant="default" leftSection={<IconPencil size={16} />} onClick={dialog.open}>
                {t("sales.edit")}
              </Button>
            )}
            {writes && data.lines.length > 0 && (
              <Button leftSection={<IconClipboardList size={16} />} onClick={ticketsDialog.open}>
                {t("sales.makeTickets")}
              </Button>
            )}
          </>
        }
      />
      <Stack>
        <Grid>
          <Grid.Col span={{ base: 12, lg: 6 }}>
            <About order={data} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, lg: 6 }}>
            <Stack>
              {writes && <State order={data} />}
              <Words order={data} />
            </Stack>
          </Grid.Col>
        </Grid>
        <ReadingPanel order={data} />
        <OrderLines order={data} />
        <History key={id} room="orders" id={id} />
      </Stack>
      {editing && <OrderDialog order={data} onClose={dialog.close} onSaved={() => tell(t("common.saved"))} />}
      {making && <TicketsDialog order={data} onClose={ticketsDialog.close} />}
    </>
  );
}

function About({ order }: { order: OrderCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Panel title={t("sales.aboutOrder")}>
      <Field label={t("sales.client")}>
        <ClientLink of={order.client} />
      </Field>
      <Field label={t("sales.contact")}>
        <ContactLink of={order.contact} />
      </Field>
      <Field label={t("sales.deal")}>
        {order.deal ? (
          <Anchor component={Link} to={`/deals/${order.deal.id}`} inherit>
            № {order.deal.number} {order.deal.title}
          </Anchor>
        ) : (
          NOTHING
        )}
      </Field>
      <Field label={t("sales.responsible")}>{order.responsible?.name ?? NOTHING}</Field>
      <Field label={t("sales.due")}>{format.day(order.dueOn)}</Field>
      <Field label={t("sales.source")}>
        <SourceLink source={order.source} />
      </Field>
      <Field label={t("sales.created")}>{format.dateTime(order.createdAt)}</Field>
      <Field label={t("sales.changed")}>{format.dateTime(order.updatedAt)}</Field>
      {order.closedAt && <Field label={t("sales.closed")}>{format.dateTime(order.closedAt)}</Field>}
    </Panel>
  );
}

function State({ order }: { order: OrderCard }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const move = useMutation({
    mutationFn: (state: WorkState) => orders.change(order.id, { state }),
    onSuccess: async (moved) => {
      cache.setQueryData(orders.card(order.id).queryKey, moved);
      tell(t("common.saved"));
      await cache.invalidateQueries({ queryKey: ["orders"] });
      await cache.invalidateQueries({ queryKey: ["companies"] });
    },
    onError: tellProblem,
  });
  return (
    <Panel title={t("sales.state")}>
      <Steps
        label={t("sales.state")}
        steps={STATES.map((id) => ({ id, name: t(`status.order.${id}`), colour: STATE_COLOURS[id] }))}
        current={order.state}
        pending={move.isPending ? move.variables : undefined}
        disabled={move.isPending}
        onStep={(id) => move.mutate(id as WorkState)}
      />
    </Panel>
  );
}

function Words({ order }: { order: OrderCard }) {
  const { t } = useTranslation();
  if (!order.description && order.layouts.length === 0) return null;
  return (
    <Panel title={t("sales.details")}>
      <Stack gap="sm">
        {order.description && (
          <Text size="sm" style={{ whiteSpace: "pre-line", overflowWrap: "anywhere" }}>
            {order.description}
          </Text>
        )}
        {order.layouts.length > 0 && (
          <div>
            <Text size="sm" c="dimmed">
              {t("sales.layouts")}
            </Text>
            <Layouts of={order.layouts} />
          </div>
        )}
      </Stack>
    </Panel>
  );
}
