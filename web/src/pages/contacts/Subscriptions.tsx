import { Group, Stack, Switch, Text } from "@mantine/core";
import { IconCategory } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { contacts, type Choice, type ContactCard } from "../../api/contacts";
import { useRight } from "../../api/session";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { tell, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { StatusBadge } from "../../ui/StatusBadge";

/** The categories that a contact gets, each with the latest evidence. */
export function Subscriptions({ contact }: { contact: ContactCard }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("contacts.subscriptions")} description={t("contacts.subscriptionsHint")}>
      {contact.categories.length === 0 && (
        <EmptyState compact icon={IconCategory} title={t("contacts.noCategories")} text={t("contacts.noCategoriesHint")} />
      )}
      <Stack gap="sm">
        {contact.categories.map((choice) => <Line key={choice.categoryId} contact={contact} choice={choice} />)}
      </Stack>
    </Panel>
  );
}

function Line({ contact, choice }: { contact: ContactCard; choice: Choice }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const writes = useRight("contacts.write");
  const change = useMutation({
    mutationFn: (given: boolean) =>
      contacts.consent(contact.id, {
        categoryId: choice.categoryId,
        state: given ? "given" : "withdrawn",
        how: t("contacts.byHand"),
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["contacts", contact.id] });
      tell(t(choice.subscribed ? "contacts.unsubscribedFrom" : "contacts.subscribedTo", { category: choice.title }));
    },
    onError: tellProblem,
  });
  return (
    <Group justify="space-between" wrap="nowrap">
      <Stack gap={0}>
        <Group gap="xs">
          <Text size="sm" fw={550}>
            {choice.title}
          </Text>
          <StatusBadge kind="subscription" state={choice.subscribed ? "subscribed" : "unsubscribed"} size="sm" />
        </Group>
        <Text size="xs" c="dimmed">
          {choice.at ? [format.dateTime(choice.at), choice.how, choice.fromWhere].filter(Boolean).join(" · ") : t("contacts.noEvidence")}
        </Text>
      </Stack>
      {writes && (
        <Switch
          checked={choice.subscribed}
          disabled={change.isPending}
          aria-label={t("contacts.switchNamed", { category: choice.title })}
          onChange={(event) => change.mutate(event.currentTarget.checked)}
        />
      )}
    </Group>
  );
}
