import { Alert, Anchor, Button, Group, Menu, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconChevronDown, IconPencil, IconPlayerPause, IconPlayerPlay, IconPlayerStop, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Connection } from "../../api/events";
import { useRight } from "../../api/session";
import { hasEnded, moves, syncs, type Sync } from "../../api/syncs";
import { localised } from "../../i18n";
import { Field } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { LiveBadge } from "../../ui/LiveBadge";
import { PageLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";
import { StatusBadge } from "../../ui/StatusBadge";
import { ConfirmButton } from "./Confirm";
import { DraftPlan } from "./DraftPlan";
import { HeldBack, Plan } from "./Figures";
import { RunProgress } from "./RunProgress";
import { Runs } from "./Runs";
import { useActs } from "./use-acts";
import { useLiveRun } from "./use-live-run";
import { WithoutMail } from "./WithoutMail";
import { usePause, useSource } from "./words";

const route = getRouteApi("/inside/syncs/$id");

export default function SyncPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(syncs.card(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  return data ? <Card sync={data} /> : <PageLoading />;
}

function Card({ sync }: { sync: Sync }) {
  const { t } = useTranslation();
  const source = useSource();
  const connection = useLiveRun(sync.run);
  const writes = useRight("syncs.write");
  const draft = sync.state === "draft";
  return (
    <>
      <PageHeader
        title={sync.listTitle}
        description={`${source(sync)} → ${sync.account.title}`}
        back={{ to: "/syncs", label: t("syncs.title") }}
        badges={<StatusBadge kind="sync" state={sync.state} size="lg" />}
        actions={!draft && sync.can.length > 0 && <Actions sync={sync} />}
      />
      <Stack>
        {sync.can.length === 0 && writes && <Text size="sm">{t("syncs.notYours")}</Text>}
        <WithoutMail of={[sync]} />
        {draft ? <DraftPlan sync={sync} connection={connection} /> : <Now sync={sync} connection={connection} />}
        <Settings sync={sync} />
        {!draft && <Runs syncId={sync.id} />}
      </Stack>
    </>
  );
}

function Actions({ sync }: { sync: Sync }) {
  const { t } = useTranslation();
  const writes = useRight("syncs.write");
  const { start, busy } = useActs(sync);
  if (!writes) return null;
  const on = sync.state === "on";
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={16} />}>
            {t("campaigns.more")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={16} />} component={Link} to={`/syncs/${sync.id}/edit`}>
            {t("syncs.edit")}
          </Menu.Item>
          {on && !sync.can.includes("run") && (
            <Menu.Item leftSection={<IconRefresh size={16} />} onClick={() => start("recompute")}>
              {t("syncs.runAfter")}
            </Menu.Item>
          )}
          <Menu.Divider />
          <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => start("delete")}>
            {t("common.delete")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Button
        variant="default"
        leftSection={on ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />}
        loading={busy === "on" || busy === "off"}
        onClick={() => start(on ? "off" : "on")}
      >
        {t(on ? "syncs.pause" : "syncs.resume")}
      </Button>
      {sync.can.includes("run") && (
        <Button leftSection={<IconRefresh size={16} />} loading={busy === "run"} onClick={() => start("run")}>
          {t("syncs.runNow")}
        </Button>
      )}
    </>
  );
}

/** The run that goes on or waits for a person, or what the last one failed of. */
function Now({ sync, connection }: { sync: Sync; connection: Connection }) {
  const { t } = useTranslation();
  const { run } = sync;
  if (!run) return null;
  if (run.state === "waiting") return <Waiting sync={sync} />;
  if (!hasEnded(run)) {
    return (
      <Panel title={t("syncs.runNumber", { number: run.number })} actions={<LiveBadge connection={connection} moves={moves(run)} />}>
        <Stack>
          <RunProgress run={run} />
          {run.reason && <Text size="sm">{run.reason.text}</Text>}
          <Plan run={run} sync={sync} />
          <Group gap="md">
            <StopButton sync={sync} />
            <Anchor size="sm" component={Link} to={`/syncs/${sync.id}/run?run=${run.id}`}>
              {t("syncs.openRun")}
            </Anchor>
          </Group>
        </Stack>
      </Panel>
    );
  }
  if (run.state !== "failed" || !run.reason) return null;
  return (
    <Alert color="red" role="alert" icon={<IconAlertTriangle size={18} />} title={t("syncs.lastFailed")}>
      {run.reason.text}
    </Alert>
  );
}

/** A run that the guard stopped: what it would do, and the two ways to go on. */
export function Waiting({ sync }: { sync: Sync }) {
  const { t } = useTranslation();
  const writes = useRight("syncs.write");
  const { start, busy } = useActs(sync);
  const { run } = sync;
  if (!run) return null;
  return (
    <Panel title={t("syncs.waits")} bd="2px solid var(--mantine-color-orange-6)">
      <Stack>
        {run.reason && (
          <Alert color="orange" icon={<IconAlertTriangle size={18} />} role="alert">
            {run.reason.text}
          </Alert>
        )}
        <Plan run={run} sync={sync} />
        <HeldBack run={run} linked />
        {writes && sync.can.includes("confirm") && (
          <Group gap="xs">
            <ConfirmButton sync={sync} label={t("syncs.confirm")} busy={busy === "confirm"} start={start} />
            <StopButton sync={sync} label={t("syncs.doNotRun")} />
          </Group>
        )}
      </Stack>
    </Panel>
  );
}

export function StopButton({ sync, label }: { sync: Sync; label?: string }) {
  const { t } = useTranslation();
  const writes = useRight("syncs.write");
  const { start, busy } = useActs(sync);
  if (!writes || !sync.can.includes("stop")) return null;
  return (
    <Button variant="default" leftSection={<IconPlayerStop size={16} />} loading={busy === "stop"} onClick={() => start("stop")}>
      {label ?? t("syncs.stop")}
    </Button>
  );
}

function Settings({ sync }: { sync: Sync }) {
  const { t } = useTranslation();
  const format = useFormat();
  const source = useSource();
  const pause = usePause();
  const adds = sync.mode !== "subtract";
  const over = sync.overLimit === "first" ? t("syncs.over.firstBy", { order: t(`syncs.orders.${sync.firstBy}`) }) : t("syncs.over.nobody");
  return (
    <Panel title={t("syncs.settings")}>
      <Field label={t("syncs.source")}>
        {sync.segmentId ? (
          <Anchor size="sm" component={Link} to={`/segments/${sync.segmentId}`}>
            {source(sync)}
          </Anchor>
        ) : (
          source(sync)
        )}
      </Field>
      <Field label={t("syncs.account")}>{`${sync.account.title} · ${localised(sync.account.moduleTitle)}`}</Field>
      <Field label={t("syncs.list")}>
        {sync.listTitle}
        {sync.listExternalId === null && ` · ${t("syncs.listComes")}`}
      </Field>
      <Field label={t("syncs.modeTitle")}>{t(`syncs.mode.${sync.mode}`)}</Field>
      {adds && <Field label={t("syncs.consent")}>{sync.categoryTitle ?? t("syncs.consentNone")}</Field>}
      <Field label={t("syncs.schedule")}>{pause(sync.everyMinutes)}</Field>
      {sync.state === "on" && <Field label={t("syncs.next")}>{format.dateTime(sync.nextAt)}</Field>}
      {sync.mode !== "merge" && <Field label={t("syncs.guard")}>{t("syncs.guardValue", { percent: sync.guardPercent })}</Field>}
      {adds && <Field label={t("syncs.overLimit")}>{over}</Field>}
    </Panel>
  );
}
