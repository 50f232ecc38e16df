import { Badge, Group, Progress, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { CampaignCard } from "../../api/campaigns";
import type { Connection } from "../../api/events";
import { useFormat } from "../../ui/format";
import { Panel } from "../../ui/Panel";

/** How far the hand-over and the sending are, as it happens. */
export function LiveProgress({ campaign, connection }: { campaign: CampaignCard; connection: Connection }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { figures } = campaign;
  const { recipients } = figures;
  const preparing = campaign.state === "preparing" || campaign.state === "paused" || campaign.state === "scheduled";
  const bad = figures.hardBounced + figures.failed + figures.rejected;
  const percent = (part: number) => (recipients > 0 ? (part / recipients) * 100 : 0);
  return (
    <Panel>
      <Stack gap="xs">
        <Group justify="space-between" gap="xs">
          <Text fw={600} size="sm" className="numbers" data-testid="progress">
            {preparing
              ? t("campaigns.handedOver", { done: format.number(figures.handedOver), total: format.number(recipients) })
              : t("campaigns.sentOf", { done: format.number(figures.sent), total: format.number(recipients) })}
          </Text>
          <ConnectionBadge connection={connection} state={campaign.state} />
        </Group>
        <Progress.Root size="xl" radius="md">
          {preparing ? (
            <Progress.Section
              value={percent(figures.handedOver)}
              animated={campaign.state === "preparing"}
              aria-label={t("campaigns.handedOverShort")}
            />
          ) : (
            <>
              <Progress.Section value={percent(figures.delivered)} color="teal" aria-label={t("campaigns.delivered")} />
              <Progress.Section
                value={percent(Math.max(figures.sent - figures.delivered - figures.hardBounced, 0))}
                animated={campaign.state === "sending"}
                aria-label={t("campaigns.sent")}
              />
              <Progress.Section value={percent(bad)} color="red" aria-label={t("campaigns.bounced")} />
            </>
          )}
        </Progress.Root>
      </Stack>
    </Panel>
  );
}

function ConnectionBadge({ connection, state }: { connection: Connection; state: string }) {
  const { t } = useTranslation();
  if (connection === "lost") {
    return (
      <Badge color="orange" role="status">
        {t("campaigns.connectionLost")}
      </Badge>
    );
  }
  if (connection === "open" && (state === "preparing" || state === "sending")) return <Badge color="teal">{t("campaigns.live")}</Badge>;
  return null;
}
