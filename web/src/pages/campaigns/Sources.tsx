import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Results } from "../../api/reports";
import { Field } from "../../ui/Field";
import { useFormat, type Instant } from "../../ui/format";
import { Panel } from "../../ui/Panel";

/** Where the figures come from and how old each source is. */
export function Sources({ results }: { results: Results }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { stats, polling, webhookAt, pollsNextAt } = results;
  const told = (at: Instant, otherwise: string) => (at ? t("results.at", { when: format.moment(at), ago: format.ago(at) }) : t(otherwise));
  return (
    <Panel title={t("results.sources")} description={t("results.sourcesHint")}>
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
