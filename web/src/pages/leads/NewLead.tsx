import { Button, Group, Select, SimpleGrid, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { card } from "../../api/card";
import { leads } from "../../api/leads";
import { useRight, useSession } from "../../api/session";
import { Dialog } from "../../ui/Dialog";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { isInn } from "./inn";

const EMPTY = { title: "", person: "", company: "", email: "", phone: "", inn: "", city: "", description: "", channelId: null as string | null };

/** A lead by hand: somebody called, or came. */
export function NewLead({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const session = useSession();
  const seesPeople = useRight("contacts.read");
  const people = useQuery({ ...card.owners, enabled: seesPeople }).data ?? [];
  const channels = useQuery(leads.channels).data ?? [];
  const form = useForm({
    initialValues: { ...EMPTY, responsibleId: session.user.id as string | null },
    validate: {
      title: (_, { title, person, company, email, phone }) =>
        [title, person, company, email, phone].some((text) => text.trim()) ? null : t("leads.somethingNeeded"),
      inn: (value) => (value.trim() === "" || isInn(value.replaceAll(" ", "")) ? null : t("leads.innWrong")),
    },
  });
  const adding = useMutation({
    mutationFn: leads.add,
    onSuccess: async ({ id }) => {
      onClose();
      await client.invalidateQueries({ queryKey: ["leads"] });
      await navigate({ to: "/leads/$id", params: { id } } as never);
    },
  });
  const given = form.getInputProps;
  return (
    <Dialog opened size="lg" onClose={onClose} title={t("leads.add")}>
      <form onSubmit={form.onSubmit((values) => adding.mutate(values as Parameters<typeof leads.add>[0]))} noValidate>
        <Stack>
          {adding.error && <ProblemPanel problem={adding.error} />}
          <TextInput data-autofocus label={t("leads.field.title")} {...given("title")} />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput label={t("leads.field.person")} {...given("person")} />
            <TextInput label={t("leads.field.company")} {...given("company")} />
            <TextInput label={t("leads.field.phone")} type="tel" {...given("phone")} />
            <TextInput label={t("leads.field.email")} type="email" {...given("email")} />
            <TextInput label={t("leads.field.inn")} inputMode="numeric" {...given("inn")} />
            <TextInput label={t("leads.field.city")} {...given("city")} />
            <Select clearable searchable label={t("leads.channel")} data={channels.map((one) => ({ value: one.id, label: one.title }))} {...given("channelId")} />
            {seesPeople && (
              <Select
                clearable
                searchable
                label={t("leads.responsible")}
                placeholder={t("leads.byRules")}
                data={people.map((one) => ({ value: one.id, label: one.name }))}
                {...given("responsibleId")}
              />
            )}
          </SimpleGrid>
          <Textarea autosize minRows={3} maxRows={10} label={t("leads.field.description")} {...given("description")} />
          <Text size="sm" c="dimmed">
            {t("leads.addHint")}
          </Text>
          <Group justify="flex-end">
            <Button type="submit" loading={adding.isPending}>
              {t("leads.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
