import { Button, Group, Kbd, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { IconHistory, IconPlayerPlay } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState, type Ref } from "react";
import { useTranslation } from "react-i18next";
import { accounts } from "../../../api/accounts";
import type { Contract } from "../../../api/contract";
import type { ModuleCard, RunInput } from "../../../api/modules";
import { localised } from "../../../i18n";
import { Outcome } from "../../../trace/Outcome";
import { ProblemPanel } from "../../../ui/ProblemPanel";
import { useStudio } from "../use-studio";
import { isPlain } from "./arguments-schema";
import { Consent } from "./Consent";
import { asObject, isWebhookOrigin, ORIGINS, PARSE_WEBHOOK, sampleText, shortName, type Origin } from "./inputs";
import { parseRawRequest } from "./raw-request";
import { RawWebhook } from "./RawWebhook";
import { RecordedCall } from "./RecordedCall";
import { SampleArguments, type View } from "./SampleArguments";
import { StoredWebhook } from "./StoredWebhook";
import { useRun } from "./use-run";

/** What is run, and on what: of the whole studio, because its other parts set it. */
export interface Trial {
  name: string;
  origin: Origin;
  callId: string | null;
  webhookId: string | null;
}

interface Props {
  card: ModuleCard;
  contract: Contract;
  source: string;
  trial: Trial;
  onTrial: (trial: Trial) => void;
  runner: Ref<HTMLButtonElement>;
}

/** Runs one function of the text in the editor: on a sample, a recorded call, a stored webhook or a pasted request. */
export function RunPanel({ card, contract, source, trial, onTrial, runner }: Props) {
  const { t } = useTranslation();
  const known = useQuery(accounts.ofModule(card.id));
  const own = known.data?.items ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [raw, setRaw] = useState("");
  const [views, setViews] = useState<Record<string, View>>({});
  const { run, asked, allow, decline } = useRun(card.id);
  const { name, origin, callId, webhookId } = trial;
  const described = contract.functions.find((one) => one.name === name);
  if (!described) return null;

  const text = texts[name] ?? sampleText(described);
  const accountId = chosen ?? own[0]?.id ?? null;
  const input = inputOf(origin, { text, raw, callId, webhookId });
  const start = () => {
    if (input && !known.isPending) run.mutate({ ...input, function: name, source, ...(accountId ? { accountId } : {}) });
  };
  const choose = (next: Origin) => onTrial({ ...trial, origin: next, name: isWebhookOrigin(next) ? PARSE_WEBHOOK : name });
  return (
    <Stack gap="sm">
      <Select
        label={t("studio.function")}
        searchable
        selectFirstOptionOnChange
        onFocus={(event) => event.currentTarget.select()}
        allowDeselect={false}
        value={name}
        onChange={(value) => value && onTrial({ name: value, origin: isWebhookOrigin(origin) && value !== PARSE_WEBHOOK ? "sample" : origin, callId: null, webhookId })}
        data={contract.functions.map((one) => ({ value: one.name, label: `${shortName(one.name)} · ${localised(one.title)}` }))}
      />
      <Select
        label={t("studio.account")}
        description={own.length ? undefined : t("studio.noAccount")}
        disabled={own.length === 0}
        allowDeselect={false}
        placeholder={t("studio.noAccountShort")}
        value={accountId}
        onChange={setChosen}
        data={own.map((account) => ({ value: account.id, label: account.title }))}
      />
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label={t("studio.origins")}
        value={origin}
        onChange={(value) => choose(value as Origin)}
        data={ORIGINS.map((one) => ({ value: one, label: t(`studio.origin.${one}`) }))}
      />
      {origin === "sample" && (
        <SampleArguments
          contract={contract}
          described={described}
          text={text}
          onText={(value) => setTexts({ ...texts, [name]: value })}
          view={views[name] ?? (isPlain(contract, described.parameters) ? "form" : "json")}
          onView={(view) => setViews({ ...views, [name]: view })}
          onRun={start}
        />
      )}
      {origin === "call" && (
        <RecordedCall moduleId={card.id} name={name} value={callId} onChange={(id) => onTrial({ ...trial, callId: id })} />
      )}
      {origin === "webhook" && (
        <StoredWebhook
          accounts={own}
          accountId={accountId}
          value={webhookId}
          onChange={(id) => onTrial({ ...trial, webhookId: id })}
          onText={(value) => {
            setRaw(value);
            choose("raw");
          }}
        />
      )}
      {origin === "raw" && <RawWebhook text={raw} onText={setRaw} />}
      <Group justify="space-between">
        <Text size="xs" c="dimmed" visibleFrom="sm">
          <Kbd size="xs">Ctrl</Kbd> + <Kbd size="xs">Enter</Kbd>
        </Text>
        <Button ref={runner} ml="auto" leftSection={<IconPlayerPlay size={16} />} loading={run.isPending || known.isPending} disabled={!input} onClick={start}>
          {t("studio.runButton")}
        </Button>
      </Group>
      {run.error && <ProblemPanel problem={run.error} />}
      {run.data && !run.isPending && !asked && <Outcome key={run.submittedAt} run={run.data} />}
      {run.data?.callId && !run.isPending && <Recorded callId={run.data.callId} />}
      <Consent asked={asked} account={own.find((one) => one.id === accountId)?.title ?? ""} onAllow={allow} onDecline={decline} />
    </Stack>
  );
}

/** The way from a run to its recording, where it can be replayed and kept as a test. */
function Recorded({ callId }: { callId: string }) {
  const { t } = useTranslation();
  const { set } = useStudio();
  return (
    <Button variant="subtle" size="compact-sm" w="fit-content" leftSection={<IconHistory size={14} />} onClick={() => set({ tab: "calls", call: callId })}>
      {t("studio.toRecording")}
    </Button>
  );
}

interface Given {
  text: string;
  raw: string;
  callId: string | null;
  webhookId: string | null;
}

function inputOf(origin: Origin, { text, raw, callId, webhookId }: Given): RunInput | null {
  if (origin === "call") return callId ? { callId } : null;
  if (origin === "webhook") return webhookId ? { webhookId } : null;
  if (origin === "raw") {
    const parsed = parseRawRequest(raw);
    return "request" in parsed ? { arguments: { request: parsed.request } } : null;
  }
  const value = asObject(text);
  return value && { arguments: value };
}
