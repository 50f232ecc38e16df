import { Alert, Button, Group, Select, Stack, Switch, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { accounts } from "../../api/accounts";
import { calendars } from "../../api/calendars";
import { directories, type IntakeSettings } from "../../api/intake";
import { RowsLoading } from "../../ui/Loading";
import { tell, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Assignments } from "./Assignments";

/** To whom leads go, and into which calendar. */
export function Distribution() {
  const { data, error, refetch } = useQuery(directories.settings);
  if (error && !data) return <ProblemPanel problem={error} retry={() => void refetch()} />;
  if (!data) return <RowsLoading rows={4} />;
  return (
    <Stack>
      <General settings={data} />
      <Assignments />
    </Stack>
  );
}

function General({ settings }: { settings: IntakeSettings }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const people = useQuery(accounts.people).data?.items ?? [];
  const changing = useMutation({
    mutationFn: directories.changeSettings,
    onSuccess: (changed) => {
      client.setQueryData(directories.settings.queryKey, changed);
      tell(t("common.saved"));
    },
    onError: tellProblem,
  });
  return (
    <Panel title={t("intake.spread.general")}>
      <Stack gap="md" maw={560}>
        <Select
          label={t("intake.spread.coordinator")}
          description={t("intake.spread.coordinatorHint")}
          placeholder={settings.coordinatorNow ? t("intake.spread.coordinatorNow", { name: settings.coordinatorNow }) : undefined}
          searchable
          clearable
          clearButtonProps={{ "aria-label": t("common.clear") }}
          disabled={changing.isPending}
          data={people.map((person) => ({ value: person.id, label: person.name }))}
          value={settings.coordinatorId}
          onChange={(coordinatorId) => changing.mutate({ coordinatorId })}
        />
        {!settings.coordinatorNow && <Alert color="yellow">{t("intake.spread.nobody")}</Alert>}
        <Incoming />
        <Switch
          label={t("intake.spread.notify")}
          description={t("intake.spread.notifyHint")}
          checked={settings.notify}
          disabled={changing.isPending}
          onChange={(event) => changing.mutate({ notify: event.currentTarget.checked })}
        />
      </Stack>
    </Panel>
  );
}

function Incoming() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const all = useQuery(calendars.list()).data?.items ?? [];
  const taking = useMutation({
    mutationFn: (id: string) => calendars.change(id, { isIncoming: true }),
    onSuccess: async () => {
      tell(t("common.saved"));
      await client.invalidateQueries({ queryKey: ["calendars"] });
    },
    onError: tellProblem,
  });
  return (
    <Group align="flex-end" gap="sm">
      <Select
        flex="1 1 260px"
        label={t("intake.spread.calendar")}
        description={t("intake.spread.calendarHint")}
        placeholder={t("intake.spread.calendarNone")}
        allowDeselect={false}
        disabled={taking.isPending}
        data={all.map((one) => ({ value: one.id, label: one.title }))}
        value={all.find((one) => one.isIncoming)?.id ?? null}
        onChange={(id) => id && taking.mutate(id)}
      />
      <Button variant="default" component={Link} to="/calendar">
        <Text inherit>{t("intake.spread.calendars")}</Text>
      </Button>
    </Group>
  );
}
