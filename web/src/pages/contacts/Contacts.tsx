import { Avatar, Badge, Button, Group, Select, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAddressBook, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { contacts, type ContactRow } from "../../api/contacts";
import { segments } from "../../api/segments";
import { useRight } from "../../api/session";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";
import { NewContact } from "./NewContact";

export default function Contacts() {
  const { t } = useTranslation();
  const list = useListState();
  const [creating, dialog] = useDisclosure();
  const writes = useRight("contacts.write");
  const source = useQuery(
    contacts.list({ search: list.search, segmentId: list.segmentId, offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }),
  );
  const add = writes && (
    <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>
      {t("contacts.add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("contacts.title")} description={t("contacts.description")} actions={add} />
      <DataList<ContactRow>
        label={t("contacts.title")}
        source={source}
        list={list}
        columns={useColumns()}
        searchLabel={t("contacts.search")}
        filters={<SegmentFilter />}
        empty={<EmptyState icon={IconAddressBook} title={t("contacts.empty")} text={t("contacts.emptyHint")} actions={add} />}
      />
      <NewContact opened={creating} onClose={dialog.close} />
    </>
  );
}

function SegmentFilter() {
  const { t } = useTranslation();
  const list = useListState();
  const known = useQuery(segments.list).data?.items ?? [];
  return (
    <Select
      w={{ base: "100%", xs: 260 }}
      clearable
      searchable
      aria-label={t("contacts.segment")}
      placeholder={t("contacts.anySegment")}
      value={list.segmentId ?? null}
      onChange={(value) => list.set({ segmentId: value ?? "", page: 1 })}
      data={known.map((segment) => ({ value: segment.id, label: segment.name }))}
    />
  );
}

function useColumns(): Column<ContactRow>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "name",
      title: t("contacts.name"),
      render: (row) => (
        <Group gap="sm" wrap="nowrap">
          <Avatar name={row.name} color="initials" size={32} aria-hidden />
          <Stack gap={0}>
            <Link to="/contacts/$id" params={{ id: row.id }} className="row-link">
              {row.name}
            </Link>
            {row.company && (
              <Text size="xs" c="dimmed">
                {row.company.name}
              </Text>
            )}
          </Stack>
        </Group>
      ),
    },
    { key: "email", title: t("contacts.email"), render: (row) => <FirstOf value={row.email} all={row.emails.length} /> },
    { key: "phone", title: t("contacts.phone"), hide: "tablet", render: (row) => <FirstOf value={row.phone} all={row.phones.length} /> },
    { key: "state", title: t("common.state"), render: (row) => <ContactBadge row={row} /> },
    { key: "created", title: t("contacts.added"), hide: "phone", render: (row) => format.date(row.createdAt) },
  ];
}

function FirstOf({ value, all }: { value: string | null; all: number }) {
  return (
    <Group gap={6} wrap="nowrap">
      <span>{value ?? "—"}</span>
      {all > 1 && (
        <Badge size="sm" color="gray">
          +{all - 1}
        </Badge>
      )}
    </Group>
  );
}

export function ContactBadge({ row }: { row: ContactRow }) {
  const { t } = useTranslation();
  if (row.blocked) return <Badge color="red">{t("contacts.blocked")}</Badge>;
  if (row.unsubscribed) return <Badge color="orange">{t("contacts.unsubscribed")}</Badge>;
  return <Badge color="teal">{t("contacts.reachable")}</Badge>;
}
