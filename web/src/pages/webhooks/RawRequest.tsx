import { Button, CopyButton, Stack, Text } from "@mantine/core";
import { IconCheck, IconTerminal2 } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { WebhookCard } from "../../api/webhooks";
import { CodeBlock, pretty } from "../../ui/CodeBlock";
import { Panel } from "../../ui/Panel";
import { requestAsCurl } from "./request-curl";

/** The request exactly as it came. */
export function RawRequest({ webhook }: { webhook: WebhookCard }) {
  const { t } = useTranslation();
  const head = webhook.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
  const line = `${webhook.method} ${webhook.path}${webhook.query ? `?${webhook.query}` : ""}`;
  return (
    <Panel title={t("webhooks.raw")} description={t("webhooks.rawHint")} actions={<CopyAsCurl webhook={webhook} />}>
      <Stack gap="sm">
        <CodeBlock label={t("webhooks.headers")} text={`${line}\n${head}`} height={260} />
        <Text size="xs" c="dimmed" fw={600}>
          {t(webhook.body === null ? "webhooks.bodyBase64" : "webhooks.body")}
        </Text>
        {webhook.body === null ? (
          <CodeBlock label={t("webhooks.bodyBase64")} text={webhook.bodyBase64 ?? ""} />
        ) : (
          <CodeBlock label={t("webhooks.body")} text={webhook.body ? pretty(webhook.body) : t("webhooks.emptyBody")} height={420} />
        )}
      </Stack>
    </Panel>
  );
}

function CopyAsCurl({ webhook }: { webhook: WebhookCard }) {
  const { t } = useTranslation();
  return (
    <CopyButton value={requestAsCurl(webhook, window.location.origin)}>
      {({ copied, copy }) => (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={copied ? <IconCheck size={14} /> : <IconTerminal2 size={14} />}
          onClick={copy}
        >
          {copied ? t("common.copied") : t("trace.copyCurl")}
        </Button>
      )}
    </CopyButton>
  );
}
