import { Group, Progress, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { CampaignCard } from "../../api/campaigns";
import type { Connection } from "../../api/events";
import { useFormat } from "../../ui/format";
import { LiveBadge } from "../../ui/LiveBadge";
import { Panel } from "../../ui/Panel";

/** How far the hand-over or the sending is, as it happens. */
export function LiveProgress({ campaign, connection }: { campaign: CampaignCard; connection: Connection }) {
  const handing = ["scheduled", "preparing", "paused", "unclear"].includes(campaign.state) && campaign.figures.sent === 0;
  return (
    <Panel>
      <Stack gap="xs">
        <Group justify="space-between" gap="xs">
          <Headline campaign={campaign} handing={handing} />
          <LiveBadge connection={connection} moves={campaign.state === "preparing" || campaign.state === "sending"} />
        </Group>
        {handing ? <HandOver campaign={campaign} /> : <Sending campaign={campaign} />}
      </Stack>
    </Panel>
  );
}

function Headline({ campaign, handing }: { campaign: CampaignCard; handing: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { figures } = campaign;
  const numbers = { done: format.number(handing ? figures.handedOver : figures.sent), total: format.number(figures.recipients) };
  return (
    <Text fw={600} size="sm" className="numbers" data-testid="progress">
      {t(handing ? "campaigns.handedOver" : "campaigns.sentOf", numbers)}
    </Text>
  );
}

/** Two steps, each in parts: the contacts' data, then the recipients. */
function HandOver({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const { exported, toExport, prepared, toPrepare } = campaign.progress.steps;
  const animated = campaign.state === "preparing";
  const half = (done: number, all: number) => (all > 0 ? (done / all) * 50 : 0);
  return (
    <>
      <Progress.Root size="xl" radius="md">
        <Progress.Section value={half(exported, toExport)} color="herald.4" animated={animated && exported < toExport} aria-label={t("campaigns.exporting")} />
        <Progress.Section value={half(prepared, toPrepare)} animated={animated} aria-label={t("campaigns.preparing")} />
      </Progress.Root>
      <Text size="xs" c="dimmed" className="numbers">
        {t("campaigns.steps", { exported, toExport, prepared, toPrepare })}
      </Text>
    </>
  );
}

function Sending({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const { figures } = campaign;
  const percent = (part: number) => (figures.recipients > 0 ? (part / figures.recipients) * 100 : 0);
  const onTheWay = Math.max(figures.sent - figures.delivered - figures.hardBounced, 0);
  return (
    <Progress.Root size="xl" radius="md">
      <Progress.Section value={percent(figures.delivered)} color="teal" aria-label={t("campaigns.delivered")} />
      <Progress.Section value={percent(onTheWay)} animated={campaign.state === "sending"} aria-label={t("campaigns.sent")} />
      <Progress.Section value={percent(figures.hardBounced + figures.failed + figures.rejected)} color="red" aria-label={t("campaigns.bounced")} />
    </Progress.Root>
  );
}
