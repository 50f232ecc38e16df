import { Alert, Anchor, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { hasEnded, type Sync, type SyncRun } from "../../api/syncs";
import { Tile } from "../../ui/Field";
import { useFormat } from "../../ui/format";

type Ruled = Pick<Sync, "mode" | "overLimit" | "firstBy">;

/** The plan of a run: the list before and after, whom it adds, takes out, leaves, and holds back. */
export function Plan({ run, sync }: { run: SyncRun; sync: Ruled | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { counts } = run;
  if (counts.before === null || counts.add === null) return null;
  return (
    <Stack>
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }}>
        <Tile label={t("syncs.plan.size")} value={<Change before={format.number(counts.before)} after={format.number(counts.after)} />} />
        <Tile label={t("syncs.plan.add")} value={signed("+", counts.add, format.number)} tone={counts.add > 0 ? "teal" : undefined} />
        <Tile label={t("syncs.plan.remove")} value={signed("−", counts.remove ?? 0, format.number)} tone={(counts.remove ?? 0) > 0 ? "red" : undefined} />
        <Tile label={t("syncs.plan.unchanged")} value={format.number(counts.unchanged)} />
        <Tile label={t("syncs.plan.held")} value={format.number(counts.heldInAll)} />
      </SimpleGrid>
      <Limit run={run} sync={sync} />
    </Stack>
  );
}

const signed = (sign: string, number: number, format: (number: number) => string) => (number > 0 ? sign : "") + format(number);

function Change({ before, after }: { before: string; after: string }) {
  return (
    <Group gap={6} wrap="nowrap">
      {before}
      <IconArrowRight size={18} aria-label="→" role="img" />
      {after}
    </Group>
  );
}

/** What the service's plan has room for: by how many a run passes it, and what becomes of them. */
function Limit({ run, sync }: { run: SyncRun; sync: Ruled | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { limit, used, overLimit, held } = run.counts;
  if (limit === null) return <Text size="sm" c="dimmed">{t("syncs.limit.unknown")}</Text>;
  const taken = used ?? run.counts.before ?? 0;
  const kept = held.find(({ verdict }) => verdict === "plan_limit")?.count ?? overLimit;
  const facts = {
    limit: format.number(limit),
    used: format.number(taken),
    free: format.number(Math.max(0, limit - taken + (run.counts.remove ?? 0))),
    need: format.number((run.counts.add ?? 0) + kept),
  };
  const counted = run.counts.counted && run.counts.counted !== "account" && <Text size="sm">{t(`syncs.limit.counted.${run.counts.counted}`)}</Text>;
  if (overLimit === 0) {
    return (
      <div>
        <Text size="sm">{t("syncs.limit.fits", facts)}</Text>
        {counted}
      </div>
    );
  }
  return (
    <Alert color="orange" title={t("syncs.limit.over", { count: overLimit, shown: format.number(overLimit) })}>
      <Text size="sm">{t("syncs.limit.facts", facts)}</Text>
      {counted}
      {sync && <Text size="sm">{t(`syncs.limit.${sync.overLimit}`, { order: t(`syncs.orders.${sync.firstBy}`), kept: format.number(kept) })}</Text>}
    </Alert>
  );
}

/** What came of a run that has ended. */
export function Report({ run }: { run: SyncRun }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { added, removed, rejected, late, differs } = run.counts;
  if (!hasEnded(run)) return null;
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }}>
      <Tile label={t("syncs.report.added")} value={format.number(added)} />
      <Tile label={t("syncs.report.removed")} value={format.number(removed)} />
      <Tile label={t("syncs.report.rejected")} value={format.number(rejected)} tone={rejected > 0 ? "red" : undefined} />
      <Tile label={t("syncs.report.late")} value={format.number(late)} note={late > 0 ? t("syncs.report.lateHint") : undefined} />
      {run.state === "done" && <Tile label={t("syncs.report.differs")} value={format.number(differs)} note={t(differs ? "syncs.report.differsHint" : "syncs.report.same")} />}
    </SimpleGrid>
  );
}

/** Who is not transferred and why, by how many. */
export function HeldBack({ run, linked }: { run: SyncRun; linked?: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { held } = run.counts;
  if (held.length === 0) return null;
  return (
    <Stack gap={4}>
      <Text size="sm" fw={600}>
        {t("syncs.heldWhy")}
      </Text>
      {held.map(({ verdict, title, count }) => (
        <Group key={verdict} justify="space-between" wrap="nowrap" maw={520} gap="md">
          <Text size="sm">{title}</Text>
          <Text size="sm" fw={600} className="numbers">
            {format.number(count)}
          </Text>
        </Group>
      ))}
      {linked && (
        <Anchor size="sm" w="fit-content" component={Link} to={`/syncs/${run.syncId}/run?run=${run.id}`}>
          {t("syncs.heldWho")}
        </Anchor>
      )}
    </Stack>
  );
}
