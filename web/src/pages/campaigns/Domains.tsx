import { Anchor, Button, Center } from "@mantine/core";
import { useToggle } from "@mantine/hooks";
import { IconWorld } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { CampaignCard } from "../../api/campaigns";
import { reports, type DomainLine } from "../../api/reports";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows, type Column } from "../../ui/Rows";

/** Domains that are shown until somebody asks for all. */
const FIRST = 8;

/** What became of the letters by the domain of the address. */
export function Domains({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const { data, error, isPending, refetch } = useQuery(reports.domains(campaign.id));
  const columns = useColumns();
  const [all, toggle] = useToggle([false, true]);
  const rows = data?.items ?? [];
  if (campaign.type !== "email") return null;
  return (
    <Panel title={t("results.domains")} description={t("results.domainsHint")}>
      {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
      {isPending && <RowsLoading />}
      {data?.items.length === 0 && <EmptyState compact icon={IconWorld} title={t("results.noDomains")} text="" />}
      {rows.length > 0 && (
        <Rows<DomainLine> label={t("results.domains")} rows={all ? rows : rows.slice(0, FIRST)} columns={columns} rowKey={(row) => row.domain ?? ""} />
      )}
      {rows.length > FIRST && (
        <Center mt="sm">
          <Button variant="default" size="xs" onClick={() => toggle()}>
            {t(all ? "results.fewerDomains" : "results.allDomains")}
          </Button>
        </Center>
      )}
    </Panel>
  );
}

function useColumns(): Column<DomainLine>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const share = (count: number, whole: number) =>
    whole > 0 ? t("reports.shareOf", { count: format.number(count), share: format.share(count, whole) }) : format.number(count);
  return [
    {
      key: "domain",
      title: t("results.domain"),
      render: (row) =>
        row.domain ? (
          <Anchor size="sm" className="row-link" renderRoot={(root) => <Link to="." search={{ tab: "deliveries", domain: row.domain ?? undefined }} {...root} />}>
            {row.domain}
          </Anchor>
        ) : (
          t("results.otherDomains")
        ),
    },
    { key: "recipients", title: t("campaigns.recipients"), align: "end", render: (row) => format.number(row.recipients) },
    { key: "delivered", title: t("campaigns.delivered"), align: "end", render: (row) => share(row.delivered, row.recipients) },
    { key: "opened", title: t("campaigns.opened"), align: "end", render: (row) => share(row.opened, row.delivered) },
    { key: "clicked", title: t("campaigns.clicked"), align: "end", hide: "phone", render: (row) => share(row.clicked, row.delivered) },
    { key: "bounced", title: t("campaigns.bounced"), align: "end", render: (row) => share(row.bounced, row.recipients) },
  ];
}
