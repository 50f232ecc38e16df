import { Alert, Anchor, Badge, Button, Group, Stack, Switch, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconArrowLeft, IconFlask, IconPlayerPlay, IconRepeat } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { modules, type ModuleCard, type RecordingCard } from "../../../api/modules";
import { useRight } from "../../../api/session";
import { errorOfRecord } from "../../../trace/error-of-record";
import { Outcome } from "../../../trace/Outcome";
import { useFormat } from "../../../ui/format";
import { RowsLoading } from "../../../ui/Loading";
import { ProblemPanel } from "../../../ui/ProblemPanel";
import { TraceId } from "../../../ui/TraceId";
import { shortName } from "../run/inputs";
import type { Trial } from "../run/RunPanel";
import { ReplayView } from "./ReplayView";
import { SaveAsTest } from "./SaveAsTest";

interface Props {
  card: ModuleCard;
  callId: string;
  source: string;
  onBack: () => void;
  onTry: (trial: Trial) => void;
}

/** One recorded call whole: what went in, what came out, what it asked for; and the same again with the draft. */
export function CallView({ card, callId, source, onBack, onTry }: Props) {
  const { t } = useTranslation();
  const [revealed, setRevealed] = useState(false);
  const { data, error } = useQuery(modules.call(card.id, callId, revealed));
  return (
    <Stack gap="sm">
      <Anchor component="button" size="sm" w="fit-content" onClick={onBack}>
        <Group gap={4} wrap="nowrap" component="span">
          <IconArrowLeft size={14} aria-hidden />
          {t("studio.allCalls")}
        </Group>
      </Anchor>
      {error && <ProblemPanel problem={error} />}
      {!data && !error && <RowsLoading rows={5} />}
      {data && (
        <>
          <Head call={data} />
          <Actions card={card} call={data} source={source} onTry={onTry} />
          <Reveal revealed={revealed} onChange={setRevealed} />
          {data.argumentsLeftOut && <Alert color="gray">{t("studio.argumentsLeftOut")}</Alert>}
          <Outcome key={`${callId} ${revealed}`} run={finished(data)} given={data.arguments} />
        </>
      )}
    </Stack>
  );
}

function finished(call: RecordingCard) {
  const error = call.kind && call.error ? errorOfRecord(call.kind, call.error) : null;
  return { ...call, ok: call.kind === null, error };
}

function Head({ call }: { call: RecordingCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Stack gap={2}>
      <Text fw={600} ff="monospace" style={{ overflowWrap: "anywhere" }}>
        {shortName(call.function)}
      </Text>
      <Group gap="xs">
        <Text size="xs" c="dimmed" className="numbers">
          {format.exact(call.startedAt)} · {t(`studio.lane.${call.lane}`)}
        </Text>
        {call.webhookId && (
          <Anchor component={Link} to={`/webhooks/${call.webhookId}`} size="xs">
            {t("studio.toWebhook")}
          </Anchor>
        )}
      </Group>
      {call.traceId && <TraceId id={call.traceId} />}
    </Stack>
  );
}

function Reveal({ revealed, onChange }: { revealed: boolean; onChange: (revealed: boolean) => void }) {
  const { t } = useTranslation();
  const writes = useRight("modules.write");
  if (!writes) return null;
  return (
    <Switch
      size="sm"
      label={t("studio.reveal")}
      description={t("studio.revealHint")}
      checked={revealed}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

function Actions({ card, call, source, onTry }: { card: ModuleCard; call: RecordingCard; source: string; onTry: (trial: Trial) => void }) {
  const { t } = useTranslation();
  const writes = useRight("modules.write");
  const [saving, save] = useDisclosure();
  const replay = useMutation({ mutationFn: () => modules.replay(card.id, call.id, source) });
  if (!writes) return null;
  if (!call.replayable) return <Badge color="gray">{t("studio.notReplayable")}</Badge>;
  return (
    <>
      <Group gap="xs">
        <Button size="compact-sm" leftSection={<IconRepeat size={14} />} loading={replay.isPending} onClick={() => replay.mutate()}>
          {t("studio.replay")}
        </Button>
        <Button size="compact-sm" variant="default" leftSection={<IconFlask size={14} />} onClick={save.open}>
          {t("studio.saveAsTest")}
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlayerPlay size={14} />}
          onClick={() => onTry({ name: call.function, origin: "call", callId: call.id, webhookId: null })}
        >
          {t("studio.runWithThese")}
        </Button>
      </Group>
      {replay.error && <ProblemPanel problem={replay.error} />}
      {replay.data && !replay.isPending && <ReplayView key={replay.submittedAt} replay={replay.data} />}
      <SaveAsTest opened={saving} onClose={save.close} moduleId={card.id} call={call} />
    </>
  );
}
