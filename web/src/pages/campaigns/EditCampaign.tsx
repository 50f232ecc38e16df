import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { campaigns } from "../../api/campaigns";
import { useListState } from "../../ui/list-state";
import { PageLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { PageProblem } from "../../ui/ProblemPanel";
import { StatusBadge } from "../../ui/StatusBadge";
import { draftOf } from "./draft";
import { STEPS, Wizard } from "./Wizard";

const route = getRouteApi("/inside/campaigns/$id/edit");

export default function EditCampaign() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const { tab } = useListState();
  const { data, error } = useQuery({ ...campaigns.card(id), staleTime: Infinity });
  if (error && !data) return <PageProblem problem={error} />;
  if (!data) return <PageLoading />;
  return (
    <>
      <PageHeader
        title={data.name}
        description={t("campaigns.newDescription")}
        back={{ to: "/campaigns", label: t("campaigns.title") }}
        badges={<StatusBadge kind="campaign" state={data.state} />}
      />
      <Wizard key={id} id={id} initial={draftOf(data)} firstStep={tab === "check" ? STEPS.indexOf("check") : 0} />
    </>
  );
}
