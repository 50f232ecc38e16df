import { Radio, Select, SimpleGrid, Stack, Text, Group } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { segments, type RuleGroup } from "../../api/segments";
import type { SyncSource } from "../../api/syncs";
import { useFormat } from "../../ui/format";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { EVERYBODY } from "../segments/rule";
import type { FormPart } from "./SyncForm";

const TOP = { display: "flex", alignItems: "flex-start" };
const SOURCES: SyncSource[] = ["segment", "clients", "contacts"];
const CLIENTS: RuleGroup = { combinator: "and", rules: [{ field: "company", operator: "notNull" }] };

/** Who is synced: a segment, all customers or all contacts, each with how many they are now. */
export function SourceFields({ draft, put }: FormPart) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(segments.list);
  return (
    <Panel title={t("syncs.source")} description={t("syncs.sourceHint")}>
      <Stack>
        <Radio.Group aria-label={t("syncs.source")} value={draft.source} onChange={(source) => put({ source: source as SyncSource })}>
          <SimpleGrid cols={{ base: 1, md: 3 }}>
            {SOURCES.map((source) => (
              <Radio.Card key={source} value={source} p="md" className="choice" style={TOP} aria-label={t(`syncs.sources.${source}`)} aria-describedby={`source-${source}`}>
                <Group wrap="nowrap" align="flex-start" w="100%">
                  <Radio.Indicator />
                  <Stack gap={2} miw={0} flex={1} id={`source-${source}`}>
                    <Text fw={600}>{t(`syncs.sources.${source}`)}</Text>
                    <Text size="sm" c="dimmed">
                      {t(`syncs.sourcesHint.${source}`)}
                    </Text>
                    {source !== "segment" && <RuleCount rule={source === "clients" ? CLIENTS : EVERYBODY} />}
                  </Stack>
                </Group>
              </Radio.Card>
            ))}
          </SimpleGrid>
        </Radio.Group>
        {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
        {draft.source === "segment" && (
          <Group align="flex-end" gap="md">
            <Select
              flex="1 1 260px"
              maw={520}
              searchable
              required
              label={t("syncs.segment")}
              placeholder={t("syncs.segmentChoose")}
              nothingFoundMessage={t("syncs.noSegments")}
              data={(data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
              value={draft.segmentId}
              onChange={(segmentId) => put({ segmentId })}
            />
            {draft.segmentId && <SegmentCount id={draft.segmentId} />}
          </Group>
        )}
      </Stack>
    </Panel>
  );
}

function SegmentCount({ id }: { id: string }) {
  return <People count={useQuery(segments.count(id)).data?.count} />;
}

function RuleCount({ rule }: { rule: RuleGroup }) {
  return <People count={useQuery(segments.countRule(rule)).data?.count} />;
}

function People({ count }: { count: number | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Text size="sm" fw={600} className="numbers" aria-live="polite" mih={22}>
      {count === undefined ? t("segments.counting") : t("syncs.people", { count, shown: format.number(count) })}
    </Text>
  );
}
