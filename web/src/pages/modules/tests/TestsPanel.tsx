import { ActionIcon, Badge, Button, Group, Stack, Text } from "@mantine/core";
import { IconFlask, IconPlayerPlay, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Fragment, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { modules, type ModuleTest, type TestOutcome } from "../../../api/modules";
import { useRight } from "../../../api/session";
import { CallFailure } from "../../../trace/CallFailure";
import { errorOfRecord } from "../../../trace/error-of-record";
import { Differences, Unrecorded } from "../../../trace/Differences";
import { EmptyState } from "../../../ui/EmptyState";
import { RowsLoading } from "../../../ui/Loading";
import { ask, tellProblem } from "../../../ui/notices";
import { ProblemPanel } from "../../../ui/ProblemPanel";
import { shortName } from "../run/inputs";
import classes from "../Studio.module.css";

interface Props {
  moduleId: string;
  source: string;
}

/** The module's tests, run against the text in the editor: recorded calls whose results must stay as they were. */
export function TestsPanel({ moduleId, source }: Props) {
  const { t } = useTranslation();
  const writes = useRight("modules.write");
  const { data, error } = useQuery(modules.tests(moduleId));
  const run = useMutation({ mutationFn: () => modules.runTests(moduleId, source) });
  if (error && !data) return <ProblemPanel problem={error} />;
  if (!data) return <RowsLoading rows={3} />;
  if (data.items.length === 0) {
    return <EmptyState compact icon={IconFlask} title={t("studio.noTests")} text={t("studio.noTestsHint")} />;
  }
  const outcomes = new Map(run.data?.items.map((one) => [one.name, one]));
  // What failed stands first.
  const rows = data.items.toSorted((one, other) => Number(outcomes.get(one.name)?.ok ?? true) - Number(outcomes.get(other.name)?.ok ?? true));
  const passed = run.data?.items.filter((one) => one.ok).length ?? 0;
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Text size="sm" aria-live="polite" className="numbers">
          {run.data
            ? t("studio.testsPassed", { passed, all: run.data.items.length })
            : t("studio.testCount", { count: data.items.length })}
        </Text>
        {writes && (
          <Button size="compact-sm" leftSection={<IconPlayerPlay size={14} />} loading={run.isPending} onClick={() => run.mutate()}>
            {t("studio.runTests")}
          </Button>
        )}
      </Group>
      {run.error && <ProblemPanel problem={run.error} />}
      <ul className={classes.entries} aria-label={t("studio.tab.tests")}>
        {rows.map((one) => (
          <Row key={one.name} moduleId={moduleId} test={one} outcome={outcomes.get(one.name)} />
        ))}
      </ul>
    </Stack>
  );
}

function Row({ moduleId, test, outcome }: { moduleId: string; test: ModuleTest; outcome: TestOutcome | undefined }) {
  const { t } = useTranslation();
  return (
    <li>
      <Stack gap="xs" p="xs">
        <Group gap="xs" wrap="nowrap">
          {outcome && <Badge color={outcome.ok ? "teal" : "red"}>{t(outcome.ok ? "studio.testOk" : "studio.testFailed")}</Badge>}
          <Stack gap={0} flex={1} miw={0}>
            <Text size="sm" fw={550} style={{ overflowWrap: "anywhere" }}>
              {broken(test.name)}
            </Text>
            <Text size="xs" c="dimmed" ff="monospace" truncate>
              {shortName(test.function)}
            </Text>
          </Stack>
          <Removal moduleId={moduleId} name={test.name} />
        </Group>
        {outcome?.error && <CallFailure error={errorOfRecord(String(outcome.error.kind ?? ""), outcome.error)} />}
        {outcome && outcome.differences.length > 0 && <Differences differences={outcome.differences} />}
        {outcome && <Unrecorded requests={outcome.unrecorded} />}
      </Stack>
    </li>
  );
}

/** A long name goes to the next line after an underscore. */
function broken(name: string): ReactNode {
  return name.split(/(?<=_)/).map((part, index) => (
    // Parts of a name have no key but their place.
    // oxlint-disable-next-line react/no-array-index-key
    <Fragment key={index}>
      {part}
      <wbr />
    </Fragment>
  ));
}

function Removal({ moduleId, name }: { moduleId: string; name: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const writes = useRight("modules.write");
  const removal = useMutation({
    mutationFn: () => modules.removeTest(moduleId, name),
    onSuccess: () => client.invalidateQueries({ queryKey: ["modules", moduleId, "tests"] }),
    onError: tellProblem,
  });
  if (!writes) return null;
  const confirm = () =>
    ask({
      title: t("studio.removeTestTitle", { name }),
      text: t("studio.removeTestText"),
      confirm: t("common.delete"),
      danger: true,
      onConfirm: () => removal.mutate(),
    });
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={t("studio.removeTestNamed", { name })} loading={removal.isPending} onClick={confirm}>
      <IconTrash size={16} />
    </ActionIcon>
  );
}
