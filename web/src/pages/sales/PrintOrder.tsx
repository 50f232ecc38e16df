import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { orders } from "../../api/sales";
import { PageLoading } from "../../ui/Loading";
import { PageProblem } from "../../ui/ProblemPanel";
import { PrintPage, Sheet } from "./Print";

const route = getRouteApi("/tickets/print");

/** The job tickets of an order to be printed, each on its own sheet. */
export default function PrintOrder() {
  const { t } = useTranslation();
  const { order } = route.useSearch();
  if (!order) {
    return (
      <PrintPage title={t("sales.printTickets")} back={{ to: "/tickets", label: t("sales.tickets") }} json={null}>
        <Text>{t("sales.whichOrder")}</Text>
      </PrintPage>
    );
  }
  return <OfOrder id={order} />;
}

function OfOrder({ id }: { id: string }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(orders.tickets(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  const { number } = data.order;
  return (
    <PrintPage
      title={t("sales.ticketsOfOrder", { number })}
      back={{ to: `/orders/${id}`, label: t("sales.orderNo", { number }) }}
      json={{ href: orders.ticketsFile(id), name: `job-tickets-${number}.json` }}
    >
      {data.tickets.length === 0 && <Text>{t("sales.noneToPrint")}</Text>}
      {data.tickets.map((ticket) => (
        <Sheet key={ticket.id} ticket={ticket} />
      ))}
    </PrintPage>
  );
}
