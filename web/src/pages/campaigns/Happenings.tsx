import { Anchor, Stack, Text, Timeline } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { CampaignCard } from "../../api/campaigns";
import { reports, type Recipient } from "../../api/reports";
import { Dialog } from "../../ui/Dialog";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { ProblemPanel } from "../../ui/ProblemPanel";

interface Props {
  campaign: CampaignCard;
  recipient: Recipient;
  opened: boolean;
  onClose: () => void;
}

/** What happened to one recipient's letter, and how it was heard. */
export function Happenings({ campaign, recipient, opened, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error, isPending } = useQuery({ ...reports.happenings(campaign.id, recipient.addressId), enabled: opened });
  return (
    <Dialog title={t("results.events", { address: recipient.address })} opened={opened} onClose={onClose}>
      <Stack>
        {error && <ProblemPanel problem={error} />}
        {isPending && <RowsLoading />}
        {data?.items.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("results.noHappenings")}
          </Text>
        )}
        {data && data.items.length > 0 && (
          <Timeline bulletSize={14} lineWidth={2} active={data.items.length}>
            {data.items.map((event, index) => (
              <Timeline.Item key={index} title={t(`results.kind.${event.kind}`, { defaultValue: event.kind })}>
                {event.detail && (
                  <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                    {event.detail}
                  </Text>
                )}
                <Text size="xs" c="dimmed">
                  {format.exact(event.at)} · {t(event.polled ? "results.byPoll" : "results.byWebhook")}
                </Text>
              </Timeline.Item>
            ))}
          </Timeline>
        )}
        <Anchor size="sm" component={Link} to={`/contacts/${recipient.contactId}`}>
          {t("results.toContact")}
        </Anchor>
      </Stack>
    </Dialog>
  );
}
