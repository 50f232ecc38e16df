import { Stack, Text, Timeline } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { WebhookFailure } from "../../api/webhooks";
import { CallFailure } from "../../trace/CallFailure";
import { errorOfRecord } from "../../trace/error-of-record";
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
              <CallFailure error={errorOfRecord(failure.kind, failure.error)} />
              {failure.log.length > 0 && <LogView lines={failure.log} />}
            </Stack>
          </Timeline.Item>
        ))}
      </Timeline>
    </Panel>
  );
}
