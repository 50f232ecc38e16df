import { Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { orders, type Deal, type Order } from "../../api/sales";
import { useRight } from "../../api/session";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows, type Column } from "../../ui/Rows";
import { StatusBadge } from "../../ui/StatusBadge";
import { useNumbers } from "./numbers";
import { OrderDialog } from "./OrderDialog";

const SHOWN = 50;

/** The orders of a deal. */
export function DealOrders({ deal }: { deal: Deal }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [creating, dialog] = useDisclosure();
  const writes = useRight("sales.write");
  const columns = useShortColumns();
  const { data, error, refetch } = useQuery(orders.list({ dealId: deal.id, offset: 0, limit: SHOWN }));
  return (
    <Panel
      title={t("sales.orders")}
      actions={
        writes && (
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={dialog.open}>
            {t("sales.newOrder")}
          </Button>
        )
      }
    >
      {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
      {!data && !error && <RowsLoading rows={2} />}
      {data?.total === 0 && (
        <Text size="sm" c="dimmed">
          {t("sales.noOrdersOfDeal")}
        </Text>
      )}
      {data && data.total > 0 && <Rows<Order> label={t("sales.orders")} rows={data.items} columns={columns} />}
      {data && data.total > data.items.length && (
        <Button mt="sm" variant="subtle" component={Link} to="/orders" search={{ dealId: deal.id } as never}>
          {t("sales.showAll", { count: data.total })}
        </Button>
      )}
      {creating && (
        <OrderDialog
          order={null}
          deal={deal}
          onClose={dialog.close}
          onSaved={(order) => void navigate({ to: "/orders/$id", params: { id: order.id } })}
        />
      )}
    </Panel>
  );
}

function useShortColumns(): Column<Order>[] {
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
    { key: "created", title: t("sales.created"), hide: "phone", render: (row) => format.date(row.createdAt) },
  ];
}
