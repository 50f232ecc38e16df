import { Alert, Anchor, Button, Group, Progress, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconArchive, IconArrowBackUp, IconDownload, IconPlayerPlay, IconPlayerStop, IconShieldCheck } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { contacts } from "../../api/contacts";
import { useEvents, type Connection } from "../../api/events";
import { goesOn, imports, undoProgress, type ImportCard, type ImportRow, type Policy } from "../../api/imports";
import { segments } from "../../api/segments";
import { useRight } from "../../api/session";
import { Field } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { LiveBadge } from "../../ui/LiveBadge";
import { PageLoading } from "../../ui/Loading";
import { ask, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";
import { ENCODINGS } from "./encodings";
import { ImportState } from "./Imports";
import { SetUp } from "./SetUp";

const route = getRouteApi("/inside/imports/$id");

export default function ImportPage() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(imports.card(id));
  const connection = useLive(data);
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return (
    <>
      <PageHeader
        title={data.fileName}
        badges={
          <>
            <ImportState state={data.state} />
            <LiveBadge connection={connection} moves={goesOn(data.state)} />
          </>
        }
        description={data.scheduleId && data.scheduleName && <OfSchedule id={data.scheduleId} name={data.scheduleName} />}
        back={data.purpose === "suppression" ? { to: "/stop-list", label: t("stopList.title") } : { to: "/imports", label: t("imports.title") }}
        actions={<Actions card={data} />}
      />
      {data.state === "uploaded" ? <SetUp card={data} /> : <Outcome card={data} />}
    </>
  );
}

/** Keeps a card that moves up to date. */
function useLive(card: ImportCard | undefined): Connection {
  const client = useQueryClient();
  return useEvents<ImportRow>(card && goesOn(card.state) ? imports.events(card.id) : null, "progress", (row) => {
    client.setQueryData(imports.card(row.id).queryKey, (old) => old && { ...old, ...row });
  });
}

function OfSchedule({ id, name }: { id: string; name: string }) {
  const { t } = useTranslation();
  return (
    <>
      {t("schedules.madeBy")}{" "}
      <Anchor component={Link} to="/imports/schedules/$id" params={{ id } as never}>
        {name}
      </Anchor>
    </>
  );
}

function useTurn(id: string, turn: (id: string) => Promise<ImportCard>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => turn(id),
    onSuccess: (card) => client.setQueryData(imports.card(id).queryKey, card),
    onError: tellProblem,
  });
}

function Actions({ card }: { card: ImportCard }) {
  const { t } = useTranslation();
  const stops = card.purpose === "suppression";
  const mayUndo = useRight("privacy.manage") || !stops;
  const cancelling = useTurn(card.id, imports.cancel);
  const resuming = useTurn(card.id, imports.resume);
  const undoing = useTurn(card.id, imports.undo);
  const undo = () =>
    ask({ title: t("imports.undoTitle"), text: t(stops ? "stopList.undoText" : "imports.undoText"), confirm: t("imports.undo"), danger: true, onConfirm: () => undoing.mutate() });
  const stopped = card.state === "failed" || card.state === "cancelled";
  return (
    <>
      {card.state === "running" && (
        <Button variant="default" leftSection={<IconPlayerStop size={16} />} loading={cancelling.isPending} onClick={() => cancelling.mutate()}>
          {t("imports.cancel")}
        </Button>
      )}
      {mayUndo && (stopped || card.state === "done") && (
        <Button variant="default" leftSection={<IconArrowBackUp size={16} />} loading={undoing.isPending} onClick={undo}>
          {t("imports.undo")}
        </Button>
      )}
      {stopped && (
        <Button leftSection={<IconPlayerPlay size={16} />} loading={resuming.isPending} onClick={() => resuming.mutate()}>
          {t("imports.resume")}
        </Button>
      )}
    </>
  );
}

function Outcome({ card }: { card: ImportCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const ended = card.finishedAt !== null;
  useEffect(() => {
    if (ended) for (const key of ["contacts", "stop-list"]) void client.invalidateQueries({ queryKey: [key] });
  }, [ended, client]);
  return (
    <Stack>
      {card.reason && (
        <Alert color="red" role="alert" title={t("imports.failed")}>
          {card.reason}
        </Alert>
      )}
      {card.state === "undoing" || card.state === "undone" ? (
        <Undone card={card} />
      ) : (
        <Panel title={t("imports.progress")}>
          <Stack gap="xs">
            <Moving card={card} />
            <Text size="sm" c="dimmed" className="numbers" aria-live="polite">
              {t("imports.rowsDone", { done: format.number(card.doneRows), total: format.number(card.totalRows) })}
            </Text>
          </Stack>
        </Panel>
      )}
      <Panel title={t("imports.result")}>
        {card.purpose === "suppression" ? (
          <SimpleGrid cols={{ base: 2, sm: 3 }} spacing="lg">
            <Figure name={t("stopList.addedRows")} value={card.created} />
            <Figure name={t("stopList.knownRows")} value={card.unchanged} />
            <Figure name={t("imports.rejected")} value={card.rejected} />
          </SimpleGrid>
        ) : (
          <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="lg">
            <Figure name={t("imports.created")} value={card.created} />
            <Figure name={t("imports.updated")} value={card.updated} />
            <Figure name={t("imports.unchanged")} value={card.unchanged} />
            <Figure name={t("imports.skipped")} value={card.skipped} />
            <Figure name={t("imports.rejected")} value={card.rejected} />
            <Figure name={t("imports.keptUnsubscribed")} value={card.keptUnsubscribed} />
          </SimpleGrid>
        )}
        {card.rejected > 0 && (
          <Button
            mt="md"
            variant="default"
            component="a"
            href={imports.rejects(card.id)}
            download
            leftSection={<IconDownload size={16} />}
          >
            {t("imports.rejectsFile")}
          </Button>
        )}
        {card.leftOut > 0 && (
          <Alert mt="md" color="orange" icon={<IconArchive size={18} />}>
            {t("imports.leftOut", { count: card.leftOut, shown: format.number(card.leftOut) })}
          </Alert>
        )}
        {card.keptUnsubscribed > 0 && (
          <Alert mt="md" color="teal" icon={<IconShieldCheck size={18} />}>
            {t("imports.keptExplained")}
          </Alert>
        )}
      </Panel>
      <Panel title={t("imports.how")}>
        {card.policy?.reason ? (
          <Suppressed policy={card.policy} />
        ) : (
          <Field label={t("imports.duplicates")}>{t(`imports.policy.${card.policy?.duplicates ?? "update"}`)}</Field>
        )}
        {card.policy && !card.policy.reason && <Everybody policy={card.policy} />}
        <Field label={t("imports.format")}>{[card.reading.format.toUpperCase(), card.reading.format === "csv" && ENCODINGS[card.reading.encoding ?? "utf-8"]].filter(Boolean).join(" · ")}</Field>
        <Field label={t("imports.started")}>{format.dateTime(card.startedAt)}</Field>
        <Field label={t("imports.finished")}>{format.dateTime(card.finishedAt)}</Field>
      </Panel>
    </Stack>
  );
}

/** Why the addresses of a list were suppressed where it did not say, and in which category. */
function Suppressed({ policy }: { policy: Policy }) {
  const { t } = useTranslation();
  const categories = useQuery({ ...contacts.categories, enabled: Boolean(policy.categoryId) }).data;
  const category = categories?.find(({ id }) => id === policy.categoryId);
  return (
    <>
      <Field label={t("stopList.defaultReason")}>{t(`stopList.reason.${policy.reason ?? "unsubscribe"}`)}</Field>
      <Field label={t("stopList.category")}>{category?.title ?? t("stopList.allCategories")}</Field>
    </>
  );
}

/** What became of everybody in the file: a segment, and a consent with its evidence. */
function Everybody({ policy }: { policy: Policy }) {
  const { t } = useTranslation();
  const known = useQuery({ ...segments.list, enabled: Boolean(policy.segmentId) }).data?.items;
  const categories = useQuery({ ...contacts.categories, enabled: Boolean(policy.categoryId) }).data;
  const segment = known?.find(({ id }) => id === policy.segmentId);
  const category = categories?.find(({ id }) => id === policy.categoryId);
  return (
    <>
      {segment && (
        <Field label={t("imports.segment")}>
          <Anchor component={Link} to={`/segments/${segment.id}`} size="sm">
            {segment.name}
          </Anchor>
        </Field>
      )}
      {category && <Field label={t("imports.category")}>{[category.title, policy.how, policy.fromWhere].filter(Boolean).join(" · ")}</Field>}
    </>
  );
}

function Moving({ card }: { card: ImportCard }) {
  const { t } = useTranslation();
  const share = card.totalRows ? Math.min(100, (card.doneRows / card.totalRows) * 100) : 0;
  return <Progress value={card.state === "done" ? 100 : share} animated={card.state === "running"} aria-label={t("imports.progress")} color={card.state === "failed" ? "red" : undefined} />;
}

function Figure({ name, value }: { name: string; value: number }) {
  const format = useFormat();
  return (
    <Stack gap={0}>
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Text fz={22} fw={600} className="numbers">
        {format.number(value)}
      </Text>
    </Stack>
  );
}

function Undone({ card }: { card: ImportCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const moves = card.state === "undoing";
  const { done, total } = undoProgress(card);
  return (
    <Panel title={t("imports.undoing")}>
      {moves && (
        <Stack gap="xs" mb="md">
          <Progress value={total ? (done / total) * 100 : 0} animated aria-label={t("imports.undoing")} />
          <Text size="sm" c="dimmed" className="numbers" aria-live="polite">
            {t("imports.undoneOf", { done: format.number(done), total: format.number(total) })}
          </Text>
        </Stack>
      )}
      <Group gap="xl">
        <Figure name={t("imports.undone")} value={card.undone} />
        <Figure name={t("imports.notUndone")} value={card.notUndone} />
      </Group>
      {card.notUndone > 0 && card.purpose === "suppression" && (
        <Text size="sm" c="dimmed" mt="md">
          {t("stopList.notUndoneExplained")}
        </Text>
      )}
      {card.notUndone > 0 && card.purpose === "contacts" && (
        <Button mt="md" variant="default" component="a" href={imports.notUndone(card.id)} download leftSection={<IconDownload size={16} />}>
          {t("imports.notUndoneFile")}
        </Button>
      )}
    </Panel>
  );
}
