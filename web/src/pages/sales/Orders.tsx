import { Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus, IconShoppingCart } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { orders, STATES, type Order } from "../../api/sales";
import { useRight } from "../../api/session";
import { DataList } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { NOTHING, useFormat } from "../../ui/format";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";
import { StatusBadge } from "../../ui/StatusBadge";
import { ClientOnly, Download, FilterSelect, ResponsibleFilter, SortSelect } from "./Filters";
import { useNumbers } from "./numbers";
import { OrderDialog } from "./OrderDialog";
import { ClientLink } from "./Parties";
import { useSalesList } from "./search";

export default function Orders() {
  const { t } = useTranslation();
  const sales = useSalesList();
  const navigate = useNavigate();
  const [creating, dialog] = useDisclosure();
  const writes = useRight("sales.write");
  const { money } = useNumbers();
  const source = useQuery(orders.list({ ...sales.filter, ...sales.slice }));
  const add = writes && (
    <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>
      {t("sales.newOrder")}
    </Button>
  );
  const filters = (
    <>
      <FilterSelect
        label={t("sales.state")}
        any={t("sales.anyState")}
        value={sales.address.state}
        data={STATES.map((value) => ({ value, label: t(`status.order.${value}`) }))}
        onChange={(state) => sales.set({ state })}
      />
      <ResponsibleFilter sales={sales} />
      <SortSelect sales={sales} by={["-updated", "-sum", "sum", "title", "number"]} />
      <ClientOnly id={sales.address.clientId} onAll={() => sales.set({ clientId: undefined })} />
    </>
  );
  return (
    <>
      <PageHeader
        title={t("sales.orders")}
        description={t("sales.ordersHint")}
        actions={
          <>
            <Download href={orders.file(sales.filter)} />
            {add}
          </>
        }
      />
      <DataList<Order>
        label={t("sales.orders")}
        source={source}
        list={sales.list}
        columns={useColumns()}
        searchLabel={t("sales.searchOrders")}
        filters={filters}
        summary={source.data && <Text size="sm">{t("sales.sumOfAll", { sum: money(source.data.sum, source.data.currency) })}</Text>}
        empty={<EmptyState icon={IconShoppingCart} title={t("sales.noOrders")} text={t("sales.noOrdersHint")} actions={add} />}
      />
      {creating && (
        <OrderDialog order={null} onClose={dialog.close} onSaved={(order) => void navigate({ to: "/orders/$id", params: { id: order.id } })} />
      )}
    </>
  );
}

function useColumns(): Column<Order>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const { money } = useNumbers();
  return [
    {
      key: "title",
      title: t("sales.order"),
      render: (row) => (
        <Link to="/orders/$id" params={{ id: row.id }} className="row-link">
          № {row.number} {row.title}
        </Link>
      ),
    },
    { key: "state", title: t("sales.state"), render: (row) => <StatusBadge kind="order" state={row.state} /> },
    { key: "sum", title: t("sales.sum"), align: "end", render: (row) => money(row.sum, row.currency) },
    { key: "client", title: t("sales.client"), hide: "phone", render: (row) => <ClientLink of={row.client} /> },
    { key: "responsible", title: t("sales.responsible"), hide: "tablet", render: (row) => row.responsible?.name ?? NOTHING },
    { key: "created", title: t("sales.created"), hide: "phone", render: (row) => format.date(row.createdAt) },
  ];
}
