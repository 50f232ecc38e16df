import { ActionIcon, Anchor, Badge, Button, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { orders, type LineDraft, type OrderCard, type OrderLine, type Work } from "../../api/sales";
import { useRight } from "../../api/session";
import { NOTHING } from "../../ui/format";
import { ask, tell, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { Rows, type Column } from "../../ui/Rows";
import { StatusBadge } from "../../ui/StatusBadge";
import { LineDialog } from "./LineDialog";
import { useNumbers } from "./numbers";

/** A line as it is given back to the server: what the server computes stays there. */
function draftOf(line: OrderLine): LineDraft {
  const { id, item, machineCode, resolution, material, materialCode, width, height, quantity, price, amount, isService, works } = line;
  return { id, item, machineCode, resolution, material, materialCode, width, height, quantity, price, amount, isService, works };
}

/** The lines of an order, each sum beside what price and quantity make; neither is corrected. */
export function OrderLines({ order }: { order: OrderCard }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const writes = useRight("sales.write");
  const [edited, setEdited] = useState<OrderLine | "new" | null>(null);
  const save = useMutation({
    mutationFn: (lines: LineDraft[]) => orders.setLines(order, lines),
    // Somebody else may have been faster: what is typed stays, beside the lines as they are now.
    onError: () => cache.invalidateQueries({ queryKey: orders.card(order.id).queryKey }),
    onSuccess: async (saved) => {
      cache.setQueryData(orders.card(order.id).queryKey, saved);
      setEdited(null);
      tell(t("common.saved"));
      await cache.invalidateQueries({ queryKey: ["orders"] });
    },
  });
  const remove = (line: OrderLine) =>
    ask({
      title: t("sales.removeLine", { item: line.item || t("sales.noItem") }),
      text: t("sales.removeLineText"),
      confirm: t("common.delete"),
      danger: true,
      onConfirm: () => save.mutate(order.lines.filter((each) => each.id !== line.id).map(draftOf), { onError: tellProblem }),
    });
  const columns = useLineColumns(order, writes ? { edit: (line) => { save.reset(); setEdited(line); }, remove } : null);
  return (
    <Panel
      title={t("sales.lines")}
      actions={
        writes && (
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => { save.reset(); setEdited("new"); }}>
            {t("sales.addLine")}
          </Button>
        )
      }
    >
      {order.lines.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("sales.noLines")}
        </Text>
      ) : (
        <Stack gap="sm">
          <Rows<OrderLine> label={t("sales.lines")} rows={order.lines} columns={columns} />
          <Total order={order} />
        </Stack>
      )}
      {edited !== null && (
        <LineDialog
          line={edited === "new" ? null : edited}
          busy={save.isPending}
          problem={save.error}
          onClose={() => setEdited(null)}
          onSave={(draft) => {
            const kept = order.lines.map((each) => (each.id === draft.id ? draft : draftOf(each)));
            // A line that was taken away meanwhile is sent too, so that the server says so.
            save.mutate(kept.includes(draft) ? kept : [...kept, draft]);
          }}
        />
      )}
    </Panel>
  );
}

function Total({ order }: { order: OrderCard }) {
  const { t } = useTranslation();
  const { money } = useNumbers();
  const { given, computed, differs } = order.total;
  return (
    <Stack gap={2} align="flex-end">
      <Text fw={650} className="numbers">
        {t("sales.total", { sum: money(given ?? computed, order.currency) })}
      </Text>
      {differs && <Difference text={t("sales.differs", { given: money(given, order.currency), computed: money(computed, order.currency) })} />}
    </Stack>
  );
}

function Difference({ text }: { text: string }) {
  return (
    <Group gap={4} wrap="nowrap" align="flex-start" c="light-dark(color-mix(in srgb, var(--mantine-color-orange-9) 72%, black), var(--mantine-color-orange-3))">
      <IconAlertTriangle size={14} aria-hidden style={{ flexShrink: 0, marginTop: 2 }} />
      <Text size="xs" className="numbers" ta="start">
        {text}
      </Text>
    </Group>
  );
}

interface Actions {
  edit: (line: OrderLine) => void;
  remove: (line: OrderLine) => void;
}

function useLineColumns(order: OrderCard, actions: Actions | null): Column<OrderLine>[] {
  const { t } = useTranslation();
  const { number, money, size } = useNumbers();
  const columns: Column<OrderLine>[] = [
    {
      key: "item",
      title: t("sales.item"),
      render: (line) => (
        <Stack gap={2} align="flex-start">
          <Text size="sm" fw={550} style={{ overflowWrap: "anywhere" }}>
            {line.item || t("sales.noItem")}
          </Text>
          {line.isService && (
            <Badge size="sm" color="violet">
              {t("sales.service")}
            </Badge>
          )}
          <Works of={line.works} />
        </Stack>
      ),
    },
    { key: "machine", title: t("sales.machine"), render: (line) => <Two first={line.machineCode} second={line.resolution} /> },
    { key: "material", title: t("sales.material"), render: (line) => <Two first={line.material} second={line.materialCode} /> },
    { key: "size", title: t("sales.size"), align: "end", render: (line) => size(line) },
    { key: "quantity", title: t("sales.quantity"), align: "end", render: (line) => number(line.quantity) },
    { key: "price", title: t("sales.price"), align: "end", render: (line) => money(line.price, order.currency) },
    {
      key: "amount",
      title: t("sales.sum"),
      align: "end",
      render: (line) => (
        <Stack gap={2} align="flex-end">
          <span>{money(line.amount, order.currency)}</span>
          {line.differs && <Difference text={t("sales.byPrice", { computed: money(line.computed, order.currency) })} />}
        </Stack>
      ),
    },
    {
      key: "ticket",
      title: t("sales.ticket"),
      render: (line) =>
        line.ticket ? (
          <Stack gap={2} align="flex-start">
            <Anchor component={Link} to={`/tickets/${line.ticket.id}`} size="sm">
              № {line.ticket.number}
            </Anchor>
            <StatusBadge kind="ticket" state={line.ticket.state} size="sm" />
          </Stack>
        ) : (
          NOTHING
        ),
    },
  ];
  if (!actions) return columns;
  return [
    ...columns,
    {
      key: "actions",
      title: t("common.actions"),
      width: 90,
      render: (line) => {
        const item = line.item || t("sales.noItem");
        return (
          <Group gap={2} wrap="nowrap">
            <ActionIcon variant="subtle" color="gray" aria-label={t("sales.editLine", { item })} onClick={() => actions.edit(line)}>
              <IconPencil size={16} />
            </ActionIcon>
            {!line.ticket && (
              <ActionIcon variant="subtle" color="gray" aria-label={t("sales.deleteLine", { item })} onClick={() => actions.remove(line)}>
                <IconTrash size={16} />
              </ActionIcon>
            )}
          </Group>
        );
      },
    },
  ];
}

function Two({ first, second }: { first: string; second: string }) {
  if (!first && !second) return NOTHING;
  return (
    <div>
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        {first || NOTHING}
      </Text>
      {second && (
        <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {second}
        </Text>
      )}
    </div>
  );
}

/** Finishing works, one a line: what, how many, and how. */
export function Works({ of }: { of: Work[] }) {
  const { number } = useNumbers();
  return of.map((work, place) => (
    // Works have no name but their place.
    // oxlint-disable-next-line react/no-array-index-key
    <Text key={place} size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
      {[work.kind, work.quantity && `× ${number(work.quantity)}`, work.description && `(${work.description})`].filter(Boolean).join(" ")}
    </Text>
  ));
}
