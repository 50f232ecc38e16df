import { Alert, Anchor, Button, Code, Menu, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronDown, IconColumns, IconPencil, IconPlayerPause, IconPlayerPlay, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { contacts } from "../../api/contacts";
import { moves, schedules, type Schedule, type ScheduleRun } from "../../api/schedules";
import { localised } from "../../i18n";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { Field } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageLoading } from "../../ui/Loading";
import { ask, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";
import type { Column } from "../../ui/Rows";
import { ScheduleDialog } from "./ScheduleForm";
import { RunProgress, RunRows, RunState, ScheduleBadge, useWhen } from "./ScheduleState";

const route = getRouteApi("/inside/imports/schedules/$id");

export default function SchedulePage() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(schedules.card(id));
  useWatch(data);
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return (
    <>
      <PageHeader title={data.name} badges={<ScheduleBadge schedule={data} />} back={{ to: "/imports/schedules", label: t("schedules.title") }} actions={<Actions schedule={data} />} />
      <Stack>
        <Now schedule={data} />
        <Settings schedule={data} />
        <Runs id={id} />
      </Stack>
    </>
  );
}

/** Leads on to the columns once the file is there that somebody waits for, and keeps the history up to date. */
function useWatch(schedule: Schedule | undefined) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const run = schedule?.run;
  const seen = useRef<ScheduleRun | null>(null);
  useEffect(() => {
    const before = seen.current;
    seen.current = run ?? null;
    if (!run || !before || (before.state === run.state && before.importState === run.importState)) return;
    void client.invalidateQueries({ queryKey: ["schedules", schedule?.id, "runs"] });
    void client.invalidateQueries({ queryKey: ["imports", "list"] });
    const arrived = before.id === run.id && before.state === "fetching" && run.state === "fetched" && run.begunBy === "setup";
    if (arrived && run.importId) void navigate({ to: "/imports/$id", params: { id: run.importId } });
  }, [run, schedule?.id, client, navigate]);
}

function useTurn(turn: () => Promise<Schedule>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: turn,
    onSuccess: async (schedule) => {
      client.setQueryData(schedules.card(schedule.id).queryKey, schedule);
      await client.invalidateQueries({ queryKey: ["schedules"] });
    },
    onError: tellProblem,
  });
}

function Actions({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { id } = schedule;
  const [editing, { open, close }] = useDisclosure(false);
  const running = useTurn(() => schedules.run(id, false));
  const anyway = useTurn(() => schedules.run(id, true));
  const turning = useTurn(() => (schedule.enabled ? schedules.pause(id) : schedules.resume(id)));
  const columns = useTurn(() => schedules.setUp(id));
  const removing = useMutation({
    mutationFn: () => schedules.remove(id),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["schedules", "list"] });
      await navigate({ to: "/imports/schedules" });
    },
    onError: tellProblem,
  });
  const remove = () =>
    ask({ title: t("schedules.removeTitle"), text: t("schedules.removeText"), confirm: t("common.delete"), danger: true, onConfirm: () => removing.mutate() });
  const busy = moves(schedule.run);
  const edited = (saved: Schedule) => {
    close();
    if (!saved.setUp && !moves(saved.run)) columns.mutate();
  };
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={16} />}>
            {t("campaigns.more")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={16} />} onClick={open}>
            {t("schedules.edit")}
          </Menu.Item>
          {schedule.setUp && (
            <>
              <Menu.Item leftSection={<IconColumns size={16} />} disabled={busy} onClick={() => columns.mutate()}>
                {t("schedules.columnsAnew")}
              </Menu.Item>
              <Menu.Item leftSection={<IconRefresh size={16} />} disabled={busy} onClick={() => anyway.mutate()}>
                {t("schedules.runAnyway")}
              </Menu.Item>
            </>
          )}
          <Menu.Divider />
          <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={remove}>
            {t("common.delete")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {schedule.setUp && (
        <>
          <Button
            variant="default"
            leftSection={schedule.enabled ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />}
            loading={turning.isPending}
            onClick={() => turning.mutate()}
          >
            {t(schedule.enabled ? "schedules.pause" : "schedules.resume")}
          </Button>
          <Button leftSection={<IconRefresh size={16} />} disabled={busy} loading={running.isPending} onClick={() => running.mutate()}>
            {t("schedules.runNow")}
          </Button>
        </>
      )}
      <ScheduleDialog key={String(editing)} schedule={schedule} opened={editing} onClose={close} onDone={edited} />
    </>
  );
}

/** What goes on at this moment, what went wrong last, and what is to be done. */
function Now({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation();
  const format = useFormat();
  const anew = useTurn(() => schedules.setUp(schedule.id));
  const { run } = schedule;
  const again = (
    <Button mt="sm" variant="default" leftSection={<IconRefresh size={16} />} loading={anew.isPending} onClick={() => anew.mutate()}>
      {t("schedules.fetchAgain")}
    </Button>
  );
  return (
    <>
      {run && moves(run) && (
        <Panel title={run.importState === "running" ? t("imports.progress") : t("schedules.run.fetching")}>
          <RunProgress run={run} />
        </Panel>
      )}
      {run?.state === "fetching" && run.againAt && (
        <Alert color="yellow" title={t("schedules.againAt", { at: format.dateTime(run.againAt) })}>
          {run.reason}
        </Alert>
      )}
      {schedule.reason && (
        <Alert color="red" role="alert" title={t("schedules.failed", { count: schedule.failures })}>
          {schedule.reason}
        </Alert>
      )}
      {run?.begunBy === "setup" && run.state === "failed" && (
        <Alert color="red" role="alert" title={t("schedules.notFetched")}>
          {run.reason}
          <div>{again}</div>
        </Alert>
      )}
      {run?.begunBy === "setup" && run.importId && run.importState === "uploaded" && (
        <Alert color="blue" title={t("schedules.fileIsHere")}>
          <Text size="sm">{t("schedules.fileIsHereHint")}</Text>
          <Button mt="sm" component={Link} to="/imports/$id" params={{ id: run.importId } as never} leftSection={<IconColumns size={16} />}>
            {t("schedules.columns")}
          </Button>
        </Alert>
      )}
      {!schedule.setUp && run && run.state !== "fetching" && run.state !== "failed" && !run.importState && (
        <Alert color="blue" title={t("schedules.notSetUp")}>
          {again}
        </Alert>
      )}
    </>
  );
}

function Settings({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation();
  const format = useFormat();
  const when = useWhen();
  const mapping = useMapping(schedule);
  return (
    <Panel title={t("imports.how")}>
      <Field label={t("schedules.url")}>
        <Code style={{ overflowWrap: "anywhere", whiteSpace: "normal" }}>{schedule.url}</Code>
      </Field>
      <Field label={t("schedules.credential")}>
        {schedule.credential ? `${t(`schedules.credentialOf.${schedule.credential.kind}`)}: ${schedule.credential.name}` : t("schedules.credentialOf.none")}
      </Field>
      <Field label={t("schedules.when")}>{when(schedule)}</Field>
      <Field label={t("schedules.next")}>{format.dateTime(schedule.enabled ? schedule.nextAt : null)}</Field>
      <Field label={t("schedules.succeeded")}>{format.dateTime(schedule.succeededAt)}</Field>
      {schedule.policy && (
        <>
          <Field label={t("imports.mapping")}>{mapping}</Field>
          <Field label={t("imports.duplicates")}>{t(`imports.policy.${schedule.policy.duplicates ?? "update"}`)}</Field>
        </>
      )}
      {schedule.privateAllowed && <Field label={t("schedules.network")}>{t("schedules.privateShort")}</Field>}
      <Field label={t("schedules.inCharge")}>
        {schedule.mailSetUp ? (schedule.createdBy ? t("schedules.inChargeHint", { name: schedule.createdBy }) : t("schedules.administrators")) : t("schedules.noMail")}
      </Field>
    </Panel>
  );
}

/** Which columns become what, in one line. */
function useMapping({ titles, columns }: Schedule): string {
  const { t } = useTranslation();
  const fields = useQuery(contacts.fields).data ?? [];
  const named = (target: string) => {
    const field = fields.find((one) => `field:${one.key}` === target);
    return field ? localised(field.title) : t(`imports.target.${target}`);
  };
  return columns.flatMap((target, place) => (target ? [`${titles[place] || t("imports.column", { number: place + 1 })} → ${named(target)}`] : [])).join(", ");
}

function Runs({ id }: { id: string }) {
  const { t } = useTranslation();
  const list = useListState();
  const source = useQuery(schedules.runs(id, { offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }));
  return (
    <Panel title={t("schedules.history")}>
      <DataList<ScheduleRun> label={t("schedules.history")} source={source} list={list} columns={useColumns()} empty={<Text p="md">{t("common.nothingFound")}</Text>} />
    </Panel>
  );
}

function useColumns(): Column<ScheduleRun>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "at",
      title: t("schedules.begun"),
      width: 200,
      render: (run) => (
        <Stack gap={0}>
          <span>{format.dateTime(run.begunAt)}</span>
          <Text size="xs" c="dimmed">
            {t(`schedules.begunBy.${run.begunBy}`)}
          </Text>
        </Stack>
      ),
    },
    { key: "state", title: t("imports.stateTitle"), width: 170, render: (run) => <RunState run={run} /> },
    {
      key: "result",
      title: t("imports.result"),
      render: (run) => (
        <Stack gap={2}>
          {run.reason ? <Text size="sm">{run.reason}</Text> : <RunRows run={run} />}
          {run.importId && (
            <Anchor component={Link} to="/imports/$id" params={{ id: run.importId } as never} size="sm" w="fit-content">
              {t("schedules.open")}
            </Anchor>
          )}
        </Stack>
      ),
    },
  ];
}
