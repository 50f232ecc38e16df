import { Alert, Button, Group, Text } from "@mantine/core";
import { IconArrowBackUp, IconClock } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { campaigns, type CampaignCard } from "../../api/campaigns";
import { useRight } from "../../api/session";
import { tell, tellProblem } from "../../ui/notices";

/** The moment in which what was sent may be taken back. */
export function Held({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const allowed = useRight("campaigns.send");
  const seconds = useSecondsTo(campaign.scheduledAt);
  const taking = useMutation({
    mutationFn: () => campaigns.act(campaign.id, "undo"),
    onSuccess: () => tell(t("campaigns.done.undo")),
    onError: tellProblem,
    onSettled: () => client.invalidateQueries({ queryKey: ["campaigns"] }),
  });
  return (
    <Alert color="blue" icon={<IconClock size={20} />} title={seconds > 0 ? t("planning.held.title", { seconds }) : t("planning.held.going")}>
      <Group justify="space-between">
        <Text size="sm">{t("planning.held.text")}</Text>
        {allowed && (
          <Button leftSection={<IconArrowBackUp size={16} />} loading={taking.isPending} onClick={() => taking.mutate()}>
            {t("planning.held.undo")}
          </Button>
        )}
      </Group>
    </Alert>
  );
}

function useSecondsTo(instant: string | null): number {
  const left = () => (instant ? Math.max(0, Math.ceil((Date.parse(instant) - Date.now()) / 1000)) : 0);
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    const timer = setInterval(() => setSeconds(left()), 250);
    return () => clearInterval(timer);
  });
  return seconds;
}
