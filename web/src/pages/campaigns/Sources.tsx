import { Button, Text } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { CampaignCard } from "../../api/campaigns";
import { reports, type Results } from "../../api/reports";
import { Field } from "../../ui/Field";
import { useFormat, type Instant } from "../../ui/format";
import { tell, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";

/** Where the figures come from and how old each source is. */
export function Sources({ campaign, results }: { campaign: CampaignCard; results: Results }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { stats, polling, webhookAt, pollsNextAt } = results;
  const told = (at: Instant, otherwise: string) => (at ? t("results.at", { when: format.moment(at), ago: format.ago(at) }) : t(otherwise));
  return (
    <Panel title={t("results.sources")} description={t("results.sourcesHint")} actions={campaign.externalId && (stats.able || polling.able) && <AskNow id={campaign.id} />}>
      <Field label={t("results.ofService")}>{told(stats.at, stats.able ? "results.untold" : "results.unable")}</Field>
      <Field label={t("results.webhooks")}>{told(webhookAt, "results.noWebhooks")}</Field>
      <Field label={t("results.polled")}>{told(polling.at, polling.able ? "results.notPolled" : "results.unable")}</Field>
      {polling.able && pollsNextAt && <Field label={t("results.pollsNext")}>{format.moment(pollsNextAt)}</Field>}
      {polling.failure && (
        <Text size="sm" mt="xs">
          {t("results.pollFail", { text: polling.failure })}
        </Text>
      )}
      {polling.at && (
        <Text size="sm" c="dimmed" mt="xs">
          {t("results.polling")}
        </Text>
      )}
    </Panel>
  );
}

/** Asks the service now, for who does not want to wait until it is asked by itself. */
export function AskNow({ id }: { id: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const asking = useMutation({
    mutationFn: () => reports.ask(id),
    onSuccess: (results) => {
      client.setQueryData(reports.results(id).queryKey, results);
      tell(t("audience.asked"));
    },
    onError: tellProblem,
    onSettled: () => client.invalidateQueries({ queryKey: ["campaigns", id] }),
  });
  return (
    <Button size="compact-sm" variant="subtle" leftSection={<IconRefresh size={14} />} loading={asking.isPending} onClick={() => asking.mutate()}>
      {t("audience.askNow")}
    </Button>
  );
}
