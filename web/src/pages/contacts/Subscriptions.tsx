import { Alert, Autocomplete, Button, Group, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconCategory, IconClipboardList } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { card } from "../../api/card";
import type { Choice, ContactCard } from "../../api/contacts";
import { useRight } from "../../api/session";
import { Dialog } from "../../ui/Dialog";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { tell } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { StatusBadge } from "../../ui/StatusBadge";
import { ConsentRecord } from "./ConsentRecord";
import { useGround } from "./ground";

const SUGGESTIONS = ["phone", "letter", "form", "contract"] as const;

/** The categories that a contact gets, each with the latest evidence. */
export function Subscriptions({ contact }: { contact: ContactCard }) {
  const { t } = useTranslation();
  const [reading, record] = useDisclosure();
  const [chosen, setChosen] = useState<Choice | null>(null);
  const button = (
    <Button size="compact-sm" variant="subtle" leftSection={<IconClipboardList size={16} />} onClick={record.open}>
      {t("card.consentRecord")}
    </Button>
  );
  return (
    <Panel title={t("contacts.subscriptions")} description={t("contacts.subscriptionsHint")} actions={button}>
      {contact.categories.length === 0 && (
        <EmptyState compact icon={IconCategory} title={t("contacts.noCategories")} text={t("contacts.noCategoriesHint")} />
      )}
      <Stack gap="sm">
        {contact.categories.map((choice) => <Line key={choice.categoryId} choice={choice} change={() => setChosen(choice)} />)}
      </Stack>
      {chosen && <ConsentDialog contact={contact} choice={chosen} onClose={() => setChosen(null)} />}
      <ConsentRecord contact={contact} opened={reading} onClose={record.close} />
    </Panel>
  );
}

function Line({ choice, change }: { choice: Choice; change: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const ground = useGround();
  const writes = useRight("contacts.write");
  return (
    <Group justify="space-between" wrap="nowrap">
      <Stack gap={0} miw={0}>
        <Group gap="xs">
          <Text size="sm" fw={550}>
            {choice.title}
          </Text>
          <StatusBadge kind="subscription" state={choice.subscribed ? "subscribed" : "unsubscribed"} size="sm" />
        </Group>
        <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {choice.at
            ? [format.dateTime(choice.at), ground(choice.how ?? ""), ground(choice.fromWhere ?? "")].filter(Boolean).join(" · ")
            : t("contacts.noEvidence")}
        </Text>
      </Stack>
      {writes && <Switch checked={choice.subscribed} aria-label={t("contacts.switchNamed", { category: choice.title })} onChange={change} />}
    </Group>
  );
}

/** Asks how the choice is known before it is noted: that is what proves it. */
function ConsentDialog({ contact, choice, onClose }: { contact: ContactCard; choice: Choice; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const gives = !choice.subscribed;
  const form = useForm({
    initialValues: { how: "", fromWhere: "" },
    validate: { how: (value) => (value.trim() ? null : t("card.howNeeded")) },
  });
  const noting = useMutation({
    mutationFn: (evidence: typeof form.values) =>
      card.consent(contact.id, { categoryId: choice.categoryId, state: gives ? "given" : "withdrawn", ...evidence }),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: ["contacts", contact.id] });
      tell(t(gives ? "contacts.subscribedTo" : "contacts.unsubscribedFrom", { category: choice.title }));
    },
  });
  const stopped = contact.emails.some(
    (one) => one.primary && one.stops.some((stop) => stop.categoryId === null || stop.categoryId === choice.categoryId),
  );
  return (
    <Dialog opened onClose={onClose} title={t(gives ? "card.giveTitle" : "card.withdrawTitle", { category: choice.title })}>
      <form onSubmit={form.onSubmit((values) => noting.mutate(values))} noValidate>
        <Stack>
          {noting.error && <ProblemPanel problem={noting.error} />}
          {gives && stopped && <Alert color="orange">{t("card.stillStopped")}</Alert>}
          <Autocomplete
            data-autofocus
            openOnFocus={false}
            label={t("card.howLabel")}
            description={t("card.howHint")}
            maxLength={500}
            data={SUGGESTIONS.map((one) => t(`card.suggestion.${one}`))}
            {...form.getInputProps("how")}
          />
          <TextInput label={t("card.fromWhereLabel")} description={t("card.fromWhereHint")} maxLength={500} {...form.getInputProps("fromWhere")} />
          <Group justify="flex-end">
            <Button type="submit" loading={noting.isPending}>
              {t("card.note")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
