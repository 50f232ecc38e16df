import { Badge, Group, Stack, Tabs, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { RunResult } from "../api/modules";
import { CodeBlock, pretty } from "../ui/CodeBlock";
import { CallFailure } from "./CallFailure";
import { Exchanges } from "./Exchanges";
import { LogView } from "./LogView";

/** What one call of a function gave: value or failure, log and HTTP requests. */
export function Outcome({ run }: { run: RunResult }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Badge color={run.ok ? "teal" : "red"}>{t(run.ok ? "trace.ok" : "trace.failed")}</Badge>
        <Text size="xs" c="dimmed" className="numbers">
          {t("trace.times", { wall: Math.round(run.wallMs), cpu: Math.round(run.cpuMs) })}
        </Text>
      </Group>
      {run.error && <CallFailure error={run.error} />}
      <Tabs defaultValue={run.ok ? "result" : "log"} keepMounted={false}>
        <Tabs.List mb="sm">
          <Tabs.Tab value="result">{t("trace.result")}</Tabs.Tab>
          <Tabs.Tab value="log">{t("trace.logCount", { number: run.log.length })}</Tabs.Tab>
          <Tabs.Tab value="http">{t("trace.httpCount", { number: run.exchanges.length })}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="result">
          <CodeBlock label={t("trace.result")} text={pretty(run.result)} height={420} />
        </Tabs.Panel>
        <Tabs.Panel value="log">
          <LogView lines={run.log} />
        </Tabs.Panel>
        <Tabs.Panel value="http">
          <Exchanges exchanges={run.exchanges} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
