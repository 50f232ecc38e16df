import { Button, Grid, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPencil } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { deals, type Deal } from "../../api/sales";
import { useRight } from "../../api/session";
import { Field } from "../../ui/Field";
import { NOTHING, useFormat } from "../../ui/format";
import { PageLoading } from "../../ui/Loading";
import { tell, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";
import { DealDialog } from "./DealDialog";
import { StageBadge, STAGE_COLOURS } from "./Deals";
import { DealOrders } from "./DealOrders";
import { History } from "./History";
import { useNumbers } from "./numbers";
import { ClientLink, ContactLink, SourceLink } from "./Parties";
import { Steps } from "./Steps";

const route = getRouteApi("/inside/deals/$id");

export default function DealPage() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const [editing, dialog] = useDisclosure();
  const writes = useRight("sales.write");
  const { data, error, refetch } = useQuery(deals.card(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return (
    <>
      <PageHeader
        title={t("sales.dealNo", { number: data.number })}
        description={data.title}
        back={{ to: "/deals", label: t("sales.deals") }}
        badges={<StageBadge deal={data} />}
        actions={
          writes && (
            <Button leftSection={<IconPencil size={16} />} onClick={dialog.open}>
              {t("sales.edit")}
            </Button>
          )
        }
      />
      <Grid>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack>
            {writes && <Stage deal={data} />}
            <About deal={data} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack>
            <DealOrders deal={data} />
            <History key={id} room="deals" id={id} />
          </Stack>
        </Grid.Col>
      </Grid>
      {editing && <DealDialog deal={data} onClose={dialog.close} onSaved={() => tell(t("common.saved"))} />}
    </>
  );
}

/** What is known of a deal, and when it moved. */
function About({ deal }: { deal: Deal }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { money } = useNumbers();
  return (
    <Panel title={t("sales.aboutDeal")}>
      <Field label={t("sales.sum")}>{money(deal.sum, deal.currency)}</Field>
      <Field label={t("sales.client")}>
        <ClientLink of={deal.client} />
      </Field>
      <Field label={t("sales.contact")}>
        <ContactLink of={deal.contact} />
      </Field>
      <Field label={t("sales.responsible")}>{deal.responsible?.name ?? NOTHING}</Field>
      <Field label={t("sales.source")}>
        <SourceLink source={deal.source} />
      </Field>
      <Field label={t("sales.created")}>{format.dateTime(deal.createdAt)}</Field>
      <Field label={t("sales.changed")}>{format.dateTime(deal.updatedAt)}</Field>
      {deal.closedAt && <Field label={t("sales.closed")}>{format.dateTime(deal.closedAt)}</Field>}
    </Panel>
  );
}

/** The stages in their order: one click moves the deal. */
function Stage({ deal }: { deal: Deal }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const stages = useQuery(deals.stages).data ?? [];
  const move = useMutation({
    mutationFn: (stageId: string) => deals.change(deal.id, { stageId }),
    onSuccess: async (moved) => {
      cache.setQueryData(deals.card(deal.id).queryKey, moved);
      tell(t("sales.moved", { stage: moved.stage.name }));
      await cache.invalidateQueries({ queryKey: ["deals"] });
      await cache.invalidateQueries({ queryKey: ["companies"] });
    },
    onError: tellProblem,
  });
  // A deal may still be in a stage that was archived since.
  const offered = stages.filter((stage) => !stage.archived || stage.id === deal.stage.id);
  return (
    <Panel title={t("sales.stage")}>
      <Steps
        label={t("sales.stage")}
        steps={offered.map(({ id, name, kind }) => ({ id, name, colour: STAGE_COLOURS[kind] }))}
        current={deal.stage.id}
        pending={move.isPending ? move.variables : undefined}
        disabled={move.isPending}
        onStep={move.mutate}
      />
    </Panel>
  );
}
