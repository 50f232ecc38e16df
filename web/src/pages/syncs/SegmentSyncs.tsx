import { Button, Group, Stack, Text } from "@mantine/core";
import { IconPlus, IconRefresh } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useRight } from "../../api/session";
import { stateOf, syncs, type Sync } from "../../api/syncs";
import { useFormat } from "../../ui/format";
import { tell, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { StatusBadge } from "../../ui/StatusBadge";
import { usePause } from "./words";

const SHOWN = 50;

/** The lists that a segment is synced to; recomputed now where that can't wait for the schedule. */
export function SegmentSyncs({ segmentId }: { segmentId: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const writes = useRight("syncs.write");
  const { data } = useQuery(syncs.list({ segmentId, offset: 0, limit: SHOWN }));
  const recomputing = useMutation({
    mutationFn: () => syncs.recomputeSegment(segmentId),
    onSuccess: ({ runs }) => tell(t("syncs.recomputed", { count: runs })),
    onError: tellProblem,
    onSettled: () => client.invalidateQueries({ queryKey: ["syncs"] }),
  });
  if (!data) return null;
  const active = data.items.some(({ state }) => state === "on");
  const actions = writes && (
    <>
      {active && (
        <Button size="xs" leftSection={<IconRefresh size={14} />} loading={recomputing.isPending} onClick={() => recomputing.mutate()}>
          {t("syncs.recompute")}
        </Button>
      )}
      <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} component={Link} to={`/syncs/new?segmentId=${segmentId}`}>
        {t("syncs.add")}
      </Button>
    </>
  );
  return (
    <Panel title={t("syncs.title")} description={t(data.items.length > 0 ? "syncs.ofSegment" : "syncs.ofSegmentNone")} actions={actions}>
      {data.items.length > 0 && (
        <Stack gap="sm">
          {data.items.map((sync) => (
            <Line key={sync.id} sync={sync} />
          ))}
        </Stack>
      )}
    </Panel>
  );
}

function Line({ sync }: { sync: Sync }) {
  const { t } = useTranslation();
  const format = useFormat();
  const pause = usePause();
  const facts = [sync.account.title, t(`syncs.mode.${sync.mode}`), pause(sync.everyMinutes), sync.nextAt && t("syncs.nextAt", { at: format.moment(sync.nextAt) })];
  return (
    <Group justify="space-between" gap="xs">
      <Stack gap={0} miw={0}>
        <Link to="/syncs/$id" params={{ id: sync.id } as never} className="row-link">
          {sync.listTitle}
        </Link>
        <Text size="xs" c="dimmed">
          {facts.filter(Boolean).join(" · ")}
        </Text>
      </Stack>
      <Group gap={6}>
        <StatusBadge kind="sync" state={sync.state} />
        {sync.run && <StatusBadge kind="syncRun" state={stateOf(sync.run)} />}
      </Group>
    </Group>
  );
}
