import { Button, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { BarChart } from "@mantine/charts";
import "@mantine/charts/styles.css";
import { IconCopyPlus, IconMail } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { campaigns, type CampaignRow } from "../../api/campaigns";
import { planning } from "../../api/planning";
import { useRight } from "../../api/session";
import { EmptyState } from "../../ui/EmptyState";
import { Tile } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { PageLoading } from "../../ui/Loading";
import { tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";
import { Rows, type Column } from "../../ui/Rows";
import { StatusBadge } from "../../ui/StatusBadge";

const route = getRouteApi("/inside/categories/$id");

/** A category in time: its issues, and who came and went. */
export default function Category() {
  const { t } = useTranslation();
  const format = useFormat();
  const { id } = route.useParams();
  const { data, error } = useQuery(planning.issues(id));
  const columns = useColumns();
  if (error && !data) return <PageProblem problem={error} />;
  if (!data) return <PageLoading />;
  const sum = (part: "gained" | "lost") => data.weeks.reduce((total, week) => total + week[part], 0);
  const moved = data.weeks.some((week) => week.gained + week.lost > 0);
  return (
    <>
      <PageHeader
        title={data.title}
        description={data.description}
        back={{ to: "/categories", label: t("categories.title") }}
        actions={<NewIssue categoryId={id} lastId={data.lastId} />}
      />
      <Stack>
        <SimpleGrid cols={{ base: 2, md: 4 }}>
          <Tile label={t("categories.subscribed")} value={format.number(data.subscribed)} />
          <Tile label={t("categories.unsubscribed")} value={format.number(data.unsubscribed)} />
          <Tile label={t("categories.gained")} value={format.number(sum("gained"))} tone="teal" />
          <Tile label={t("categories.lost")} value={format.number(sum("lost"))} />
        </SimpleGrid>
        {moved && (
          <Panel title={t("categories.growth")} description={t("categories.growthHint")}>
            <BarChart
              h={200}
              data={data.weeks.map(({ begins, gained, lost }) => ({ week: format.date(begins), gained, lost }))}
              dataKey="week"
              withLegend
              legendProps={{ itemSorter: null }}
              series={[
                { name: "gained", label: t("categories.came"), color: "teal.6" },
                { name: "lost", label: t("categories.left"), color: "gray.6" },
              ]}
            />
          </Panel>
        )}
        <Panel title={t("categories.issues")}>
          {data.issues.length === 0 ? (
            <EmptyState compact icon={IconMail} title={t("categories.noIssues")} text={t("categories.noIssuesHint")} />
          ) : (
            <Rows<CampaignRow> label={t("categories.issues")} rows={data.issues} columns={columns} />
          )}
          {data.total > data.issues.length && (
            <Text size="sm" c="dimmed" mt="sm">
              {t("categories.newest", { shown: data.issues.length, total: format.number(data.total) })}
            </Text>
          )}
        </Panel>
      </Stack>
    </>
  );
}

/** A new issue begins from the last one: its letter, sender and segment. */
function NewIssue({ categoryId, lastId }: { categoryId: string; lastId: string | null }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const writes = useRight("campaigns.write");
  const copying = useMutation({
    mutationFn: async (id: string) => {
      const last = await client.fetchQuery(campaigns.card(id));
      return campaigns.copy(id, t("campaigns.copyName", { name: last.name }));
    },
    onSuccess: async (card) => {
      await client.invalidateQueries({ queryKey: ["campaigns", "list"] });
      await navigate({ to: "/campaigns/$id/edit", params: { id: card.id } });
    },
    onError: tellProblem,
  });
  if (!writes || !lastId) return null;
  return (
    <Group key={categoryId}>
      <Button leftSection={<IconCopyPlus size={16} />} loading={copying.isPending} onClick={() => copying.mutate(lastId)}>
        {t("categories.newIssue")}
      </Button>
    </Group>
  );
}

function useColumns(): Column<CampaignRow>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const share = (row: CampaignRow, part: number) => (row.figures.delivered ? format.share(part, row.figures.delivered) : "—");
  return [
    {
      key: "name",
      title: t("common.name"),
      render: (row) => (
        <Link to="/campaigns/$id" params={{ id: row.id }} className="row-link">
          {row.name}
        </Link>
      ),
    },
    { key: "state", title: t("common.state"), width: 150, render: (row) => <StatusBadge kind="campaign" state={row.state} /> },
    { key: "recipients", title: t("campaigns.recipients"), align: "end", render: (row) => format.number(row.figures.recipients) },
    { key: "opened", title: t("campaigns.opened"), align: "end", render: (row) => share(row, row.figures.opened) },
    { key: "clicked", title: t("campaigns.clicked"), align: "end", hide: "phone", render: (row) => share(row, row.figures.clicked) },
    { key: "unsubscribed", title: t("campaigns.unsubscribed"), align: "end", render: (row) => format.number(row.figures.unsubscribed) },
    { key: "when", title: t("campaigns.when"), align: "end", hide: "phone", render: (row) => format.dateTime(row.launchedAt) },
  ];
}
