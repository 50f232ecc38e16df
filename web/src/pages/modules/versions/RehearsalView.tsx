import { Accordion, Badge, Group, Progress, SegmentedControl, SimpleGrid, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Rehearsal, RehearsalRow, Verdict } from "../../../api/modules";
import { Differences } from "../../../trace/Differences";
import { Tile } from "../../../ui/Field";
import { useFormat } from "../../../ui/format";
import { shortName } from "../run/inputs";

const VERDICTS: Verdict[] = ["equal", "different", "failed", "notComparable"];
const COLOURS: Record<Verdict, string> = { equal: "teal", different: "yellow", failed: "red", notComparable: "gray" };

const TOLD = {
  waiting: "studio.rehearsalWaiting",
  running: "studio.rehearsing",
  interrupted: "studio.rehearsalInterrupted",
} as const;

/** A version tried on the live one's calls: how it goes, how many came out the same, and each that did not. */
export function RehearsalView({ rehearsal }: { rehearsal: Rehearsal }) {
  const { t } = useTranslation();
  const [verdict, setVerdict] = useState<Verdict | "all">("all");
  const { state, total, done } = rehearsal;
  if (state === "done" && total === 0) return <Text size="sm">{t("studio.nothingToRehearse")}</Text>;
  const rows = rehearsal.rows.filter((row) => (verdict === "all" ? row.verdict !== "equal" : row.verdict === verdict));
  return (
    <Stack gap="sm">
      {state !== "done" && (
        <Stack gap={4}>
          <Text size="sm" className="numbers" aria-live="polite">
            {t(TOLD[state], { done, total })}
          </Text>
          <Progress value={total > 0 ? (done / total) * 100 : 0} animated={state !== "interrupted"} aria-label={t("studio.rehearsal")} />
        </Stack>
      )}
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="xs">
        {VERDICTS.map((one) => (
          <Tile key={one} label={t(`studio.verdict.${one}`)} value={rehearsal[one]} />
        ))}
      </SimpleGrid>
      <SegmentedControl
        size="xs"
        style={{ flexWrap: "wrap" }}
        aria-label={t("studio.rehearsalFilter")}
        value={verdict}
        onChange={(value) => setVerdict(value as Verdict | "all")}
        data={[{ value: "all", label: t("studio.notEqual") }, ...VERDICTS.map((one) => ({ value: one, label: t(`studio.verdict.${one}`) }))]}
      />
      {rows.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t(verdict === "all" && state === "done" ? "studio.allEqual" : "studio.noRehearsalRows")}
        </Text>
      ) : (
        <Accordion variant="contained" chevronPosition="left">
          {rows.map((row) => (
            <Row key={row.callId ?? `w${row.webhookId}`} row={row} />
          ))}
        </Accordion>
      )}
    </Stack>
  );
}

function Row({ row }: { row: RehearsalRow }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Accordion.Item value={row.callId ?? `w${row.webhookId}`}>
      <Accordion.Control>
        <Group gap="xs" wrap="nowrap">
          <Badge color={COLOURS[row.verdict]}>{t(`studio.verdict.${row.verdict}`)}</Badge>
          <Text size="sm" ff="monospace" truncate flex={1}>
            {shortName(row.function)}
          </Text>
          <Text size="xs" c="dimmed" className="numbers" visibleFrom="sm">
            {format.exact(row.at)}
          </Text>
        </Group>
      </Accordion.Control>
      <Accordion.Panel>
        <Stack gap="xs">
          {row.actionsLost + row.actionsChanged + row.actionsAdded > 0 && (
            <Text size="sm" fw={550}>
              {t("studio.rowActions", { lost: row.actionsLost, changed: row.actionsChanged, added: row.actionsAdded })}
            </Text>
          )}
          {row.reason && <Text size="sm">{row.reason}</Text>}
          {row.differences.length > 0 && <Differences differences={row.differences} />}
          {!row.reason && row.differences.length === 0 && (
            <Text size="sm" c="dimmed">
              {t("studio.noChanges")}
            </Text>
          )}
        </Stack>
      </Accordion.Panel>
    </Accordion.Item>
  );
}
