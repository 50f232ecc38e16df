import { Alert, Button, Group, Progress, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";
import { useTranslation } from "react-i18next";
import { contactList, type BulkRun } from "../../../api/contact-list";
import { useFormat } from "../../../ui/format";
import { tellProblem } from "../../../ui/notices";
import { ProblemPanel } from "../../../ui/ProblemPanel";

interface Props {
  id: string;
  /** Hears that all is done, once. */
  onDone?: (run: BulkRun) => void;
  onClose: () => void;
}

/** How far a bulk run is, and what came of it; it goes on when nobody looks. */
export function Following({ id, onDone, onClose }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const run = useQuery(contactList.run(id));
  const stopping = useMutation({
    mutationFn: () => contactList.cancel(id),
    onSuccess: () => client.invalidateQueries({ queryKey: contactList.run(id).queryKey }),
    onError: tellProblem,
  });
  const state = run.data?.state;
  const finished = useEffectEvent(() => {
    if (run.data?.state === "done") onDone?.(run.data);
  });
  useEffect(() => {
    if (state && state !== "running") {
      finished();
      void client.invalidateQueries({ queryKey: ["contacts"] });
      void client.invalidateQueries({ queryKey: ["segments"] });
    }
  }, [client, state]);
  if (run.error && !run.data) return <ProblemPanel problem={run.error} retry={() => void run.refetch()} />;
  return (
    <Stack>
      <Outcome run={run.data} />
      <Group justify="flex-end">
        {state === "running" && (
          <Button variant="default" loading={stopping.isPending} onClick={() => stopping.mutate()}>
            {t("contactList.stop")}
          </Button>
        )}
        {state !== "running" && <Button onClick={onClose}>{t("common.close")}</Button>}
      </Group>
    </Stack>
  );
}

function Outcome({ run }: { run: BulkRun | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const counted = run?.total ?? null;
  const numbers = { done: format.number(run?.done), total: format.number(counted) };
  if (!run || run.state === "running") {
    const part = counted ? ((run?.done ?? 0) / counted) * 100 : 100;
    return (
      <Stack gap="xs" aria-live="polite">
        <Progress value={part} animated={counted === null} aria-label={t("contactList.working")} />
        <Text size="sm" className="numbers">
          {counted === null ? t("contactList.counting") : t("contactList.progress", numbers)}
        </Text>
        <Text size="sm" c="dimmed">
          {t("contactList.goesOn")}
        </Text>
      </Stack>
    );
  }
  const titles = { done: "contactList.doneState", failed: "contactList.failedState", cancelled: "contactList.cancelledState" } as const;
  const same = run.done - run.changed - run.kept;
  return (
    <Alert color={run.state === "done" ? "teal" : run.state === "failed" ? "red" : "gray"} title={t(titles[run.state])}>
      <Stack gap={4} className="numbers">
        {run.reason && <span>{run.reason.text}</span>}
        <span>{t("contactList.result", { changed: format.number(run.changed), same: format.number(same) })}</span>
        {run.kept > 0 && <span>{t("contactList.keptResult", { kept: format.number(run.kept) })}</span>}
      </Stack>
    </Alert>
  );
}
