import { Accordion, Badge, Group, Stack, Text } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { modules, type Recording } from "../../api/modules";
import { CallFailure } from "../../trace/CallFailure";
import { errorOfRecord } from "../../trace/error-of-record";
import { Exchanges } from "../../trace/Exchanges";
import { LogView } from "../../trace/LogView";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { ProblemPanel } from "../../ui/ProblemPanel";

const REFRESH_MS = 5_000;

/** The newest recorded calls of a module, each with its log and HTTP requests. */
export function Calls({ moduleId }: { moduleId: string }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState<string | null>(null);
  const { data, error } = useQuery({ ...modules.calls(moduleId), refetchInterval: REFRESH_MS });
  if (error) return <ProblemPanel problem={error} />;
  if (!data) return <RowsLoading rows={4} />;
  if (data.items.length === 0) {
    return <EmptyState compact icon={IconHistory} title={t("studio.noCalls")} text={t("studio.noCallsHint")} />;
  }
  return (
    <Accordion variant="contained" chevronPosition="left" value={opened} onChange={setOpened}>
      {data.items.map((recording) => (
        <Accordion.Item key={recording.id} value={recording.id}>
          <Accordion.Control>
            <Head recording={recording} />
          </Accordion.Control>
          <Accordion.Panel>{opened === recording.id && <Body moduleId={moduleId} id={recording.id} />}</Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  );
}

function Head({ recording }: { recording: Recording }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Stack gap={2}>
      <Group gap="xs" wrap="nowrap">
        <Badge color={recording.kind ? "red" : "teal"}>{t(recording.kind ? "trace.failed" : "trace.ok")}</Badge>
        <Text size="sm" ff="monospace" truncate>
          {recording.function.replace("CRM_Marketing_", "")}
        </Text>
      </Group>
      <Text size="xs" c="dimmed" className="numbers">
        {format.exact(recording.startedAt)} · {t(`studio.lane.${recording.lane}`)} · {t("trace.ms", { ms: Math.round(recording.wallMs) })}
      </Text>
    </Stack>
  );
}

function Body({ moduleId, id }: { moduleId: string; id: string }) {
  const { data, error } = useQuery(modules.call(moduleId, id));
  if (error) return <ProblemPanel problem={error} />;
  if (!data) return <RowsLoading rows={2} />;
  return (
    <Stack gap="sm">
      {data.kind && data.error && <CallFailure error={errorOfRecord(data.kind, data.error)} />}
      {data.log.length > 0 && <LogView lines={data.log} />}
      <Exchanges exchanges={data.exchanges} />
    </Stack>
  );
}
