import { Avatar, Button, Grid, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBan, IconPencil } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { contacts, type ContactCard } from "../../api/contacts";
import { useRight } from "../../api/session";
import { localised } from "../../i18n";
import { Field } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { PageLoading } from "../../ui/Loading";
import { ask, tell, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";
import { Addresses } from "./Addresses";
import { ContactBadge } from "./Contacts";
import { EditContact } from "./EditContact";
import { Subscriptions } from "./Subscriptions";
import { Timeline } from "./Timeline";

const route = getRouteApi("/inside/contacts/$id");

export default function ContactPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(contacts.card(id));
  if (error) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return <Contact contact={data} />;
}

function Contact({ contact }: { contact: ContactCard }) {
  const { t } = useTranslation();
  const [editing, dialog] = useDisclosure();
  const writes = useRight("contacts.write");
  return (
    <>
      <PageHeader
        title={contact.name}
        description={[contact.company?.name, contact.email, contact.phone].filter(Boolean).join(" · ")}
        back={{ to: "/contacts", label: t("contacts.title") }}
        badges={<ContactBadge row={contact} />}
        actions={
          writes && (
            <>
              <Block contact={contact} />
              <Button leftSection={<IconPencil size={16} />} onClick={dialog.open}>
                {t("contacts.edit")}
              </Button>
            </>
          )
        }
      />
      <Grid>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack>
            <About contact={contact} />
            <Addresses contact={contact} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack>
            <Subscriptions contact={contact} />
            <Timeline contactId={contact.id} />
          </Stack>
        </Grid.Col>
      </Grid>
      <EditContact key={contact.updatedAt} opened={editing} onClose={dialog.close} contact={contact} />
    </>
  );
}

function About({ contact }: { contact: ContactCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const defined = useQuery(contacts.fields).data ?? [];
  return (
    <Panel>
      <Group mb="md" wrap="nowrap">
        <Avatar name={contact.name} color="initials" size={52} aria-hidden />
        <Stack gap={0}>
          <Text fw={600}>{contact.name}</Text>
          <Text size="sm" c="dimmed">
            {contact.company?.name ?? t("contacts.noCompany")}
          </Text>
        </Stack>
      </Group>
      {defined
        .filter((field) => contact.fields[field.key] !== undefined && contact.fields[field.key] !== null)
        .map((field) => (
          <Field key={field.key} label={localised(field.title)}>
            <Value value={contact.fields[field.key]} />
          </Field>
        ))}
      <Field label={t("contacts.added")}>{format.dateTime(contact.createdAt)}</Field>
      <Field label={t("contacts.changed")}>{format.dateTime(contact.updatedAt)}</Field>
    </Panel>
  );
}

function Value({ value }: { value: unknown }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (typeof value === "boolean") return t(value ? "common.yes" : "common.no");
  if (typeof value === "number") return format.number(value);
  const text = String(value);
  return /^\d{4}-\d\d-\d\d$/.test(text) ? format.date(text) : text;
}

function Block({ contact }: { contact: ContactCard }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: () => contacts.change(contact.id, { blocked: !contact.blocked }),
    onSuccess: async () => {
      tell(t(contact.blocked ? "contacts.unblockedNow" : "contacts.blockedNow"));
      await client.invalidateQueries({ queryKey: ["contacts"] });
    },
    onError: tellProblem,
  });
  const confirm = () =>
    ask({
      title: t("contacts.blockTitle", { name: contact.name }),
      text: t("contacts.blockText"),
      confirm: t("contacts.block"),
      danger: true,
      onConfirm: () => change.mutate(),
    });
  return (
    <Button
      variant="default"
      leftSection={<IconBan size={16} />}
      loading={change.isPending}
      onClick={() => (contact.blocked ? change.mutate() : confirm())}
    >
      {t(contact.blocked ? "contacts.unblock" : "contacts.block")}
    </Button>
  );
}
