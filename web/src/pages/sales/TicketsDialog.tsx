import { Alert, Anchor, Button, Checkbox, Group, Stack, Text } from "@mantine/core";
import { IconCheck, IconPrinter } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { orders, type MadeTickets, type OrderCard, type Ticket, type TicketOffer } from "../../api/sales";
import { Dialog } from "../../ui/Dialog";
import { RowsLoading } from "../../ui/Loading";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { useNumbers } from "./numbers";

/** Which lines of an order become job tickets: services only where somebody ticks them, and none twice. */
export function TicketsDialog({ order, onClose }: { order: OrderCard; onClose: () => void }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const { data, error, isFetching } = useQuery(orders.offer(order.id));
  const make = useMutation({
    mutationFn: (lineIds: string[]) => orders.makeTickets(order.id, lineIds),
    onSuccess: async () => {
      for (const room of ["orders", "tickets", "companies"]) await cache.invalidateQueries({ queryKey: [room] });
    },
  });
  return (
    <Dialog opened onClose={onClose} title={t("sales.makeTicketsOf", { number: order.number })} size="lg">
      <Stack>
        {error && <ProblemPanel problem={error} />}
        {make.error && <ProblemPanel problem={make.error} />}
        {make.data ? (
          <Result made={make.data} orderId={order.id} onClose={onClose} />
        ) : data && !isFetching ? (
          <Offer offers={data} busy={make.isPending} onMake={make.mutate} />
        ) : (
          !error && <RowsLoading rows={3} />
        )}
      </Stack>
    </Dialog>
  );
}

function Offer({ offers, busy, onMake }: { offers: TicketOffer[]; busy: boolean; onMake: (lineIds: string[]) => void }) {
  const { t } = useTranslation();
  const [ticked, setTicked] = useState(() => offers.filter((offer) => offer.ticked).map((offer) => offer.line.id));
  const left = offers.some((offer) => !offer.line.ticket);
  return (
    <>
      <Text size="sm" c="dimmed">
        {t(left ? "sales.offerHint" : "sales.allTicketed")}
      </Text>
      <Checkbox.Group value={ticked} onChange={setTicked} aria-label={t("sales.lines")}>
        <Stack gap="sm">
          {offers.map(({ line }) => (
            <OfferedLine key={line.id} line={line} />
          ))}
        </Stack>
      </Checkbox.Group>
      {left && (
        <Group justify="flex-end">
          <Button loading={busy} disabled={ticked.length === 0} onClick={() => onMake(ticked)}>
            {ticked.length > 0 ? t("sales.makeCount", { count: ticked.length }) : t("sales.makeTickets")}
          </Button>
        </Group>
      )}
    </>
  );
}

function OfferedLine({ line }: { line: TicketOffer["line"] }) {
  const { t } = useTranslation();
  const { number, size } = useNumbers();
  const item = line.item || t("sales.noItem");
  const facts = [
    line.isService && t("sales.service"),
    line.machineCode,
    [line.material, line.materialCode].filter(Boolean).join(" "),
    (line.width || line.height) && `${size(line)} ${t("sales.metres")}`,
    line.quantity && t("sales.pieces", { quantity: number(line.quantity) }),
  ].filter(Boolean);
  if (line.ticket) {
    return (
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <IconCheck size={20} aria-hidden style={{ flexShrink: 0 }} />
        <div>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {item}
          </Text>
          <Text size="xs" c="dimmed">
            {t("sales.hasTicket")}{" "}
            <Anchor component={Link} to={`/tickets/${line.ticket.id}`} size="xs" underline="always">
              {t("sales.ticketNo", { number: line.ticket.number })}
            </Anchor>
          </Text>
        </div>
      </Group>
    );
  }
  return <Checkbox value={line.id} label={item} description={facts.join(" · ")} styles={{ label: { overflowWrap: "anywhere" } }} />;
}

function Result({ made, orderId, onClose }: { made: MadeTickets; orderId: string; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <>
      <Alert color={made.new.length > 0 ? "teal" : "blue"} title={t("sales.made", { count: made.new.length })} role="status">
        <Tickets of={made.new} />
        {made.known.length > 0 && (
          <Text size="sm" mt={made.new.length > 0 ? "xs" : 0}>
            {t("sales.knownBefore")}
          </Text>
        )}
        <Tickets of={made.known} />
      </Alert>
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("common.close")}
        </Button>
        <Button component={Link} to="/tickets/print" search={{ order: orderId } as never} leftSection={<IconPrinter size={16} />}>
          {t("sales.printTickets")}
        </Button>
      </Group>
    </>
  );
}

function Tickets({ of }: { of: Ticket[] }) {
  const { t } = useTranslation();
  return of.map((ticket) => (
    <Text key={ticket.id} size="sm" style={{ overflowWrap: "anywhere" }}>
      <Anchor component={Link} to={`/tickets/${ticket.id}`} size="sm" underline="always">
        {t("sales.ticketNo", { number: ticket.number })}
      </Anchor>{" "}
      {ticket.item}
    </Text>
  ));
}
