import { Alert, Button, Group, Progress, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { contactList, type BulkOrder, type BulkRun, type Selection } from "../../../api/contact-list";
import { contacts } from "../../../api/contacts";
import { segments } from "../../../api/segments";
import { Dialog } from "../../../ui/Dialog";
import { useFormat } from "../../../ui/format";
import { tellProblem } from "../../../ui/notices";
import { ProblemPanel } from "../../../ui/ProblemPanel";

export type BulkKind = "add_to_segment" | "remove_from_segment" | "set_owner" | "give_consent" | "withdraw_consent" | "block" | "unblock";

const ALL = "-";

interface Answers {
  chosen: string | null;
  how: string;
}

/** What the server is asked for; nothing while an answer is missing. */
function orderOf(kind: BulkKind, { chosen, how }: Answers): Omit<BulkOrder, "selection"> | undefined {
  switch (kind) {
    case "add_to_segment":
    case "remove_from_segment":
      return chosen ? { action: kind, arguments: { segmentId: chosen } } : undefined;
    case "set_owner":
      return chosen ? { action: kind, arguments: { ownerId: chosen === ALL ? null : chosen } } : undefined;
    case "block":
    case "unblock":
      return { action: "set_blocked", arguments: { blocked: kind === "block" } };
    default: {
      if (!chosen || !how.trim()) return undefined;
      const state = kind === "give_consent" ? "given" : "withdrawn";
      return { action: "set_consent", arguments: { categoryId: chosen === ALL ? null : chosen, state, how: how.trim() } };
    }
  }
}

interface Props {
  kind: BulkKind;
  words: ReactNode;
  selection: Selection;
  onClose: () => void;
}

/** Asks what an action needs, begins it, and follows it. */
export function BulkDialog({ kind, words, selection, onClose }: Props) {
  const { t } = useTranslation();
  const [answers, setAnswers] = useState<Answers>({ chosen: null, how: "" });
  const beginning = useMutation({ mutationFn: contactList.begin });
  const order = orderOf(kind, answers);
  return (
    <Dialog opened onClose={onClose} title={t(`contactList.do.${kind}`)}>
      {beginning.data ? (
        <Following id={beginning.data.id} onClose={onClose} />
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (order) beginning.mutate({ ...order, selection });
          }}
        >
          <Stack>
            {beginning.error && <ProblemPanel problem={beginning.error} />}
            <Text size="sm" c="dimmed">
              {words}
            </Text>
            <Questions kind={kind} answers={answers} set={setAnswers} />
            <Group justify="flex-end">
              <Button type="submit" color={kind === "block" ? "red" : undefined} disabled={!order} loading={beginning.isPending}>
                {t("contactList.apply")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}

function Questions({ kind, answers, set }: { kind: BulkKind; answers: Answers; set: (answers: Answers) => void }) {
  const { t } = useTranslation();
  const choose = (chosen: string | null) => set({ ...answers, chosen });
  if (kind === "block" || kind === "unblock") return <Text size="sm">{t(kind === "block" ? "contactList.blockText" : "contactList.unblockText")}</Text>;
  if (kind === "set_owner") return <OwnerChoice value={answers.chosen} onChange={choose} />;
  if (kind === "add_to_segment" || kind === "remove_from_segment") return <SegmentChoice value={answers.chosen} onChange={choose} />;
  return (
    <>
      {kind === "give_consent" && <Alert color="blue">{t("contactList.keepsUnsubscribed")}</Alert>}
      <CategoryChoice withAll={kind === "withdraw_consent"} value={answers.chosen} onChange={choose} />
      <TextInput
        label={t("contactList.how")}
        description={t("contactList.howHint")}
        maxLength={500}
        value={answers.how}
        onChange={(event) => set({ ...answers, how: event.currentTarget.value })}
      />
    </>
  );
}

interface ChoiceProps {
  value: string | null;
  onChange: (value: string | null) => void;
}

function OwnerChoice(props: ChoiceProps) {
  const { t } = useTranslation();
  const owners = useQuery(contactList.owners).data ?? [];
  const data = [{ value: ALL, label: t("contactList.nobody") }, ...owners.map(({ id, name }) => ({ value: id, label: name }))];
  return <Select label={t("contactList.owner")} searchable data={data} {...props} />;
}

function SegmentChoice(props: ChoiceProps) {
  const { t } = useTranslation();
  const known = useQuery(segments.list).data?.items;
  const data = (known ?? []).filter((each) => each.kind === "static").map((each) => ({ value: each.id, label: each.name }));
  return (
    <Select
      label={t("contactList.staticSegment")}
      description={known && data.length === 0 ? t("contactList.noStatic") : undefined}
      searchable
      data={data}
      {...props}
    />
  );
}

function CategoryChoice({ withAll, ...props }: ChoiceProps & { withAll: boolean }) {
  const { t } = useTranslation();
  const known = (useQuery(contacts.categories).data ?? []).map((each) => ({ value: each.id, label: each.title }));
  const data = withAll ? [{ value: ALL, label: t("contactList.allCategories") }, ...known] : known;
  return <Select label={t("contactList.category")} data={data} {...props} />;
}

function Following({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const run = useQuery(contactList.run(id));
  const stopping = useMutation({
    mutationFn: () => contactList.cancel(id),
    onSuccess: () => client.invalidateQueries({ queryKey: contactList.run(id).queryKey }),
    onError: tellProblem,
  });
  const state = run.data?.state;
  useEffect(() => {
    if (state && state !== "running") {
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
