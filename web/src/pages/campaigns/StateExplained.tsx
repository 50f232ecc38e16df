import { Alert, Anchor, Text } from "@mantine/core";
import { IconAlertTriangle, IconClock, IconInfoCircle, IconPlayerPause, IconShieldSearch, type Icon } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { CampaignCard, CampaignState } from "../../api/campaigns";
import { formats, useFormat } from "../../ui/format";

const LOOKS: Partial<Record<CampaignState, { colour: string; icon: Icon }>> = {
  draft: { colour: "gray", icon: IconInfoCircle },
  scheduled: { colour: "blue", icon: IconClock },
  preparing: { colour: "yellow", icon: IconClock },
  moderation: { colour: "violet", icon: IconShieldSearch },
  paused: { colour: "yellow", icon: IconPlayerPause },
  declined: { colour: "red", icon: IconAlertTriangle },
  failed: { colour: "red", icon: IconAlertTriangle },
  unclear: { colour: "orange", icon: IconAlertTriangle },
};

/** Says what the present state means and what to do, in the states where a person should know. */
export function StateExplained({ campaign }: { campaign: CampaignCard }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const look = LOOKS[campaign.state];
  if (!look || (campaign.state === "preparing" && !campaign.reason)) return null;
  return (
    <Alert color={look.colour} icon={<look.icon size={20} />} title={t(`campaigns.explained.${campaign.state}.title`)}>
      {campaign.reason && (
        <Text size="sm" fw={550} mb={4}>
          {campaign.reason.text}
        </Text>
      )}
      <Text size="sm">
        {t(`campaigns.explained.${campaign.state}.text`, { when: whenIn(campaign, format.dateTime(campaign.scheduledAt), i18n.language) })}{" "}
        {campaign.externalUrl && (
          <Anchor href={campaign.externalUrl} target="_blank" rel="noreferrer" size="sm">
            {t("campaigns.openAtService")}
          </Anchor>
        )}
      </Text>
    </Alert>
  );
}

/** The time at home, and where it was chosen if that is elsewhere. */
function whenIn({ zone, scheduledAt }: CampaignCard, here: string, language: string): string {
  if (!zone) return here;
  const there = formats(language, zone).dateTime(scheduledAt);
  return there === here ? here : `${here} (${zone}: ${there})`;
}
