import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { WebhookCard } from "../../api/webhooks";
import { CodeBlock, pretty } from "../../ui/CodeBlock";
import { Panel } from "../../ui/Panel";

/** The request exactly as it came. */
export function RawRequest({ webhook }: { webhook: WebhookCard }) {
  const { t } = useTranslation();
  const head = webhook.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
  const line = `${webhook.method} ${webhook.path}${webhook.query ? `?${webhook.query}` : ""}`;
  return (
    <Panel title={t("webhooks.raw")}>
      <Stack gap="sm">
        <CodeBlock label={t("webhooks.headers")} text={`${line}\n${head}`} height={260} />
        <Text size="xs" c="dimmed" fw={600}>
          {t("webhooks.body")}
        </Text>
        {webhook.body === null ? (
          <CodeBlock label={t("webhooks.body")} text={webhook.bodyBase64 ?? ""} />
        ) : (
          <CodeBlock label={t("webhooks.body")} text={webhook.body ? pretty(webhook.body) : t("webhooks.emptyBody")} height={420} />
        )}
      </Stack>
    </Panel>
  );
}
