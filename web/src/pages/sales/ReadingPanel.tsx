import { Alert, Anchor, Badge, Button, Group, Stack, Text, type MantineColor } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { orders, type LineChange, type OrderCard, type Reading, type ReadLine } from "../../api/sales";
import { useRight } from "../../api/session";
import { NOTHING } from "../../ui/format";
import { ask, tell, tellProblem } from "../../ui/notices";
import { Rows, type Column } from "../../ui/Rows";
import { useNumbers } from "./numbers";

const COLOURS: Record<LineChange["kind"], MantineColor> = { same: "gray", changed: "blue", new: "teal", gone: "red", kept: "orange" };

/** What the order's letter says since it was read again: line by line, until somebody takes it over or leaves it. */
export function ReadingPanel({ order }: { order: OrderCard }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const writes = useRight("sales.write");
  const reading = useQuery(orders.reading(order.id)).data?.reading;
  const refresh = () => cache.invalidateQueries({ queryKey: ["orders"] });
  const take = useMutation({
    mutationFn: ({ readAt, unchangedSince }: Reading) => orders.takeReading(order.id, { readAt, unchangedSince }),
    onSuccess: async (saved) => {
      cache.setQueryData(orders.card(order.id).queryKey, saved);
      tell(t("sales.reading.taken"));
      await refresh();
    },
    onError: async (problem) => {
      tellProblem(problem);
      await refresh();
    },
  });
  const leave = useMutation({ mutationFn: () => orders.leaveReading(order.id), onSuccess: refresh, onError: tellProblem });
  const columns = useColumns(order.currency);
  if (!reading) return null;
  return (
    <Alert color="blue" icon={<IconRefresh size={18} aria-hidden />} title={t("sales.reading.title")} role="region" aria-label={t("sales.reading.title")}>
      <Stack gap="sm">
        <Text size="sm">{t("sales.reading.hint")}</Text>
        <Rows<Numbered> label={t("sales.reading.changes")} rows={reading.changes.map((change, place) => ({ ...change, id: String(place) }))} columns={columns} />
        {writes && (
          <Group gap="xs">
            <Button loading={take.isPending} onClick={() => take.mutate(reading)}>
              {t("sales.reading.take")}
            </Button>
            <Button
              variant="default"
              loading={leave.isPending}
              onClick={() => ask({ title: t("sales.reading.leaveTitle"), text: t("sales.reading.leaveText"), confirm: t("sales.reading.leave"), onConfirm: () => leave.mutate() })}
            >
              {t("sales.reading.leave")}
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}

type Numbered = LineChange & { id: string };

function useColumns(currency: string): Column<Numbered>[] {
  const { t } = useTranslation();
  return [
    {
      key: "kind",
      title: t("sales.reading.what"),
      render: (change) => <Badge color={COLOURS[change.kind]}>{t(`sales.reading.kind.${change.kind}`)}</Badge>,
    },
    {
      key: "item",
      title: t("sales.item"),
      render: (change) => (
        <Text size="sm" fw={550} style={{ overflowWrap: "anywhere" }}>
          {(change.before ?? change.after)?.item || t("sales.noItem")}
        </Text>
      ),
    },
    { key: "fields", title: t("sales.reading.difference"), render: (change) => <Fields change={change} currency={currency} /> },
    {
      key: "ticket",
      title: t("sales.ticket"),
      render: ({ ticket }) =>
        ticket ? (
          <div>
            <Anchor component={Link} to={`/tickets/${ticket.id}`} size="sm" underline="always">
              № {ticket.number}
            </Anchor>
            <Text size="xs">{t("sales.reading.ticketStays")}</Text>
          </div>
        ) : (
          NOTHING
        ),
    },
  ];
}

/** Was and will be, field by field. */
function Fields({ change, currency }: { change: LineChange; currency: string }) {
  const { t } = useTranslation();
  const written = useWritten(currency);
  const { before, after, kind } = change;
  if (kind === "new" && after) return <Text size="sm">{[after.quantity && t("sales.pieces", { quantity: written("quantity", after) }), after.amount && written("amount", after)].filter(Boolean).join(" · ") || NOTHING}</Text>;
  if (!before || !after || change.fields.length === 0) return NOTHING;
  return (
    <div>
      {change.fields.map((field) => (
        <Text key={field} size="sm" style={{ overflowWrap: "anywhere" }}>
          {t(`sales.lineField.${field}`)}: <s>{written(field, before)}</s> → <b>{written(field, after)}</b>
        </Text>
      ))}
    </div>
  );
}

function useWritten(currency: string): (field: string, line: ReadLine) => string {
  const { t } = useTranslation();
  const { number, money } = useNumbers();
  return (field, line) => {
    switch (field) {
      case "price":
      case "amount":
        return money(line[field], currency);
      case "width":
      case "height":
      case "quantity":
        return number(line[field]);
      case "isService":
        return t(line.isService ? "sales.reading.yes" : "sales.reading.no");
      case "works":
        return line.works.map((work) => [work.kind, work.quantity && `× ${number(work.quantity)}`, work.description].filter(Boolean).join(" ")).join("; ") || NOTHING;
      default:
        return String(line[field as keyof ReadLine] || NOTHING);
    }
  };
}
