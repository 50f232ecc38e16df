import { Grid, SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import { IconChartArea } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { campaigns, stirs, type CampaignCard, type Figures } from "../../api/campaigns";
import { EmptyState } from "../../ui/EmptyState";
import { Field, Tile } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { Panel } from "../../ui/Panel";
import { Exclusions } from "./Exclusions";
import { Funnel } from "./Funnel";

const EventsChart = lazy(() => import("./EventsChart"));
const REFRESH_MS = 4_000;

type Whole = "recipients" | "sent" | "delivered";
type Shown = "sent" | "delivered" | "opened" | "clicked" | "unsubscribed" | "bounced" | "spam";

/** Each figure and the number that its share is taken of. */
const TILES: [Shown, Whole][] = [
  ["sent", "recipients"],
  ["delivered", "sent"],
  ["opened", "delivered"],
  ["clicked", "delivered"],
  ["unsubscribed", "delivered"],
  ["bounced", "sent"],
  ["spam", "delivered"],
];

export function Statistics({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { figures } = campaign;
  return (
    <Stack>
      <SimpleGrid cols={{ base: 2, sm: 4, lg: 7 }} spacing="sm">
        {TILES.map(([name, whole]) => (
          <Tile
            key={name}
            label={t(`campaigns.${name}`)}
            value={format.number(figures[name])}
            note={figures[whole] > 0 ? t(`campaigns.ofWhole.${whole}`, { share: format.share(figures[name], figures[whole]) }) : "—"}
          />
        ))}
      </SimpleGrid>
      <OverTime campaign={campaign} />
      <Grid>
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Panel title={t("campaigns.funnel")} description={t("campaigns.funnelHint")}>
            <Funnel figures={figures} />
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack>
            <Losses campaign={campaign} />
            <ServiceFigures campaign={campaign} />
          </Stack>
        </Grid.Col>
      </Grid>
    </Stack>
  );
}

function OverTime({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const { data, isPending } = useQuery({ ...campaigns.chart(campaign.id), refetchInterval: stirs(campaign) ? REFRESH_MS : false });
  return (
    <Panel title={t("campaigns.overTime")} description={t("campaigns.overTimeHint")}>
      {isPending && <Skeleton h={280} />}
      {data?.points.length === 0 && (
        <EmptyState compact icon={IconChartArea} title={t("campaigns.noPoints")} text={t("campaigns.noPointsHint")} />
      )}
      {data && data.points.length > 0 && (
        <Suspense fallback={<Skeleton h={280} />}>
          <EventsChart chart={data} />
        </Suspense>
      )}
    </Panel>
  );
}

const LOSSES: (keyof Figures)[] = ["hardBounced", "softBounced", "rejected", "skipped", "failed"];

function Losses({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const lost = LOSSES.filter((name) => campaign.figures[name] > 0);
  return (
    <Panel title={t("campaigns.losses")}>
      {lost.length + campaign.exclusions.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("campaigns.noLosses")}
        </Text>
      )}
      {lost.map((name) => (
        <Field key={name} label={t(`campaigns.loss.${name}`)}>
          <span className="numbers">{format.number(campaign.figures[name])}</span>
        </Field>
      ))}
      {campaign.exclusions.length > 0 && (
        <>
          <Text size="sm" fw={550} mt="sm">
            {t("campaigns.excludedBefore")}
          </Text>
          <Exclusions exclusions={campaign.exclusions} />
        </>
      )}
    </Panel>
  );
}

/** What the service itself counts, beside our own record. */
function ServiceFigures({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = useQuery({ ...campaigns.stats(campaign.id), refetchInterval: stirs(campaign) ? REFRESH_MS : false });
  if (!data?.service) return null;
  return (
    <Panel title={t("campaigns.service")} description={t("campaigns.serviceSaid", { when: format.dateTime(data.service.fetchedAt) })}>
      {Object.entries(data.service.figures).map(([name, count]) => (
        <Field key={name} label={t(`campaigns.figure.${name}`, { defaultValue: name })}>
          <span className="numbers">{format.number(count)}</span>
        </Field>
      ))}
    </Panel>
  );
}
