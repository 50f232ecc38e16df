import { Stack, Text, Timeline } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { CallError } from "../../api/modules";
import type { WebhookFailure } from "../../api/webhooks";
import { CallFailure } from "../../trace/CallFailure";
import { LogView } from "../../trace/LogView";
import { useFormat } from "../../ui/format";
import { Panel } from "../../ui/Panel";

/** Attempts that failed, each with its error and the module's log. */
export function Failures({ failures }: { failures: WebhookFailure[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (failures.length === 0) return null;
  return (
    <Panel title={t("webhooks.failures")}>
      <Timeline bulletSize={20} lineWidth={2} color="red">
        {failures.map((failure) => (
          <Timeline.Item
            key={failure.at}
            bullet={<IconAlertTriangle size={12} />}
            title={<Text size="sm" fw={550}>{format.exact(failure.at)}</Text>}
          >
            <Stack gap="xs" mt={4}>
              <CallFailure error={errorOf(failure)} />
              {failure.log.length > 0 && <LogView lines={failure.log} />}
            </Stack>
          </Timeline.Item>
        ))}
      </Timeline>
    </Panel>
  );
}

function errorOf({ kind, error }: WebhookFailure): CallError {
  const text = (name: string) => (typeof error[name] === "string" ? (error[name] as string) : null);
  return {
    kind,
    message: text("message") ?? text("sentence") ?? JSON.stringify(error),
    line: typeof error.line === "number" ? error.line : null,
    path: text("path"),
    expected: text("expected"),
    got: text("got"),
  };
}
