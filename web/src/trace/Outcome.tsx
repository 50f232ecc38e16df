import { Badge, Group, Stack, Tabs, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { CallError, Exchange, LogLine } from "../api/modules";
import { CallFailure } from "./CallFailure";
import { JsonTree, type Mark } from "./JsonTree";
import { LogView } from "./LogView";
import { Waterfall } from "./Waterfall";

export interface Finished {
  ok: boolean;
  result?: unknown;
  error: CallError | null;
  log: LogLine[];
  exchanges: Exchange[];
  wallMs: number;
  cpuMs: number;
}

interface Props {
  run: Finished;
  /** What the function was given, where that is worth a look. */
  given?: unknown;
}

/** What one call of a function gave: value or failure, log and HTTP requests. */
export function Outcome({ run, given }: Props) {
  const { t } = useTranslation();
  const { error } = run;
  const mark: Mark | undefined = error?.kind === "contract" && error.path ? { path: error.path, expected: error.expected, got: error.got } : undefined;
  const marked = mark !== undefined && run.result !== undefined;
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Badge color={run.ok ? "teal" : "red"}>{t(run.ok ? "trace.ok" : "trace.failed")}</Badge>
        <Text size="xs" c="dimmed" className="numbers">
          {t("trace.times", { wall: Math.round(run.wallMs), cpu: Math.round(run.cpuMs) })}
        </Text>
      </Group>
      {error && <CallFailure error={error} brief={marked} />}
      <Tabs defaultValue={run.ok || marked ? "result" : "log"} keepMounted={false}>
        <Tabs.List mb="sm">
          {given !== undefined && <Tabs.Tab value="given">{t("trace.given")}</Tabs.Tab>}
          <Tabs.Tab value="result">{t("trace.result")}</Tabs.Tab>
          <Tabs.Tab value="log">{t("trace.logCount", { number: run.log.length })}</Tabs.Tab>
          <Tabs.Tab value="http">{t("trace.httpCount", { number: run.exchanges.length })}</Tabs.Tab>
        </Tabs.List>
        {given !== undefined && (
          <Tabs.Panel value="given">
            <JsonTree label={t("trace.given")} value={given} />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="result">
          {run.ok || marked ? (
            <JsonTree label={t("trace.result")} value={run.result ?? null} mark={mark} />
          ) : (
            <Text size="sm" c="dimmed">
              {t("trace.noResult")}
            </Text>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="log">
          <LogView lines={run.log} />
        </Tabs.Panel>
        <Tabs.Panel value="http">
          <Waterfall exchanges={run.exchanges} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
