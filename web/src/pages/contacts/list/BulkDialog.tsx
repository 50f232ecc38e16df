import { Alert, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { contactList, type BulkOrder, type Selection } from "../../../api/contact-list";
import { contacts } from "../../../api/contacts";
import { segments } from "../../../api/segments";
import { Dialog } from "../../../ui/Dialog";
import { ProblemPanel } from "../../../ui/ProblemPanel";
import { Following } from "./Following";

export type BulkKind = "add_to_segment" | "remove_from_segment" | "set_owner" | "give_consent" | "withdraw_consent" | "block" | "unblock";

const ALL = "-";
const NEW = "+";

interface Answers {
  chosen: string | null;
  /** Of the segment that is made for them. */
  name: string;
  how: string;
}

/** What the server is asked for; nothing while an answer is missing. */
function orderOf(kind: BulkKind, { chosen, name, how }: Answers): Omit<BulkOrder, "selection"> | undefined {
  switch (kind) {
    case "add_to_segment":
    case "remove_from_segment":
      return chosen && (chosen !== NEW || name.trim()) ? { action: kind, arguments: { segmentId: chosen } } : undefined;
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
  const client = useQueryClient();
  const [answers, setAnswers] = useState<Answers>({ chosen: null, name: "", how: "" });
  const beginning = useMutation({
    mutationFn: async (asked: BulkOrder) => {
      if (asked.arguments.segmentId !== NEW) return contactList.begin(asked);
      const { id } = await segments.create({ name: answers.name.trim() });
      // What follows may fail and be asked for again: the segment is there then.
      setAnswers({ ...answers, chosen: id });
      await client.invalidateQueries({ queryKey: ["segments"] });
      return contactList.begin({ ...asked, arguments: { segmentId: id } });
    },
  });
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
  if (kind === "remove_from_segment") return <SegmentChoice value={answers.chosen} onChange={choose} />;
  if (kind === "add_to_segment") {
    return (
      <>
        <SegmentChoice withNew value={answers.chosen} onChange={choose} />
        {answers.chosen === NEW && (
          <TextInput
            label={t("contactList.newSegmentName")}
            maxLength={200}
            data-autofocus
            value={answers.name}
            onChange={(event) => set({ ...answers, name: event.currentTarget.value })}
          />
        )}
      </>
    );
  }
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

function SegmentChoice({ withNew, ...props }: ChoiceProps & { withNew?: boolean }) {
  const { t } = useTranslation();
  const known = useQuery(segments.list).data?.items;
  const data = (known ?? []).filter((each) => each.kind === "static").map((each) => ({ value: each.id, label: each.name }));
  const offered = withNew ? [{ value: NEW, label: t("contactList.newSegment") }, ...data] : data;
  return (
    <Select
      label={t("contactList.staticSegment")}
      description={known && offered.length === 0 ? t("contactList.noStatic") : undefined}
      searchable
      data={offered}
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
