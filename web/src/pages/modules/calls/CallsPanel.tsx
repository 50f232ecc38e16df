import { Badge, Button, Group, Select, Stack, Switch, Text, TextInput, UnstyledButton } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { accounts } from "../../../api/accounts";
import type { Contract } from "../../../api/contract";
import { modules, type ModuleCard, type Recording } from "../../../api/modules";
import { useRight } from "../../../api/session";
import { EmptyState } from "../../../ui/EmptyState";
import { useFormat } from "../../../ui/format";
import { RowsLoading } from "../../../ui/Loading";
import { tellProblem } from "../../../ui/notices";
import { ProblemPanel } from "../../../ui/ProblemPanel";
import { shortName } from "../run/inputs";
import type { Trial } from "../run/RunPanel";
import classes from "../Studio.module.css";
import { useStudio } from "../use-studio";
import { CallView } from "./CallView";

const REFRESH_MS = 5_000;
/** Outcomes to filter by: success, and the ways in which calls fail most. */
const OUTCOMES = ["ok", "contract", "raised", "not_implemented", "timeout", "forbidden_host", "fetch", "retry_later", "service_down", "key_refused", "memory", "crashed", "busy"];

interface Props {
  card: ModuleCard;
  contract: Contract;
  source: string;
  onTry: (trial: Trial) => void;
}

/** The recorded calls of a module; one is opened to be looked at and replayed. */
export function CallsPanel({ card, contract, source, onTry }: Props) {
  const { call, set } = useStudio();
  if (call) return <CallView card={card} callId={call} source={source} onBack={() => set({ call: undefined })} onTry={onTry} />;
  return (
    <Stack gap="sm">
      <RecordingSwitch moduleId={card.id} />
      <Filters card={card} contract={contract} />
      <List moduleId={card.id} />
    </Stack>
  );
}

function RecordingSwitch({ moduleId }: { moduleId: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const writes = useRight("modules.write");
  const state = useQuery(modules.recording(moduleId));
  const change = useMutation({
    mutationFn: (enabled: boolean) => modules.setRecording(moduleId, enabled),
    onSuccess: (changed) => client.setQueryData(modules.recording(moduleId).queryKey, changed),
    onError: tellProblem,
  });
  return (
    <Switch
      label={t("studio.recording")}
      description={t("studio.recordingHint")}
      checked={state.data?.enabled ?? true}
      disabled={!state.data || !writes || change.isPending}
      onChange={(event) => change.mutate(event.currentTarget.checked)}
    />
  );
}

function Filters({ card, contract }: { card: ModuleCard; contract: Contract }) {
  const { t } = useTranslation();
  const state = useStudio();
  const own = useQuery(accounts.ofModule(card.id)).data?.items ?? [];
  return (
    <Stack gap="xs">
      <Select
        size="xs"
        clearable
        searchable
        aria-label={t("studio.function")}
        placeholder={t("studio.anyFunction")}
        value={state.function ?? null}
        onChange={(value) => state.set({ function: value ?? undefined })}
        data={contract.functions.map((one) => ({ value: one.name, label: shortName(one.name) }))}
      />
      <Group gap="xs" grow>
        <Select
          size="xs"
          clearable
          aria-label={t("studio.outcome")}
          placeholder={t("studio.anyOutcome")}
          value={state.kind ?? null}
          onChange={(value) => state.set({ kind: value ?? undefined })}
          data={OUTCOMES.map((one) => ({ value: one, label: one === "ok" ? t("trace.ok") : t(`trace.kind.${one}`) }))}
        />
        {own.length > 1 && (
          <Select
            size="xs"
            clearable
            aria-label={t("studio.account")}
            placeholder={t("studio.anyAccount")}
            value={state.accountId ?? null}
            onChange={(value) => state.set({ accountId: value ?? undefined })}
            data={own.map((one) => ({ value: one.id, label: one.title }))}
          />
        )}
      </Group>
      <TraceField value={state.traceId} onChange={(traceId) => state.set({ traceId })} />
    </Stack>
  );
}

const TRACE_ID = /^[0-9a-f]{32}$/;

/** The number that a message about a failure, or a log line, names. */
function TraceField({ value, onChange }: { value: string | undefined; onChange: (value: string | undefined) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(value ?? "");
  const wrong = text !== "" && !TRACE_ID.test(text);
  return (
    <TextInput
      size="xs"
      aria-label={t("common.traceId")}
      placeholder={t("common.traceId")}
      ff="monospace"
      value={text}
      error={wrong && t("studio.traceIdWrong")}
      onChange={(event) => {
        const typed = event.currentTarget.value.trim().toLowerCase();
        setText(typed);
        if (typed === "" || TRACE_ID.test(typed)) onChange(typed || undefined);
      }}
    />
  );
}

function List({ moduleId }: { moduleId: string }) {
  const { t } = useTranslation();
  const { function: name, kind, accountId, traceId } = useStudio();
  const filter = { ...(name && { function: name }), ...(kind && { kind }), ...(accountId && { accountId }), ...(traceId && { traceId }) };
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    ...modules.calls(moduleId, filter),
    refetchInterval: REFRESH_MS,
  });
  if (error && !data) return <ProblemPanel problem={error} />;
  if (!data) return <RowsLoading rows={4} />;
  const calls = data.pages.flatMap((page) => page.items);
  if (calls.length === 0) {
    const filtered = Object.keys(filter).length > 0;
    return (
      <EmptyState
        compact
        icon={IconHistory}
        title={t(filtered ? "common.nothingFound" : "studio.noCalls")}
        text={t(filtered ? "studio.noCallsFiltered" : "studio.noCallsHint")}
      />
    );
  }
  return (
    <>
      <Text size="xs" c="dimmed" className="numbers">
        {t("studio.callCount", { count: data.pages[0]?.total ?? 0 })}
      </Text>
      <ul className={classes.entries} aria-label={t("studio.tab.calls")}>
        {calls.map((one) => (
          <Row key={one.id} recording={one} />
        ))}
      </ul>
      {hasNextPage && (
        <Button variant="default" size="compact-sm" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t("studio.moreCalls")}
        </Button>
      )}
    </>
  );
}

function Row({ recording }: { recording: Recording }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { set } = useStudio();
  return (
    <li>
      <UnstyledButton className={classes.entry} onClick={() => set({ call: recording.id })}>
        <Group gap="xs" wrap="nowrap">
          <Badge color={recording.kind ? "red" : "teal"}>{t(recording.kind ? "trace.failed" : "trace.ok")}</Badge>
          <Text size="sm" ff="monospace" truncate component="span">
            {shortName(recording.function)}
          </Text>
        </Group>
        <Text size="xs" c="dimmed" className="numbers" component="span">
          {format.exact(recording.startedAt)} · {t(`studio.lane.${recording.lane}`)} · {t("trace.ms", { ms: Math.round(recording.wallMs) })}
        </Text>
      </UnstyledButton>
    </li>
  );
}
