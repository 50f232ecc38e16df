import { Alert, Button, Stack, Tabs } from "@mantine/core";
import { IconRefresh, IconTrash, IconTrashOff } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { collectors, collects, type Collector, type CollectorBody } from "../../api/intake";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageLoading } from "../../ui/Loading";
import { ask, tell, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { PageProblem } from "../../ui/ProblemPanel";
import { CollectorForm } from "./CollectorForm";
import { CollectorBadge, RunCounts } from "./Collectors";
import { LetterHistory, RunHistory } from "./History";

const route = getRouteApi("/inside/settings/collectors/$id");

export default function CollectorPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(collectors.card(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return <Card key={id} collector={data} />;
}

/** Once a run has ended, its history is another. */
function useHistory(collector: Collector) {
  const client = useQueryClient();
  const busy = collects(collector);
  const before = useRef(busy);
  useEffect(() => {
    if (before.current && !busy) {
      void client.invalidateQueries({ queryKey: ["mail-collectors", collector.id, "runs"] });
      void client.invalidateQueries({ queryKey: ["mail-collectors", collector.id, "letters"] });
    }
    before.current = busy;
  }, [busy, client, collector.id]);
}

function Card({ collector }: { collector: Collector }) {
  const { t } = useTranslation();
  const format = useFormat();
  const list = useListState();
  const client = useQueryClient();
  useHistory(collector);
  const tab = list.tab === "settings" || list.tab === "letters" ? list.tab : "runs";
  const save = async (body: CollectorBody) => {
    client.setQueryData(collectors.card(collector.id).queryKey, await collectors.change(collector.id, body));
    tell(t("common.saved"));
    await client.invalidateQueries({ queryKey: ["mail-collectors"] });
  };
  return (
    <>
      <PageHeader
        title={collector.title}
        description={collector.nextAt ? t("intake.collector.due", { at: format.dateTime(collector.nextAt) }) : `${collector.username} · ${collector.host}`}
        back={{ to: "/settings/intake", label: t("intake.title") }}
        badges={<CollectorBadge collector={collector} />}
        actions={<Actions collector={collector} />}
      />
      <Stack>
        <LastRun collector={collector} />
        <Tabs value={tab} onChange={(value) => list.set({ tab: value ?? undefined, state: undefined, page: undefined })} keepMounted={false}>
          <Tabs.List mb="md">
            <Tabs.Tab value="runs">{t("intake.history.runs")}</Tabs.Tab>
            <Tabs.Tab value="letters">{t("intake.history.letters")}</Tabs.Tab>
            <Tabs.Tab value="settings">{t("intake.history.settings")}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="runs">
            <RunHistory id={collector.id} />
          </Tabs.Panel>
          <Tabs.Panel value="letters">
            <LetterHistory id={collector.id} />
          </Tabs.Panel>
          <Tabs.Panel value="settings" maw={980}>
            <CollectorForm collector={collector} save={save} />
          </Tabs.Panel>
        </Tabs>
      </Stack>
    </>
  );
}

function LastRun({ collector }: { collector: Collector }) {
  const { t } = useTranslation();
  const run = collector.lastRun;
  if (collector.removalMarkedAt) return <Alert color="gray">{t("intake.collector.markedHint")}</Alert>;
  if (collects(collector))
    return (
      <Alert color="blue" role="status">
        {t("intake.collector.underWay")}
      </Alert>
    );
  if (!run) return null;
  const failed = run.state === "failed";
  return (
    <Alert color={failed ? "red" : run.reason ? "yellow" : "teal"} role="status" title={t(`intake.run.is.${run.state}`)}>
      {run.reason && <div>{run.reason}</div>}
      {!failed && <RunCounts run={run} />}
    </Alert>
  );
}

function Actions({ collector }: { collector: Collector }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const keep = async (changed: Collector) => {
    client.setQueryData(collectors.card(collector.id).queryKey, changed);
    await client.invalidateQueries({ queryKey: ["mail-collectors"], exact: true });
  };
  const collect = useMutation({ mutationFn: () => collectors.collect(collector.id), onSuccess: keep, onError: tellProblem });
  const mark = useMutation({ mutationFn: (marked: boolean) => collectors.mark(collector.id, marked), onSuccess: keep, onError: tellProblem });
  if (collector.removalMarkedAt)
    return (
      <Button variant="default" leftSection={<IconTrashOff size={16} />} loading={mark.isPending} onClick={() => mark.mutate(false)}>
        {t("intake.collector.unmark")}
      </Button>
    );
  const askMark = () =>
    ask({
      title: t("intake.collector.markTitle", { name: collector.title }),
      text: t("intake.collector.markText"),
      confirm: t("intake.collector.mark"),
      danger: true,
      onConfirm: () => mark.mutate(true),
    });
  return (
    <>
      <Button variant="default" leftSection={<IconTrash size={16} />} loading={mark.isPending} onClick={askMark}>
        {t("intake.collector.mark")}
      </Button>
      <Button leftSection={<IconRefresh size={16} />} loading={collect.isPending || collects(collector)} onClick={() => collect.mutate()}>
        {t("intake.collector.collect")}
      </Button>
    </>
  );
}
