import { ActionIcon, Anchor, Box, Button, Group, MultiSelect, Paper, Select, SimpleGrid, Skeleton, Stack, Text, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDownload, IconMailOpened, IconUsersPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { campaigns as campaignsApi } from "../../api/campaigns";
import { GROUPS, reports, type Engagement as Report, type Group as GroupName, type Question } from "../../api/reports";
import { segments, type Segment } from "../../api/segments";
import { useRight } from "../../api/session";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState, type ListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows, type Column } from "../../ui/Rows";
import classes from "./Engagement.module.css";
import { MakeSegment } from "./MakeSegment";

const DAYS = ["30", "90", "180", "365"];
const DAY_MS = 86_400_000;
const MOST_CHOSEN = 100;
type Counted = Report["campaigns"][number];

/** The beginning of tomorrow here: the report of a day stays the same while the day lasts. */
function tomorrow(): number {
  const at = new Date();
  at.setHours(24, 0, 0, 0);
  return at.getTime();
}

function useQuestion(list: ListState): Question {
  const [end] = useState(tomorrow);
  const days = Number(DAYS.includes(list.state ?? "") ? list.state : DAYS[0]);
  return {
    from: new Date(end - days * DAY_MS).toISOString(),
    to: new Date(end).toISOString(),
    segmentId: list.segmentId,
    campaignIds: list.campaignIds,
  };
}

export default function Engagement() {
  const { t } = useTranslation();
  const list = useListState();
  const question = useQuestion(list);
  const { data, error, refetch, isPlaceholderData } = useQuery(reports.engagement(question));
  return (
    <>
      <PageHeader title={t("reports.title")} description={t("reports.description")} />
      <Stack>
        <Filters list={list} days={list.state ?? DAYS[0] ?? ""} />
        {error && <ProblemPanel problem={error} retry={() => void refetch()} />}
        {!data && !error && <Skeleton h={150} />}
        {data && <Groups report={data} question={question} faded={isPlaceholderData} />}
        <BySegment question={question} />
        {data && <Campaigns report={data} />}
      </Stack>
    </>
  );
}

function Filters({ list, days }: { list: ListState; days: string }) {
  const { t } = useTranslation();
  const { data: known } = useQuery(segments.list);
  const { data: sent } = useQuery(campaignsApi.list({ state: "sending,sent", offset: 0, limit: MOST_CHOSEN }));
  return (
    <Group gap="sm" align="flex-end">
      <Select
        w={{ base: "100%", xs: 140 }}
        label={t("reports.period")}
        allowDeselect={false}
        value={days}
        onChange={(value) => list.set({ state: value ?? "" })}
        data={DAYS.map((value) => ({ value, label: t(`reports.days.${value}`) }))}
      />
      <Select
        w={{ base: "100%", xs: 260 }}
        label={t("reports.segment")}
        clearable
        searchable
        placeholder={t("reports.everybody")}
        value={list.segmentId ?? null}
        onChange={(value) => list.set({ segmentId: value ?? "" })}
        data={(known?.items ?? []).map((segment) => ({ value: segment.id, label: segment.name }))}
      />
      <MultiSelect
        w={{ base: "100%", sm: 420 }}
        label={t("reports.campaigns")}
        clearable
        searchable
        placeholder={list.campaignIds ? "" : t("reports.anyCampaign")}
        value={list.campaignIds?.split(",") ?? []}
        onChange={(values) => list.set({ campaignIds: values.join(",") })}
        maxValues={MOST_CHOSEN}
        data={(sent?.items ?? []).map((campaign) => ({ value: campaign.id, label: campaign.name }))}
      />
    </Group>
  );
}

function Groups({ report, question, faded }: { report: Report; question: Question; faded: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const exports = useRight("contacts.export");
  const makes = useRight("segments.write");
  const [opened, dialog] = useDisclosure();
  const [chosen, choose] = useState<GroupName>("sleeping");
  return (
    <Box opacity={faded ? 0.5 : 1} inert={faded}>
      <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} spacing="sm">
        {report.groups.map(({ group, count }) => (
          <Paper key={group} p="md" component="section" aria-label={t(`reports.group.${group}`)}>
            <Stack gap={4} h="100%">
              <Group gap={8}>
                <span className={classes.dot} data-group={group} aria-hidden />
                <Text size="sm" fw={550}>
                  {t(`reports.group.${group}`)}
                </Text>
              </Group>
              <Text fz={26} fw={650} lh={1.2} className="numbers">
                {format.number(count)}
              </Text>
              {report.audience > 0 && (
                <Text size="xs" c="dimmed" className="numbers">
                  {t("reports.ofAudience", { share: format.share(count, report.audience), count: format.number(report.audience) })}
                </Text>
              )}
              <Text size="sm" c="dimmed" flex={1}>
                {t(`reports.groupHint.${group}`)}
              </Text>
              {count > 0 && (makes || exports) && (
                <Group gap="xs" mt="xs" wrap="nowrap">
                  {makes && (
                    <Button
                      size="xs"
                      variant="light"
                      leftSection={<IconUsersPlus size={15} />}
                      aria-label={t("reports.makeSegmentOf", { group: t(`reports.group.${group}`) })}
                      onClick={() => {
                        choose(group);
                        dialog.open();
                      }}
                    >
                      {t("reports.makeSegment")}
                    </Button>
                  )}
                  {exports && <Download question={question} group={group} />}
                </Group>
              )}
            </Stack>
          </Paper>
        ))}
      </SimpleGrid>
      <MakeSegment key={`${chosen}${opened}`} question={question} group={chosen} opened={opened} onClose={dialog.close} />
    </Box>
  );
}

function Download({ question, group }: { question: Question; group: GroupName }) {
  const { t } = useTranslation();
  const label = t("reports.exportOf", { group: t(`reports.group.${group}`) });
  return (
    <Tooltip label={label}>
      <ActionIcon component="a" size={30} variant="default" aria-label={label} href={reports.groupFile(question, group)} download>
        <IconDownload size={15} />
      </ActionIcon>
    </Tooltip>
  );
}

/** The same question asked within each segment, one after the other as they are seen. */
function BySegment({ question }: { question: Question }) {
  const { t } = useTranslation();
  const { data } = useQuery(segments.list);
  const columns: Column<Segment>[] = [
    { key: "name", title: t("reports.segment"), width: "30%", render: (row) => <Text size="sm">{row.name}</Text> },
    { key: "share", title: t("reports.title"), render: (row) => <Shares question={{ ...question, segmentId: row.id }} /> },
  ];
  if (data?.items.length === 0) return null;
  return (
    <Panel title={t("reports.bySegment")} description={t("reports.bySegmentHint")}>
      <Group gap="md" mb="md">
        {GROUPS.map((group) => (
          <Group key={group} gap={6}>
            <span className={classes.dot} data-group={group} aria-hidden />
            <Text size="xs">{t(`reports.group.${group}`)}</Text>
          </Group>
        ))}
      </Group>
      {data ? <Rows<Segment> label={t("reports.bySegment")} rows={data.items} columns={columns} /> : <Skeleton h={120} />}
    </Panel>
  );
}

function Shares({ question }: { question: Question }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = useQuery(reports.engagement(question));
  if (!data) return <Skeleton h={18} />;
  const words = data.groups.map(({ group, count }) => `${t(`reports.group.${group}`)}: ${format.number(count)}`).join(", ");
  return (
    <Group gap="sm" wrap="nowrap">
      <div className={classes.bar} role="img" aria-label={words} title={words}>
        {data.groups.map(({ group, count }) => (
          <span key={group} data-group={group} style={{ flexGrow: count }} />
        ))}
      </div>
      <Text size="sm" fw={550} className="numbers" w={70} ta="end">
        {format.number(data.audience)}
      </Text>
    </Group>
  );
}

function Campaigns({ report }: { report: Report }) {
  const { t } = useTranslation();
  const format = useFormat();
  const share = (count: number, whole: number) =>
    whole > 0 ? t("reports.shareOf", { count: format.number(count), share: format.share(count, whole) }) : format.number(count);
  const columns: Column<Counted>[] = [
    {
      key: "name",
      title: t("common.name"),
      width: "34%",
      render: (row) => (
        <Anchor component={Link} to={`/campaigns/${row.id}`} className="row-link" size="sm">
          {row.name}
        </Anchor>
      ),
    },
    { key: "launched", title: t("reports.launched"), render: (row) => format.date(row.launchedAt) },
    { key: "delivered", title: t("campaigns.delivered"), align: "end", render: (row) => format.number(row.delivered) },
    { key: "opened", title: t("campaigns.opened"), align: "end", render: (row) => share(row.opened, row.delivered) },
    { key: "clicked", title: t("campaigns.clicked"), align: "end", render: (row) => share(row.clicked, row.delivered) },
    { key: "unsubscribed", title: t("campaigns.unsubscribed"), align: "end", hide: "phone", render: (row) => format.number(row.unsubscribed) },
  ];
  const counted = report.campaigns.filter((campaign) => campaign.delivered > 0);
  return (
    <Panel title={t("reports.counted")}>
      {counted.length === 0 ? (
        <EmptyState compact icon={IconMailOpened} title={t("reports.noCampaigns")} text={t("reports.noCampaignsHint")} />
      ) : (
        <Rows<Counted> label={t("reports.counted")} rows={counted} columns={columns} />
      )}
    </Panel>
  );
}
