import { Button, Checkbox, Group, NumberInput, PasswordInput, SegmentedControl, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { schedules, type Schedule, type ScheduleBody } from "../../api/schedules";
import { useRight, useSession } from "../../api/session";
import { Dialog } from "../../ui/Dialog";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { TimeOfDay } from "../../ui/TimeOfDay";

interface Props {
  /** The one that is changed; without it a new one is made. */
  schedule?: Schedule;
  opened: boolean;
  onClose: () => void;
  onDone: (schedule: Schedule) => void;
}

type Kind = "none" | "basic" | "header";
type Draft = Omit<ScheduleBody, "credential" | "everyHours" | "atTime"> & {
  daily: boolean;
  hours: number;
  time: string;
  kind: Kind;
  credentialName: string;
  secret: string;
};

const draftOf = (one: Schedule | undefined): Draft => ({
  name: one?.name ?? "",
  url: one?.url ?? "",
  privateAllowed: one?.privateAllowed ?? false,
  daily: one ? one.atTime !== null : true,
  hours: one?.everyHours ?? 6,
  time: one?.atTime ?? "06:00",
  kind: one?.credential?.kind ?? "none",
  credentialName: one?.credential?.name ?? "",
  secret: "",
});

const bodyOf = (draft: Draft): ScheduleBody => ({
  name: draft.name.trim(),
  url: draft.url.trim(),
  privateAllowed: draft.privateAllowed ?? false,
  everyHours: draft.daily ? null : draft.hours,
  atTime: draft.daily ? draft.time : null,
  credential: draft.kind === "none" ? null : { kind: draft.kind, name: draft.credentialName.trim(), secret: draft.secret || null },
});

export function ScheduleDialog({ schedule, opened, onClose, onDone }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog title={schedule ? t("schedules.edit") : t("schedules.add")} opened={opened} onClose={onClose} size="lg">
      <Form schedule={schedule} onClose={onClose} onDone={onDone} />
    </Dialog>
  );
}

function Form({ schedule, onClose, onDone }: Omit<Props, "opened">) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(schedule));
  const put = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const saving = useMutation({
    mutationFn: () => (schedule ? schedules.change(schedule.id, bodyOf(draft)) : schedules.create(bodyOf(draft))),
    onSuccess: async (saved) => {
      client.setQueryData(schedules.card(saved.id).queryKey, saved);
      await client.invalidateQueries({ queryKey: ["schedules"] });
      onDone(saved);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput data-autofocus required label={t("schedules.name")} placeholder={t("schedules.nameExample")} maxLength={200} value={draft.name} onChange={(event) => put({ name: event.currentTarget.value })} />
        <TextInput required type="url" label={t("schedules.url")} description={t("schedules.urlHint")} placeholder="https://example.com/export/contacts.csv" value={draft.url} onChange={(event) => put({ url: event.currentTarget.value })} />
        <Rhythm draft={draft} put={put} />
        <Credential draft={draft} put={put} kept={Boolean(schedule?.credential)} />
        <Private draft={draft} put={put} />
        {saving.error && <ProblemPanel problem={saving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" loading={saving.isPending}>
            {schedule ? t("common.save") : t("schedules.fetch")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface Part {
  draft: Draft;
  put: (change: Partial<Draft>) => void;
}

function Rhythm({ draft, put }: Part) {
  const { t } = useTranslation();
  const zone = useSession().organisation.timezone;
  return (
    <Stack gap={6}>
      <Text size="sm" fw={500}>
        {t("schedules.when")}
      </Text>
      <Group gap="sm" align="center">
        <SegmentedControl
          aria-label={t("schedules.when")}
          value={draft.daily ? "day" : "hours"}
          onChange={(value) => put({ daily: value === "day" })}
          data={[
            { value: "day", label: t("schedules.daily") },
            { value: "hours", label: t("schedules.hourly") },
          ]}
        />
        {draft.daily ? (
          <TimeOfDay w={130} role="group" aria-label={t("schedules.time")} value={draft.time} onChange={(time) => put({ time })} />
        ) : (
          <NumberInput w={130} required aria-label={t("schedules.hours")} suffix={t("schedules.hoursSuffix")} min={1} max={720} allowDecimal={false} clampBehavior="strict" value={draft.hours} onChange={(hours) => typeof hours === "number" && put({ hours })} />
        )}
        {draft.daily && (
          <Text size="sm" c="dimmed">
            {zone}
          </Text>
        )}
      </Group>
    </Stack>
  );
}

function Credential({ draft, put, kept }: Part & { kept: boolean }) {
  const { t } = useTranslation();
  const kinds: Kind[] = ["none", "basic", "header"];
  return (
    <Stack gap="sm">
      <Select
        label={t("schedules.credential")}
        allowDeselect={false}
        value={draft.kind}
        data={kinds.map((value) => ({ value, label: t(`schedules.credentialOf.${value}`) }))}
        onChange={(kind) => put({ kind: kind as Kind, credentialName: kind === "header" ? "Authorization" : "", secret: "" })}
      />
      {draft.kind !== "none" && (
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput required label={t(`schedules.credentialName.${draft.kind}`)} autoComplete="off" maxLength={128} value={draft.credentialName} onChange={(event) => put({ credentialName: event.currentTarget.value })} />
          <PasswordInput
            required={!kept}
            label={t(`schedules.secret.${draft.kind}`)}
            autoComplete="new-password"
            placeholder={kept ? t("accounts.secretKept") : undefined}
            visibilityToggleButtonProps={{ "aria-label": t("entry.showPassword") }}
            value={draft.secret}
            onChange={(event) => put({ secret: event.currentTarget.value })}
          />
        </SimpleGrid>
      )}
    </Stack>
  );
}

function Private({ draft, put }: Part) {
  const { t } = useTranslation();
  const may = useRight("hosts.approve");
  if (!may && !draft.privateAllowed) return null;
  return (
    <Checkbox
      label={t("schedules.private")}
      description={t("schedules.privateHint")}
      checked={draft.privateAllowed ?? false}
      onChange={(event) => put({ privateAllowed: event.currentTarget.checked })}
    />
  );
}
