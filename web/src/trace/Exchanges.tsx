import { Accordion, Badge, Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Exchange } from "../api/modules";
import { CodeBlock, pretty } from "../ui/CodeBlock";
import classes from "./trace.module.css";

/** Every HTTP request that a call made, with secrets already masked by the server. */
export function Exchanges({ exchanges }: { exchanges: Exchange[] }) {
  const { t } = useTranslation();
  if (exchanges.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("trace.noExchanges")}
      </Text>
    );
  }
  return (
    <Accordion variant="contained" chevronPosition="left">
      {exchanges.map((exchange, index) => (
        // Requests of one call have no name but their order.
        // oxlint-disable-next-line react/no-array-index-key
        <Accordion.Item key={index} value={String(index)}>
          <Accordion.Control>
            <Group gap="xs" wrap="nowrap">
              <Badge color={colourOf(exchange)}>{exchange.status ?? t("trace.failed")}</Badge>
              <Text size="sm" fw={600}>
                {exchange.method}
              </Text>
              <Text className={classes.url} flex={1} truncate>
                {exchange.url}
              </Text>
              <Text size="xs" c="dimmed" className="numbers" style={{ whiteSpace: "nowrap" }}>
                {t("trace.ms", { ms: Math.round(exchange.wallMs) })}
              </Text>
            </Group>
          </Accordion.Control>
          <Accordion.Panel>
            <ExchangeBody exchange={exchange} />
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  );
}

function ExchangeBody({ exchange }: { exchange: Exchange }) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs">
      <Text className={classes.url}>{exchange.url}</Text>
      {exchange.error && (
        <Text size="sm" c="red">
          {exchange.error}
        </Text>
      )}
      <Part title={t("trace.request")} headers={exchange.requestHeaders} body={exchange.requestBody} />
      {exchange.status !== null && (
        <Part title={t("trace.response")} headers={exchange.responseHeaders} body={exchange.responseBody} />
      )}
    </Stack>
  );
}

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

function colourOf({ status }: Exchange): string {
  if (status === null || status >= 500) return "red";
  return status >= 400 ? "orange" : "teal";
}
