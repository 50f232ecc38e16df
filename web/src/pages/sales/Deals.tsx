import { Badge, Button, type MantineColor } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAdjustments, IconPlus, IconTargetArrow } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { deals, type Deal, type StageKind } from "../../api/sales";
import { useRight } from "../../api/session";
import { DataList } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { NOTHING, useFormat } from "../../ui/format";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";
import { DealDialog } from "./DealDialog";
import { ClientOnly, Download, FilterSelect, ResponsibleFilter, SortSelect } from "./Filters";
import { useNumbers } from "./numbers";
import { ClientLink } from "./Parties";
import { useSalesList } from "./search";
import { StagesDialog } from "./StagesDialog";
import { StageSums } from "./StageSums";

export const STAGE_COLOURS: Record<StageKind, MantineColor> = { open: "blue", won: "teal", lost: "gray" };

export function StageBadge({ deal }: { deal: Deal }) {
  return <Badge color={STAGE_COLOURS[deal.stageKind]}>{deal.stage.name}</Badge>;
}

export default function Deals() {
  const { t } = useTranslation();
  const sales = useSalesList();
  const navigate = useNavigate();
  const [creating, dialog] = useDisclosure();
  const [arranging, stagesDialog] = useDisclosure();
  const writes = useRight("sales.write");
  const source = useQuery(deals.list({ ...sales.filter, ...sales.slice }));
  const stages = useQuery(deals.stages).data ?? [];
  const add = writes && (
    <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>
      {t("sales.newDeal")}
    </Button>
  );
  const filters = (
    <>
      <FilterSelect
        label={t("sales.stage")}
        any={t("sales.anyStage")}
        value={sales.address.stageId}
        data={stages.map((stage) => ({ value: stage.id, label: `${stage.name} · ${stage.deals}` }))}
        onChange={(stageId) => sales.set({ stageId })}
      />
      <ResponsibleFilter sales={sales} />
      <SortSelect sales={sales} by={["-updated", "-sum", "sum", "title", "number"]} />
      <ClientOnly id={sales.address.clientId} onAll={() => sales.set({ clientId: undefined })} />
    </>
  );
  return (
    <>
      <PageHeader
        title={t("sales.deals")}
        description={t("sales.dealsHint")}
        actions={
          <>
            {writes && (
              <Button variant="default" leftSection={<IconAdjustments size={16} />} onClick={stagesDialog.open}>
                {t("sales.stages")}
              </Button>
            )}
            <Download href={deals.file(sales.filter)} />
            {add}
          </>
        }
      />
      <StageSums sales={sales} />
      <DataList<Deal>
        label={t("sales.deals")}
        source={source}
        list={sales.list}
        columns={useDealColumns()}
        searchLabel={t("sales.searchDeals")}
        filters={filters}
        empty={<EmptyState icon={IconTargetArrow} title={t("sales.noDeals")} text={t("sales.noDealsHint")} actions={add} />}
      />
      {creating && (
        <DealDialog deal={null} onClose={dialog.close} onSaved={(deal) => void navigate({ to: "/deals/$id", params: { id: deal.id } })} />
      )}
      {arranging && <StagesDialog onClose={stagesDialog.close} />}
    </>
  );
}

function useDealColumns(): Column<Deal>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const { money } = useNumbers();
  return [
    {
      key: "title",
      title: t("sales.deal"),
      render: (row) => (
        <Link to="/deals/$id" params={{ id: row.id }} className="row-link">
          № {row.number} {row.title}
        </Link>
      ),
    },
    { key: "stage", title: t("sales.stage"), render: (row) => <StageBadge deal={row} /> },
    { key: "sum", title: t("sales.sum"), align: "end", render: (row) => money(row.sum, row.currency) },
    { key: "client", title: t("sales.client"), hide: "phone", render: (row) => <ClientLink of={row.client} /> },
    { key: "responsible", title: t("sales.responsible"), hide: "tablet", render: (row) => row.responsible?.name ?? NOTHING },
    { key: "created", title: t("sales.created"), hide: "phone", render: (row) => format.date(row.createdAt) },
  ];
}
