import { Anchor, Text } from "@mantine/core";
import { IconLink } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { stirs, type CampaignCard } from "../../api/campaigns";
import { reports, type LinkLine } from "../../api/reports";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows, type Column } from "../../ui/Rows";

const REFRESH_MS = 4_000;
const AGAIN = 3;

/** How often each link of the letter was followed: the service's count leads, ours stands beside it. */
export function Links({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error, isPending, refetch } = useQuery({
    ...reports.links(campaign.id),
    // The service is asked beside the first answer: a moment later it may have told.
    refetchInterval: (query) => (stirs(campaign) || (query.state.dataUpdateCount < AGAIN && !query.state.data?.service.at) ? REFRESH_MS : false),
  });
  const columns = useColumns();
  const told = data?.service.at;
  const description = told
    ? t("results.linksOf", { source: data?.serviceTitle ?? t("results.service"), when: format.moment(told) })
    : t("results.linksOwn");
  return (
    <Panel title={t("results.links")} description={description}>
      {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
      {isPending && <RowsLoading />}
      {data?.service.failure && (
        <Text size="sm" c="dimmed" mb="sm">
          {t("results.linksFail", { text: data.service.failure })}
        </Text>
      )}
      {data?.items.length === 0 && <EmptyState compact icon={IconLink} title={t("results.noLinks")} text="" />}
      {data && data.items.length > 0 && <Rows<LinkLine> label={t("results.links")} rows={data.items} columns={columns} rowKey={(row) => row.url} />}
    </Panel>
  );
}

function useColumns(): Column<LinkLine>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const both = (service: number | null, ours: number) => (
    <>
      {format.number(service ?? ours)}
      {service !== null && service !== ours && (
        <Text span display="block" size="xs" c="dimmed">
          {t("results.weCount", { count: format.number(ours) })}
        </Text>
      )}
    </>
  );
  return [
    {
      key: "url",
      title: t("results.link"),
      render: (row) =>
        row.ownClicks > 0 ? (
          <Anchor
            size="sm"
            title={t("results.whoClicked")}
            style={{ overflowWrap: "anywhere" }}
            renderRoot={(root) => <Link to="." search={{ tab: "deliveries", url: row.url }} {...root} />}
          >
            {row.url}
          </Anchor>
        ) : (
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {row.url}
          </Text>
        ),
    },
    { key: "clicks", title: t("results.clicks"), align: "end", width: 130, render: (row) => both(row.clicks, row.ownClicks) },
    { key: "people", title: t("results.people"), align: "end", width: 130, render: (row) => both(row.people, row.ownPeople) },
  ];
}
