import { Button, CopyButton, Group, Stack, Text } from "@mantine/core";
import { IconCheck, IconTerminal2 } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Exchange } from "../api/modules";
import { CodeBlock, pretty } from "../ui/CodeBlock";
import { curl } from "./curl";
import classes from "./trace.module.css";

const TIMINGS = ["dns", "connect", "tls", "ttfb", "total"];

/** One request and its answer whole, and the same request as a command. */
export function ExchangeDetails({ exchange }: { exchange: Exchange }) {
  const { t } = useTranslation();
  const times = TIMINGS.filter((name) => exchange.timings[name] !== undefined).map(
    (name) => `${t(`trace.timing.${name}`)} ${t("trace.ms", { ms: rounded(exchange.timings[name] ?? 0) })}`,
  );
  return (
    <Stack gap="xs" p="sm" className={classes.details}>
      <Text className={classes.url}>{exchange.url}</Text>
      <Text size="xs" c="dimmed" className="numbers">
        {[...times, exchange.resolvedAddress].filter(Boolean).join(" · ")}
      </Text>
      {exchange.error && (
        <Text size="sm" c="var(--mantine-color-error)">
          {exchange.error}
        </Text>
      )}
      <Part title={t("trace.request")} headers={exchange.requestHeaders} body={exchange.requestBody} />
      {exchange.status !== null && (
        <Part title={t("trace.response")} headers={exchange.responseHeaders} body={exchange.responseBody} />
      )}
      <Group justify="flex-end">
        <CopyButton value={curl(exchange)}>
          {({ copied, copy }) => (
            <Button
              size="compact-sm"
              variant="default"
              leftSection={copied ? <IconCheck size={14} /> : <IconTerminal2 size={14} />}
              onClick={copy}
            >
              {t(copied ? "common.copied" : "trace.copyCurl")}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Stack>
  );
}

const rounded = (ms: number) => (ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms));

function Part({ title, headers, body }: { title: string; headers: Record<string, string>; body: string | null }) {
  const head = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
  return (
    <div>
      <Text size="xs" c="dimmed" fw={600} mb={4}>
        {title}
      </Text>
      <CodeBlock label={title} height={240} text={[head, body ? pretty(body) : ""].filter(Boolean).join("\n\n")} />
    </div>
  );
}
