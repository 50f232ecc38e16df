import { Group, Text, Timeline } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { CampaignCard } from "../../api/campaigns";
import { useFormat } from "../../ui/format";
import { Panel } from "../../ui/Panel";
import { StatusBadge } from "../../ui/StatusBadge";

/** Every change of state: what, who, why, when. */
export function History({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Panel title={t("campaigns.history")}>
      <Timeline bulletSize={12} lineWidth={2}>
        {campaign.history.map((entry) => (
          <Timeline.Item key={`${entry.at}${entry.toState}`}>
            <Group gap="xs">
              <StatusBadge kind="campaign" state={entry.toState} />
              <Text size="xs" c="dimmed">
                {format.exact(entry.at)} · {t(`campaigns.who.${entry.who}`, { defaultValue: entry.who })}
              </Text>
            </Group>
            {entry.reason && (
              <Text size="sm" mt={4}>
                {entry.reason.text}
              </Text>
            )}
          </Timeline.Item>
        ))}
      </Timeline>
    </Panel>
  );
}
