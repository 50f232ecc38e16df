import { Button, Grid, Stack, Tabs } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { campaigns, stirs, type CampaignCard, type Progress } from "../../api/campaigns";
import { useEvents } from "../../api/events";
import { useRight } from "../../api/session";
import { useListState } from "../../ui/list-state";
import { PageLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { PageProblem } from "../../ui/ProblemPanel";
import { StatusBadge } from "../../ui/StatusBadge";
import { CampaignActions } from "./CampaignActions";
import { Deliveries } from "./Deliveries";
import { Details } from "./Details";
import { isFilledIn } from "./draft";
import { Held } from "./Held";
import { History } from "./History";
import { KillButton } from "./KillButton";
import { LiveProgress } from "./LiveProgress";
import { RepeatPanel, useRepeat } from "./RepeatPanel";
import { StateExplained } from "./StateExplained";
import { Statistics } from "./Statistics";

const route = getRouteApi("/inside/campaigns/$id");

export default function CampaignPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(campaigns.card(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return <Campaign campaign={data} />;
}

function Campaign({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const list = useListState();
  const writes = useRight("campaigns.write");
  const client = useQueryClient();
  const live = stirs(campaign);
  const connection = useEvents<Progress>(live ? campaigns.events(campaign.id) : null, "progress", (progress) => {
    const { state, reason, figures } = progress;
    client.setQueryData(campaigns.card(campaign.id).queryKey, (card) => card && { ...card, state, reason, figures, progress });
    // What may be done and who was left out depend on these; the card brings them together with the history.
    const before = campaign.progress;
    if (state !== before.state || progress.creating !== before.creating || progress.planned !== before.planned) void client.invalidateQueries({ queryKey: ["campaigns", campaign.id] });
  });
  const pattern = useRepeat(campaign.id) !== undefined;
  const draft = campaign.state === "draft" || campaign.state === "scheduled"; // nothing went out yet
  return (
    <>
      <PageHeader
        title={campaign.name}
        description={[campaign.account?.title, campaign.segment?.name ?? t("campaigns.everybody"), campaign.category?.name].filter(Boolean).join(" · ")}
        back={{ to: "/campaigns", label: t("campaigns.title") }}
        badges={<StatusBadge kind="campaign" state={campaign.state} size="lg" />}
        actions={
          <>
            <KillButton campaign={campaign} />
            <CampaignActions campaign={campaign} />
            {writes && campaign.actions.includes("edit") && (
              <Button
                renderRoot={(root) => (
                  <Link to="/campaigns/$id/edit" params={{ id: campaign.id }} search={isFilledIn(campaign) ? { tab: "check" } : {}} {...root} />
                )}
                leftSection={<IconPencil size={16} />}
              >
                {t("campaigns.continue")}
              </Button>
            )}
          </>
        }
      />
      <Stack>
        {campaign.held && <Held campaign={campaign} />}
        {!campaign.held && !(pattern && campaign.state === "draft") && <StateExplained campaign={campaign} />}
        <RepeatPanel campaignId={campaign.id} />
        {!draft && <LiveProgress campaign={campaign} connection={connection} />}
        <Tabs value={list.tab ?? (draft ? "details" : "statistics")} onChange={(tab) => list.set({ tab: tab ?? undefined, page: 1, search: "", state: "", did: "", domain: "", url: "" })} keepMounted={false}>
          <Tabs.List mb="md">
            {!draft && <Tabs.Tab value="statistics" px={{ base: 10, xs: "md" }}>{t("campaigns.statistics")}</Tabs.Tab>}
            {!draft && <Tabs.Tab value="deliveries" px={{ base: 10, xs: "md" }}>{t("campaigns.deliveries")}</Tabs.Tab>}
            <Tabs.Tab value="details" px={{ base: 10, xs: "md" }}>{t("campaigns.details")}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="statistics">
            <Statistics campaign={campaign} />
          </Tabs.Panel>
          <Tabs.Panel value="deliveries">
            <Deliveries campaign={campaign} />
          </Tabs.Panel>
          <Tabs.Panel value="details">
            <Grid>
              <Grid.Col span={{ base: 12, lg: 7 }}>
                <Details campaign={campaign} />
              </Grid.Col>
              <Grid.Col span={{ base: 12, lg: 5 }}>
                <History campaign={campaign} />
              </Grid.Col>
            </Grid>
          </Tabs.Panel>
        </Tabs>
      </Stack>
    </>
  );
}
