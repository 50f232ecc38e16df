import { IconClipboardList } from "@tabler/icons-react";
import { Anchor, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { STATES, tickets, type Ticket } from "../../api/sales";
import { DataList } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { NOTHING, useFormat } from "../../ui/format";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";
import { StatusBadge } from "../../ui/StatusBadge";
import { Due } from "./Due";
import { ClientOnly, Download, FilterSelect, ResponsibleFilter, SortSelect } from "./Filters";
import { useNumbers } from "./numbers";
import { useSalesList } from "./search";

export default function Tickets() {
  const { t } = useTranslation();
  const sales = useSalesList();
  const source = useQuery(tickets.list({ ...sales.filter, ...sales.slice }));
  const filters = (
    <>
      <FilterSelect
        label={t("sales.state")}
        any={t("sales.anyState")}
        value={sales.address.state}
        data={STATES.map((value) => ({ value, label: t(`status.ticket.${value}`) }))}
        onChange={(state) => sales.set({ state })}
      />
      <FilterSelect
        label={t("sales.due")}
        any={t("sales.anyDue")}
        value={sales.address.overdue && "overdue"}
        data={[{ value: "overdue", label: t("sales.onlyOverdue") }]}
        onChange={(value) => sales.set({ overdue: value ? true : undefined })}
      />
      <ResponsibleFilter sales={sales} />
      <SortSelect sales={sales} by={["due", "-updated", "item", "order", "number"]} />
      <ClientOnly id={sales.address.clientId} onAll={() => sales.set({ clientId: undefined })} />
    </>
  );
  return (
    <>
      <PageHeader title={t("sales.tickets")} description={t("sales.ticketsHint")} actions={<Download href={tickets.file(sales.filter)} />} />
      <DataList<Ticket>
        label={t("sales.tickets")}
        source={source}
        list={sales.list}
        columns={useColumns()}
        searchLabel={t("sales.searchTickets")}
        filters={filters}
        empty={<EmptyState icon={IconClipboardList} title={t("sales.noTickets")} text={t("sales.noTicketsHint")} />}
      />
    </>
  );
}

function useColumns(): Column<Ticket>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const { number, size } = useNumbers();
  return [
    {
      key: "item",
      title: t("sales.ticket"),
      render: (row) => (
        <Link to="/tickets/$id" params={{ id: row.id }} className="row-link">
          № {row.number} {row.item}
        </Link>
      ),
    },
    { key: "state", title: t("sales.state"), render: (row) => <StatusBadge kind="ticket" state={row.state} /> },
    { key: "due", title: t("sales.due"), render: (row) => <Due of={row} /> },
    {
      key: "order",
      title: t("sales.order"),
      render: (row) => (
        <Anchor component={Link} to={`/orders/${row.order.id}`} size="sm">
          № {row.order.number}
        </Anchor>
      ),
    },
    { key: "machine", title: t("sales.machine"), hide: "phone", render: (row) => row.machineCode || NOTHING },
    { key: "size", title: t("sales.size"), hide: "tablet", align: "end", render: (row) => size(row) },
    { key: "quantity", title: t("sales.quantity"), align: "end", render: (row) => number(row.quantity) },
    { key: "responsible", title: t("sales.performer"), hide: "tablet", render: (row) => row.responsible?.name ?? NOTHING },
    { key: "created", title: t("sales.created"), hide: "phone", render: (row) => <Text size="sm">{format.date(row.createdAt)}</Text> },
  ];
}
