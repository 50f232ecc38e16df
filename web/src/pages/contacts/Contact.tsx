import { ActionIcon, Alert, Anchor, Avatar, Button, Group, Menu, SimpleGrid, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconArrowsJoin, IconBan, IconDots, IconFileDownload, IconPencil, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { duplicates, privacy } from "../../api/card";
import { contacts, type ContactCard } from "../../api/contacts";
import { useRight } from "../../api/session";
import { localised } from "../../i18n";
import { Facts } from "../../ui/Facts";
import { Field } from "../../ui/Field";
import { phone, useFormat } from "../../ui/format";
import { PageLoading } from "../../ui/Loading";
import { ask, tell, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";
import { Addresses } from "./Addresses";
import classes from "./Contact.module.css";
import { ContactBadge } from "./ContactBadge";
import { EditContact } from "./EditContact";
import { EraseDialog } from "./EraseDialog";
import { MergeDialog } from "./MergeDialog";
import { ContactPanel } from "./panel/ContactPanel";
import { Subscriptions } from "./Subscriptions";
import { Timeline } from "./Timeline";

const route = getRouteApi("/inside/contacts/$id");

export default function ContactPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(contacts.card(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
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
        description={<Facts of={[contact.company?.name, contact.email, contact.phone && phone(contact.phone)]} />}
        back={{ to: "/contacts", label: t("contacts.title") }}
        badges={<ContactBadge row={contact} />}
        actions={
          <>
            {writes && <Block contact={contact} />}
            {writes && (
              <Button leftSection={<IconPencil size={16} />} onClick={dialog.open}>
                {t("contacts.edit")}
              </Button>
            )}
            <PersonalData contact={contact} />
          </>
        }
      />
      <MaybeTheSame contact={contact} />
      <div className={classes.page}>
        <SimpleGrid cols={{ base: 1, xl: 2 }} className={classes.about}>
          <Stack>
            <About contact={contact} />
            <Addresses contact={contact} />
          </Stack>
          <Subscriptions contact={contact} />
        </SimpleGrid>
        <div className={classes.panel}>
          <ContactPanel contactId={contact.id} />
        </div>
        <div className={classes.timeline}>
          <Timeline contactId={contact.id} />
        </div>
      </div>
      <EditContact key={String(editing)} opened={editing} onClose={dialog.close} contact={contact} />
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
            {contact.company ? (
              <Anchor component={Link} to={`/companies/${contact.company.id}`} size="sm">
                {contact.company.name}
              </Anchor>
            ) : (
              t("contacts.noCompany")
            )}
          </Text>
        </Stack>
      </Group>
      {contact.companyInn && <Field label={t("card.inn")}>{contact.companyInn}</Field>}
      <Field label={t("card.owner")}>{contact.owner?.name ?? t("card.noOwner")}</Field>
      {contact.externalId && <Field label={t("card.externalId")}>{contact.externalId}</Field>}
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
  return /^\d{4}-\d\d-\d\d$/.test(text) ? format.date(`${text}T12:00:00Z`) : text;
}

/** Who may be the same person, as soon as there is somebody. */
function MaybeTheSame({ contact }: { contact: ContactCard }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [merging, dialog] = useDisclosure();
  const writes = useRight("contacts.write");
  const found = useQuery(duplicates.of(contact.id)).data ?? [];
  if (!writes || found.length === 0) return null;
  return (
    <Alert color="blue" icon={<IconArrowsJoin size={18} />} title={t("merge.maybe", { count: found.length })} mb="md">
      <Group justify="space-between" gap="sm">
        <Text size="sm">
          {found.map((one) => one.name).join(", ")}. {t("merge.maybeHint")}
        </Text>
        <Button size="xs" variant="default" onClick={dialog.open}>
          {t("merge.review")}
        </Button>
      </Group>
      {merging && (
        <MergeDialog
          people={[contact, ...found]}
          onClose={dialog.close}
          onMerged={(id) => {
            dialog.close();
            void navigate({ to: "/contacts/$id", params: { id } });
          }}
        />
      )}
    </Alert>
  );
}

/** What a person may ask for: a file of everything, and to be forgotten. */
function PersonalData({ contact }: { contact: ContactCard }) {
  const { t } = useTranslation();
  const [erasing, dialog] = useDisclosure();
  if (!useRight("privacy.manage")) return null;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon size="lg" variant="default" aria-label={t("card.more")}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component="a" href={privacy.fileOf(contact.id)} download leftSection={<IconFileDownload size={16} />}>
            {t("privacy.handOut")}
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={dialog.open}>
            {t("privacy.erase")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {erasing && <EraseDialog contact={contact} onClose={dialog.close} />}
    </>
  );
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
