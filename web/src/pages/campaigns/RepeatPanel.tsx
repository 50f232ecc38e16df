import { Alert, Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconRepeat } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { planning, type Repeat } from "../../api/planning";
import { useRight } from "../../api/session";
import { useFormat } from "../../ui/format";
import { tell, tellProblem } from "../../ui/notices";
import { useRhythm } from "./rhythm";

/** Whether the campaign is repeated, when the next issue goes, and what was wrong with the last. */
export function RepeatPanel({ campaignId }: { campaignId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const allowed = useRight("campaigns.send");
  const repeat = useRepeat(campaignId);
  const rhythm = useRhythm();
  const { keep, stop } = useDeeds();
  if (!repeat) return null;
  return (
    <Alert color={repeat.reason ? "orange" : "blue"} icon={<IconRepeat size={20} />} title={repeat.enabled ? t("planning.repeat.next", { when: format.dateTime(repeat.nextAt) }) : t("planning.repeat.resting")}>
      <Stack gap="xs">
        <Text size="sm">
          {rhythm(repeat)}{" "}
          {repeat.issues > 0 ? (
            <Anchor size="sm" renderRoot={(root) => <Link to="/campaigns" search={{ search: repeat.name }} {...root} />}>
              {t("planning.repeat.issues", { count: repeat.issues })}
            </Anchor>
          ) : (
            t("planning.repeat.noIssues")
          )}
        </Text>
        {repeat.reason && <Why repeat={repeat} />}
        {allowed && (
          <Group gap="xs">
            <Button size="xs" variant="default" loading={keep.isPending} onClick={() => keep.mutate({ repeat, enabled: !repeat.enabled })}>
              {t(repeat.enabled ? "planning.repeat.pause" : "planning.repeat.resume")}
            </Button>
            <Button size="xs" variant="default" loading={stop.isPending} onClick={() => stop.mutate(repeat)}>
              {t("planning.repeat.stop")}
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}

/** The repeat that this campaign is the pattern of. */
export function useRepeat(campaignId: string): Repeat | undefined {
  return useQuery(planning.repeats).data?.items.find((each) => each.campaignId === campaignId);
}

/** Issues that did not go out: whoever opens the list of campaigns sees them. */
export function RepeatAlerts() {
  const { t } = useTranslation();
  const failed = useQuery(planning.repeats).data?.items.filter((repeat) => repeat.reason) ?? [];
  return failed.map((repeat) => (
    <Alert key={repeat.id} mb="md" color="orange" icon={<IconAlertTriangle size={20} />} title={t("planning.repeat.alert", { name: repeat.name })}>
      <Why repeat={repeat} />
    </Alert>
  ));
}

function Why({ repeat }: { repeat: Repeat }) {
  const { t } = useTranslation();
  return (
    <Text size="sm">
      {repeat.reason?.text}{" "}
      {repeat.waitingId && (
        <Anchor component={Link} to={`/campaigns/${repeat.waitingId}`} size="sm">
          {t("planning.repeat.open")}
        </Anchor>
      )}
    </Text>
  );
}

function useDeeds() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: ["campaigns", "repeats"] });
  const keep = useMutation({
    mutationFn: ({ repeat: { campaignId, every, day, atTime, zone }, enabled }: { repeat: Repeat; enabled: boolean }) =>
      planning.repeat(campaignId, { every, day, atTime, zone, enabled }),
    onError: tellProblem,
    onSettled,
  });
  const stop = useMutation({
    mutationFn: (repeat: Repeat) => planning.stopRepeating(repeat.campaignId),
    onSuccess: () => tell(t("planning.repeat.stopped")),
    onError: tellProblem,
    onSettled,
  });
  return { keep, stop };
}
