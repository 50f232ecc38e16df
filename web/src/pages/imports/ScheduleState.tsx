import { Badge, Group, Progress, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { moves, type Schedule, type ScheduleRun } from "../../api/schedules";
import { useFormat } from "../../ui/format";
import { ImportState } from "./Imports";

/** How often a schedule is due, in words. */
export function useWhen() {
  const { t } = useTranslation();
  const format = useFormat();
  return (one: Pick<Schedule, "everyHours" | "atTime">) =>
    one.everyHours ? t("schedules.everyHours", { count: one.everyHours }) : t("schedules.everyDay", { time: format.clock(one.atTime) });
}

/** Whether a schedule runs, rests, fails or waits for its columns. */
export function ScheduleBadge({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation();
  if (!schedule.setUp) return <Badge color="blue">{t("schedules.is.new")}</Badge>;
  if (!schedule.enabled) return <Badge color="gray">{t("schedules.is.paused")}</Badge>;
  if (schedule.failures > 0) return <Badge color="red">{t("schedules.is.failing")}</Badge>;
  return <Badge color="teal">{t("schedules.is.on")}</Badge>;
}

const COLOURS: Record<ScheduleRun["state"], string> = {
  fetching: "herald", fetched: "gray", unchanged: "gray", failed: "red", cancelled: "gray",
};

/** What became of a run: of fetching the file, then of its rows. */
export function RunState({ run }: { run: ScheduleRun }) {
  const { t } = useTranslation();
  if (run.state === "fetched" && run.importState) return <ImportState state={run.importState} />;
  if (run.state === "fetching" && run.againAt) return <Badge color="yellow">{t("schedules.run.again")}</Badge>;
  return <Badge color={COLOURS[run.state]}>{t(`schedules.run.${run.state}`)}</Badge>;
}

/** How far a run is: a file whose size nobody told yet, then its rows. */
export function RunProgress({ run }: { run: ScheduleRun }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!moves(run)) return null;
  const rows = run.importState === "running" && run.totalRows;
  return (
    <Stack gap={4}>
      <Progress value={rows ? Math.min(100, (run.doneRows / rows) * 100) : 100} animated striped={!rows} aria-label={t("imports.progress")} />
      <Text size="sm" c="dimmed" className="numbers" aria-live={rows ? "off" : "polite"}>
        {rows ? t("imports.rowsDone", { done: format.number(run.doneRows), total: format.number(rows) }) : t("schedules.fetching")}
      </Text>
    </Stack>
  );
}

/** The rows of a run in one line. */
export function RunRows({ run }: { run: ScheduleRun }) {
  const { t } = useTranslation();
  const format = useFormat();
  const parts = (["created", "updated", "rejected"] as const).filter((name) => run[name] > 0);
  if (run.state === "unchanged") return <span>{t("schedules.sameFile")}</span>;
  if (run.state !== "fetched" || run.importState === "uploaded" || !run.importState) return null;
  return (
    <Group gap="md" className="numbers">
      {parts.length === 0 && <span>{t("schedules.nothingNew")}</span>}
      {parts.map((name) => (
        <span key={name}>
          {t(`imports.${name}`)}: {format.number(run[name])}
        </span>
      ))}
    </Group>
  );
}
