import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { tickets } from "../../api/sales";
import { PageLoading } from "../../ui/Loading";
import { PageProblem } from "../../ui/ProblemPanel";
import { PrintPage, Sheet } from "./Print";

const route = getRouteApi("/tickets/$id/print");

/** One job ticket to be printed. */
export default function PrintTicket() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(tickets.card(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  const title = t("sales.ticketNo", { number: data.number });
  return (
    <PrintPage title={title} back={{ to: `/tickets/${id}`, label: title }} json={{ href: tickets.json(id), name: `job-ticket-${data.number}.json` }}>
      <Sheet ticket={data} />
    </PrintPage>
  );
}
