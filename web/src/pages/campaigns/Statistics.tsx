import { SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import { IconChartArea } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { campaigns, MOVING, type CampaignCard, type Figures } from "../../api/campaigns";
import { EmptyState } from "../../ui/EmptyState";
import { Tile } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { Panel } from "../../ui/Panel";

const StatisticsChart = lazy(() => import("./StatisticsChart"));
const REFRESH_MS = 5_000;

type Whole = "recipients" | "sent" | "delivered";
/** Each figure and the number that its share is taken of. */
const TILES: { name: string; count: (figures: Figures) => number; whole: Whole }[] = [
  { name: "sent", count: (all) => all.sent, whole: "recipients" },
  { name: "delivered", count: (all) => all.delivered, whole: "sent" },
  { name: "opened", count: (all) => all.opened, whole: "delivered" },
  { name: "clicked", count: (all) => all.clicked, whole: "delivered" },
  { name: "unsubscribed", count: (all) => all.unsubscribed, whole: "delivered" },
  { name: "bounced", count: (all) => all.hardBounced + all.softBounced, whole: "sent" },
  { name: "spam", count: (all) => all.spam, whole: "delivered" },
];

export function Statistics({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const moving = MOVING.includes(campaign.state) || campaign.state === "sent";
  const { data, isPending } = useQuery({ ...campaigns.stats(campaign.id), refetchInterval: moving ? REFRESH_MS : false });
  const figures = campaign.figures;
  const wholes: Record<Whole, number> = { recipients: campaign.recipients, sent: figures.sent, delivered: figures.delivered };
  return (
    <Stack>
      <SimpleGrid cols={{ base: 2, sm: 4, lg: 7 }} spacing="sm">
        {TILES.map(({ name, count, whole }) => (
          <Tile
            key={name}
            label={t(`campaigns.${name}`)}
            value={format.number(count(figures))}
            note={t(`campaigns.ofWhole.${whole}`, { share: format.share(count(figures), wholes[whole]) })}
          />
        ))}
      </SimpleGrid>
      <Panel
        title={t("campaigns.overTime")}
        description={data?.fetchedAt ? t("campaigns.serviceSaid", { when: format.dateTime(data.fetchedAt) }) : undefined}
      >
        {isPending && <Skeleton h={260} />}
        {data && data.points.length === 0 && (
          <EmptyState compact icon={IconChartArea} title={t("campaigns.noPoints")} text={t("campaigns.noPointsHint")} />
        )}
        {data && data.points.length > 0 && (
          <Suspense fallback={<Skeleton h={260} />}>
            <StatisticsChart points={data.points} />
          </Suspense>
        )}
      </Panel>
      {figures.rejected + figures.skipped + figures.failed > 0 && (
        <Text size="sm" c="dimmed">
          {t("campaigns.leftOut", {
            rejected: format.number(figures.rejected),
            skipped: format.number(figures.skipped),
            failed: format.number(figures.failed),
          })}
        </Text>
      )}
    </Stack>
  );
}
