import { Alert, Grid, Group, SegmentedControl, SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconChartArea } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { campaigns, stirs, type CampaignCard, type Figures } from "../../api/campaigns";
import { reports, type Figure, type Results } from "../../api/reports";
import { EmptyState } from "../../ui/EmptyState";
import { Field, Tile } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { PageLoading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Domains } from "./Domains";
import { Exclusions } from "./Exclusions";
import { Funnel } from "./Funnel";
import { Links } from "./Links";
import { AskNow, Sources } from "./Sources";
import { useSource } from "./sources";

const EventsChart = lazy(() => import("./EventsChart"));
const REFRESH_MS = 4_000;
const AGAIN = 3;
const SOON_MS = 10_000;
const OLD_MS = 60_000;

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
/** What only a letter tells of; an SMS shows it where its service does. */
const OF_LETTERS: Shown[] = ["opened", "clicked", "unsubscribed", "spam"];

export function Statistics({ campaign }: { campaign: CampaignCard }) {
  const { data, error, refetch } = useQuery({
    ...reports.results(campaign.id),
    // The service is asked beside the first answer, and a long answer is read in turns: a moment later it may have told.
    refetchInterval: ({ state: { data: last, dataUpdateCount } }) =>
      stirs(campaign) || isDue(last?.pollsNextAt) || (dataUpdateCount < AGAIN && isOld(last?.stats.at)) ? REFRESH_MS : false,
  });
  if (error && !data) return <ProblemPanel problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return <Shown campaign={campaign} results={data} />;
}

/** Whether the service's figures are of another visit: it is asked anew beside the answer that brought them. */
function isOld(at: string | null | undefined): boolean {
  return !at || Date.parse(at) < Date.now() - OLD_MS;
}

/** Whether the service is being asked about the recipients, or will be in a moment. */
function isDue(at: string | null | undefined): boolean {
  return Boolean(at) && Date.parse(at as string) < Date.now() + SOON_MS;
}

function Shown({ campaign, results }: { campaign: CampaignCard; results: Results }) {
  const { t } = useTranslation();
  const format = useFormat();
  const figures = Object.fromEntries(results.figures.map((figure) => [figure.name, figure]));
  const told = (name: string) => campaign.type === "email" || !OF_LETTERS.some((one) => one === name) || (figures[name]?.count ?? 0) > 0;
  const tiles = TILES.filter(([name]) => told(name));
  return (
    <Stack>
      {results.stats.failure && results.stats.at && (
        <Alert color="yellow" icon={<IconAlertTriangle size={18} />} title={t("results.statsFail", { ago: format.ago(results.stats.at) })}>
          {results.stats.failure}
          <Group mt="xs" ml={-8}>
            <AskNow id={campaign.id} />
          </Group>
        </Alert>
      )}
      <SimpleGrid cols={{ base: 2, sm: Math.min(tiles.length, 4), lg: tiles.length }} spacing="sm">
        {tiles.map(([name, whole]) => {
          const figure = figures[name];
          return figure && <FigureTile key={name} figure={figure} whole={whole} of={figures[whole]?.count ?? 0} results={results} />;
        })}
      </SimpleGrid>
      <OverTime campaign={campaign} told={told} />
      <Grid>
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack>
            <Panel title={t("campaigns.funnel")} description={t("campaigns.funnelHint")}>
              <Funnel figures={figures} told={told} />
            </Panel>
            {told("clicked") && <Links campaign={campaign} />}
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack>
            <Sources campaign={campaign} results={results} />
            <Losses campaign={campaign} />
          </Stack>
        </Grid.Col>
      </Grid>
      <Domains campaign={campaign} />
    </Stack>
  );
}

/** A figure with its share, who says it and when, and what we count where that differs. */
function FigureTile({ figure, whole, of, results }: { figure: Figure; whole: Whole; of: number; results: Results }) {
  const { t } = useTranslation();
  const format = useFormat();
  const source = useSource(results);
  return (
    <Tile
      label={t(`campaigns.${figure.name}`)}
      value={format.number(figure.count)}
      note={
        <>
          {of > 0 ? t(`campaigns.ofWhole.${whole}`, { share: format.share(figure.count, of) }) : "—"}
          <br />
          {source(figure)}
          {figure.ours !== figure.count && (
            <>
              <br />
              {t("results.weCount", { count: format.number(figure.ours) })}
            </>
          )}
        </>
      }
    />
  );
}

function OverTime({ campaign, told }: { campaign: CampaignCard; told: (name: string) => boolean }) {
  const { t } = useTranslation();
  const [mode, setMode] = useState("total");
  const { data, error, isPending, refetch } = useQuery({ ...campaigns.chart(campaign.id), refetchInterval: stirs(campaign) ? REFRESH_MS : false });
  const modes = (
    <SegmentedControl
      size="xs"
      mb="sm"
      aria-label={t("results.overTime")}
      value={mode}
      onChange={setMode}
      data={["total", "perMoment"].map((value) => ({ value, label: t(`results.${value}`) }))}
    />
  );
  return (
    <Panel title={t("results.overTime")} description={t("results.eventsHint")}>
      {modes}
      {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
      {isPending && <Skeleton h={280} />}
      {data?.points.length === 0 && (
        <EmptyState compact icon={IconChartArea} title={t("campaigns.noPoints")} text={t("campaigns.noPointsHint")} />
      )}
      {data && data.points.length > 0 && (
        <Suspense fallback={<Skeleton h={280} />}>
          <EventsChart chart={data} running={mode === "total"} told={told} />
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
