import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconDeviceFloppy, IconPencil, IconRefresh, IconTrash } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Connection } from "../../api/events";
import { useRight } from "../../api/session";
import { hasEnded, moves, type Sync } from "../../api/syncs";
import { LiveBadge } from "../../ui/LiveBadge";
import { Panel } from "../../ui/Panel";
import { ConfirmButton, Removals } from "./Confirm";
import { HeldBack, Plan } from "./Figures";
import { RunProgress } from "./RunProgress";
import { useActs } from "./use-acts";

/** The plan of a sync that nobody saved yet: to look at, then to save and run, to change or to throw away. */
export function DraftPlan({ sync, connection }: { sync: Sync; connection: Connection }) {
  const { t } = useTranslation();
  const { run } = sync;
  return (
    <Panel title={t("syncs.plan.title")} description={t("syncs.plan.text")} actions={<LiveBadge connection={connection} moves={moves(run)} />}>
      <Stack>
        {run && <RunProgress run={run} />}
        {run && hasEnded(run) && run.reason && (
          <Alert color="red" role="alert" title={t("syncs.plan.none")}>
            {run.reason.text}
          </Alert>
        )}
        {run && <Plan run={run} sync={sync} />}
        {run && <HeldBack run={run} linked />}
        <Buttons sync={sync} />
      </Stack>
    </Panel>
  );
}

function Buttons({ sync }: { sync: Sync }) {
  const { t } = useTranslation();
  const writes = useRight("syncs.write");
  const { start, busy } = useActs(sync);
  const { run } = sync;
  if (!writes || sync.can.length === 0) return null;
  const waits = run?.state === "waiting";
  return (
    <Stack gap="xs">
      {waits && <Removals sync={sync} />}
      <Group gap="xs">
        {waits && <ConfirmButton sync={sync} label={t("syncs.saveAndRun")} busy={busy === "confirm"} start={start} />}
        {sync.can.includes("run") && (
          <Button leftSection={<IconRefresh size={16} />} loading={busy === "run"} onClick={() => start("run")}>
            {t("syncs.planAgain")}
          </Button>
        )}
        <Button variant="default" leftSection={<IconDeviceFloppy size={16} />} loading={busy === "on"} onClick={() => start("on")}>
          {t("common.save")}
        </Button>
        <Button variant="default" leftSection={<IconPencil size={16} />} component={Link} to={`/syncs/${sync.id}/edit`}>
          {t("syncs.edit")}
        </Button>
        <Button variant="subtle" color="red" leftSection={<IconTrash size={16} />} loading={busy === "delete"} onClick={() => start("delete")}>
          {t("syncs.discard")}
        </Button>
      </Group>
      <Text size="xs" c="dimmed">
        {t(sync.everyMinutes === null ? "syncs.saveHintByHand" : "syncs.saveHint")}
      </Text>
    </Stack>
  );
}
