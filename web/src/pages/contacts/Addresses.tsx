import { ActionIcon, Badge, Button, Group, Stack, Text, Tooltip } from "@mantine/core";
import { IconAt, IconMailOff } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { contacts, type AddressKind, type ContactAddress, type ContactCard, type Stop } from "../../api/contacts";
import { useRight } from "../../api/session";
import { Contactable } from "../../ui/Contactable";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { ask, tell, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";

/** A contact's e-mails and phones, each with what the stop-list says about it. */
export function Addresses({ contact }: { contact: ContactCard }) {
  const { t } = useTranslation();
  const none = contact.emails.length + contact.phones.length === 0;
  return (
    <Panel title={t("contacts.addresses")}>
      {none && <EmptyState compact icon={IconAt} title={t("contacts.noAddresses")} text={t("contacts.noAddressesHint")} />}
      <Stack gap="md">
        {contact.emails.map((one) => <AddressLine key={one.id} kind="email" own={one} contact={contact} />)}
        {contact.phones.map((one) => <AddressLine key={one.id} kind="phone" own={one} contact={contact} />)}
      </Stack>
    </Panel>
  );
}

/** The first address of its kind is the primary one. */
function MakePrimary({ kind, address, contact }: { kind: AddressKind; address: string; contact: ContactCard }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const name = kind === "email" ? "emails" : "phones";
  const ordering = useMutation({
    mutationFn: () => contacts.change(contact.id, { [name]: [address, ...contact[name].map((one) => one.address).filter((one) => one !== address)] }),
    onSuccess: async () => {
      tell(t("contacts.primaryNow", { address }));
      await client.invalidateQueries({ queryKey: ["contacts"] });
    },
    onError: tellProblem,
  });
  return (
    <Button
      size="compact-xs"
      variant="subtle"
      loading={ordering.isPending}
      aria-label={t("contacts.makePrimaryNamed", { address })}
      onClick={() => ordering.mutate()}
    >
      {t("contacts.makePrimary")}
    </Button>
  );
}

function AddressLine({ kind, own, contact }: { kind: AddressKind; own: ContactAddress; contact: ContactCard }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const writes = useRight("contacts.write");
  const refresh = () => client.invalidateQueries({ queryKey: ["contacts", contact.id] });
  const stopping = useMutation({
    mutationFn: () => contacts.stop({ kind, address: own.address, categoryId: null }),
    onSuccess: async () => {
      tell(t("contacts.stopped", { address: own.address }));
      await refresh();
    },
    onError: tellProblem,
  });
  const confirm = () =>
    ask({
      title: t("contacts.stopTitle", { address: own.address }),
      text: t("contacts.stopText"),
      confirm: t("contacts.stop"),
      danger: true,
      onConfirm: () => stopping.mutate(),
    });
  const everything = own.stops.some((stop) => stop.categoryId === null);
  return (
    <Stack gap={4}>
      <Group gap="xs" justify="space-between" style={{ rowGap: 2 }}>
        <Text size="sm" fw={550} miw={0} style={{ overflowWrap: "anywhere" }}>
          <Contactable text={own.address} />
        </Text>
        <Group gap={6} wrap="nowrap" ml="auto">
          {own.primary && <Badge size="sm">{t("contacts.primary")}</Badge>}
          {writes && !own.primary && <MakePrimary kind={kind} address={own.address} contact={contact} />}
          {writes && !everything && (
            <Tooltip label={t("contacts.stop")}>
              <ActionIcon
                size="sm"
                variant="subtle"
                color="gray"
                loading={stopping.isPending}
                onClick={confirm}
                aria-label={t("contacts.stopNamed", { address: own.address })}
              >
                <IconMailOff size={16} />
              </ActionIcon>
            </Tooltip>
          )}
        </Group>
      </Group>
      {own.stops.map((stop) => (
        <StopLine key={`${stop.categoryId}${stop.reason}`} stop={stop} kind={kind} address={own.address} refresh={refresh} />
      ))}
    </Stack>
  );
}

function StopLine({ stop, kind, address, refresh }: { stop: Stop; kind: AddressKind; address: string; refresh: () => Promise<void> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const writes = useRight("contacts.write");
  const categories = useQuery(contacts.categories).data ?? [];
  const category = categories.find((one) => one.id === stop.categoryId)?.title;
  const lifting = useMutation({
    mutationFn: () => contacts.lift({ kind, address, categoryId: stop.categoryId, how: t("contacts.liftedByHand") }),
    onSuccess: async () => {
      tell(t("contacts.lifted", { address }));
      await refresh();
    },
    onError: tellProblem,
  });
  const confirm = () =>
    ask({
      title: t("contacts.liftTitle", { address }),
      text: t("contacts.liftText"),
      confirm: t("contacts.lift"),
      onConfirm: () => lifting.mutate(),
    });
  return (
    <Group gap="xs">
      <Badge color={stop.reason === "unsubscribe" ? "orange" : "red"}>{t(`contacts.reason.${stop.reason}`)}</Badge>
      <Text size="xs" c="dimmed">
        {category ? t("contacts.inCategory", { category }) : t("contacts.inAll")} · {format.date(stop.at)}
      </Text>
      {writes && (
        <Button size="compact-xs" variant="subtle" loading={lifting.isPending} onClick={confirm}>
          {t("contacts.lift")}
        </Button>
      )}
    </Group>
  );
}
