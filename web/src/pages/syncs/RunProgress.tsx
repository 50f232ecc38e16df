import { Progress, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { moves, type SyncRun } from "../../api/syncs";
import { useFormat } from "../../ui/format";

/** How far a run is: how much of the list was read, then how many rows were transferred. */
export function RunProgress({ run }: { run: SyncRun }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!moves(run)) return null;
  const applies = run.state === "applying" && run.toDo > 0;
  const words = applies
    ? t("syncs.transferred", { done: format.number(run.done), total: format.number(run.toDo) })
    : t(`syncs.doing.${run.state}`, { read: format.number(run.counts.read) });
  return (
    <Stack gap={4} w="100%">
      <Progress value={applies ? Math.min(100, (run.done / run.toDo) * 100) : 100} animated striped={!applies} aria-label={t(`status.syncRun.${run.state}`)} />
      <Text size="xs" c="dimmed" className="numbers" aria-live={applies ? "off" : "polite"}>
        {words}
      </Text>
      {run.nextTryAt && (
        <Text size="xs" c="dimmed">
          {t("syncs.againAt", { at: format.time(run.nextTryAt), attempt: run.attempts })}
        </Text>
      )}
    </Stack>
  );
}
