import { Alert, Button, Checkbox, Group, Radio, Select, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { duplicates } from "../../api/card";
import { contacts, type ContactRow } from "../../api/contacts";
import { localised } from "../../i18n";
import { Dialog } from "../../ui/Dialog";
import { Facts } from "../../ui/Facts";
import { phone } from "../../ui/format";
import { tell } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";

type Choices = Record<string, string>;

interface Part {
  key: string;
  label: string;
  shown: (row: ContactRow) => string | null;
}

interface Props {
  people: ContactRow[];
  onClose: () => void;
  onMerged: (id: string) => void;
}

/** Chooses which contact stays, and from which of them each value is taken where they differ. */
export function MergeDialog({ people, onClose, onMerged }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ticked, setTicked] = useState(people.map((one) => one.id));
  const [kept, setKept] = useState(people[0]?.id ?? "");
  const [choices, setChoices] = useState<Choices>({});
  const chosen = people.filter((one) => ticked.includes(one.id));
  const stays = ticked.includes(kept) ? kept : (chosen[0]?.id ?? "");
  const parts = useParts().filter((part) => new Set(chosen.map(part.shown).filter(Boolean)).size > 1);
  const merging = useMutation({
    mutationFn: () => {
      const taken = Object.entries(choices).filter(([key, id]) => ticked.includes(id) && parts.some((part) => part.key === key));
      const named = taken.filter(([key]) => !key.startsWith("fields."));
      const custom = taken.filter(([key]) => key.startsWith("fields.")).map(([key, id]) => [key.slice("fields.".length), id]);
      return duplicates.merge(stays, {
        otherIds: ticked.filter((id) => id !== stays),
        ...Object.fromEntries(named),
        fields: Object.fromEntries(custom) as Record<string, string>,
      });
    },
    onSuccess: async (card) => {
      tell(t("merge.done"));
      onMerged(card.id);
      await client.invalidateQueries({ queryKey: ["contacts"] });
    },
  });
  const valueOf = (part: Part) => choices[part.key] ?? [stays, ...ticked].find((id) => chosen.some((one) => one.id === id && part.shown(one)));
  return (
    <Dialog opened onClose={onClose} title={t("merge.dialog")} size="lg">
      <Stack>
        {merging.error && <ProblemPanel problem={merging.error} />}
        <Checkbox.Group label={t("merge.who")} value={ticked} onChange={setTicked} error={ticked.length < 2 && t("merge.needTwo")}>
          <Stack gap="xs" mt="xs" mb="xs">
            {people.map((one) => <Checkbox key={one.id} value={one.id} label={<Person row={one} />} />)}
          </Stack>
        </Checkbox.Group>
        <Radio.Group label={t("merge.kept")} description={t("merge.keptHint")} value={stays} onChange={setKept}>
          <Stack gap="xs" mt="xs">
            {chosen.map((one) => <Radio key={one.id} value={one.id} label={<Person row={one} />} />)}
          </Stack>
        </Radio.Group>
        {parts.length > 0 && (
          <Text size="sm" fw={550}>
            {t("merge.choose")}
          </Text>
        )}
        {parts.map((part) => (
          <Select
            key={part.key}
            label={part.label}
            allowDeselect={false}
            value={valueOf(part) ?? null}
            onChange={(id) => id && setChoices({ ...choices, [part.key]: id })}
            data={chosen.map((one) => ({ value: one.id, label: part.shown(one) ?? t("merge.empty_value") }))}
          />
        ))}
        <Alert color="orange">{t("merge.consequences")}</Alert>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          <Button disabled={ticked.length < 2} loading={merging.isPending} onClick={() => merging.mutate()}>
            {t("merge.confirm")}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function Person({ row }: { row: ContactRow }) {
  return (
    <>
      <Text size="sm" component="span" display="block">
        {row.name}
      </Text>
      <Text size="xs" c="dimmed" component="span" display="block">
        <Facts of={[row.company?.name, row.email, row.phone && phone(row.phone)]} />
      </Text>
    </>
  );
}

function useParts(): Part[] {
  const { t } = useTranslation();
  const defined = useQuery(contacts.fields).data ?? [];
  return [
    { key: "name", label: t("merge.name"), shown: (row) => row.name },
    { key: "email", label: t("merge.email"), shown: (row) => row.email },
    { key: "phone", label: t("merge.phone"), shown: (row) => row.phone && phone(row.phone) },
    { key: "company", label: t("merge.company"), shown: (row) => row.company?.name ?? null },
    ...defined.map((field) => ({
      key: `fields.${field.key}`,
      label: localised(field.title),
      shown: (row: ContactRow) => {
        const value = row.fields[field.key];
        if (value === undefined || value === null) return null;
        return typeof value === "boolean" ? t(value ? "common.yes" : "common.no") : String(value);
      },
    })),
  ];
}
