import { Alert, Anchor, Button, Group, Progress, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconArchive, IconArrowBackUp, IconDownload, IconPlayerPlay, IconPlayerStop, IconShieldCheck } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { contacts } from "../../api/contacts";
import { imports, type ImportCard, type Policy } from "../../api/imports";
import { segments } from "../../api/segments";
import { Field } from "../../ui/Field";
import { useFormat } from "../../ui/format";
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
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return (
    <>
      <PageHeader
        title={data.fileName}
        badges={<ImportState state={data.state} />}
        description={data.scheduleId && data.scheduleName && <OfSchedule id={data.scheduleId} name={data.scheduleName} />}
        back={{ to: "/imports", label: t("imports.title") }}
        actions={<Actions card={data} />}
      />
      {data.state === "uploaded" ? <SetUp card={data} /> : <Outcome card={data} />}
    </>
  );
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
  const cancelling = useTurn(card.id, imports.cancel);
  const resuming = useTurn(card.id, imports.resume);
  const undoing = useTurn(card.id, imports.undo);
  const undo = () =>
    ask({ title: t("imports.undoTitle"), text: t("imports.undoText"), confirm: t("imports.undo"), danger: true, onConfirm: () => undoing.mutate() });
  const stopped = card.state === "failed" || card.state === "cancelled";
  return (
    <>
      {card.state === "running" && (
        <Button variant="default" leftSection={<IconPlayerStop size={16} />} loading={cancelling.isPending} onClick={() => cancelling.mutate()}>
          {t("imports.cancel")}
        </Button>
      )}
      {(stopped || card.state === "done") && (
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
    if (ended) void client.invalidateQueries({ queryKey: ["contacts"] });
  }, [ended, client]);
  return (
    <Stack>
      {card.reason && (
        <Alert color="red" role="alert" title={t("imports.failed")}>
          {card.reason}
        </Alert>
      )}
      <Panel title={t("imports.progress")}>
        <Stack gap="xs">
          <Moving card={card} />
          <Text size="sm" c="dimmed" className="numbers" aria-live="polite">
            {t("imports.rowsDone", { done: format.number(card.doneRows), total: format.number(card.totalRows) })}
          </Text>
        </Stack>
      </Panel>
      <Panel title={t("imports.result")}>
        <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="lg">
          <Figure name={t("imports.created")} value={card.created} />
          <Figure name={t("imports.updated")} value={card.updated} />
          <Figure name={t("imports.unchanged")} value={card.unchanged} />
          <Figure name={t("imports.skipped")} value={card.skipped} />
          <Figure name={t("imports.rejected")} value={card.rejected} />
          <Figure name={t("imports.keptUnsubscribed")} value={card.keptUnsubscribed} />
        </SimpleGrid>
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
      {(card.state === "undoing" || card.state === "undone") && <Undone card={card} />}
      <Panel title={t("imports.how")}>
        <Field label={t("imports.duplicates")}>{t(`imports.policy.${card.policy?.duplicates ?? "update"}`)}</Field>
        {card.policy && <Everybody policy={card.policy} />}
        <Field label={t("imports.format")}>{[card.reading.format.toUpperCase(), card.reading.format === "csv" && ENCODINGS[card.reading.encoding ?? "utf-8"]].filter(Boolean).join(" · ")}</Field>
        <Field label={t("imports.started")}>{format.dateTime(card.startedAt)}</Field>
        <Field label={t("imports.finished")}>{format.dateTime(card.finishedAt)}</Field>
      </Panel>
    </Stack>
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
  const busy = card.state === "running" || card.state === "undoing";
  return <Progress value={card.state === "done" ? 100 : share} animated={busy} aria-label={t("imports.progress")} color={card.state === "failed" ? "red" : undefined} />;
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
  return (
    <Panel title={t("imports.undoing")}>
      <Group gap="xl">
        <Figure name={t("imports.undone")} value={card.undone} />
        <Figure name={t("imports.notUndone")} value={card.notUndone} />
      </Group>
      {card.notUndone > 0 && (
        <Button mt="md" variant="default" component="a" href={imports.notUndone(card.id)} download leftSection={<IconDownload size={16} />}>
          {t("imports.notUndoneFile")}
        </Button>
      )}
    </Panel>
  );
}
