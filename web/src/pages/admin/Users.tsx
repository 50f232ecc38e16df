import { Anchor, Avatar, Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus, IconUsers } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { people, type User } from "../../api/people";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";
import { InviteButton, Invitations } from "./Invitations";
import { UserDialog } from "./UserDialog";

export default function Users() {
  const { t } = useTranslation();
  const list = useListState();
  const [opened, dialog] = useDisclosure();
  const [edited, setEdited] = useState<User | null>(null);
  const open = (user: User | null) => {
    setEdited(user);
    dialog.open();
  };
  const source = useQuery(people.users({ search: list.search, offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }));
  return (
    <>
      <PageHeader
        title={t("users.title")}
        description={t("users.description")}
        actions={
          <>
            <Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => open(null)}>
              {t("users.add")}
            </Button>
            <InviteButton />
          </>
        }
      />
      <Invitations />
      <DataList<User>
        label={t("users.title")}
        source={source}
        list={list}
        columns={useColumns(open)}
        searchLabel={t("users.search")}
        empty={<EmptyState icon={IconUsers} title={t("users.empty")} text={t("users.emptyHint")} />}
      />
      <UserDialog key={`${edited?.id ?? "new"}${opened}`} opened={opened} onClose={dialog.close} user={edited} />
    </>
  );
}

function useColumns(open: (user: User) => void): Column<User>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "name",
      title: t("users.name"),
      render: (row) => (
        <Group gap="sm" wrap="nowrap">
          <Avatar name={row.name} color="initials" size={32} aria-hidden />
          <Stack gap={0}>
            <Anchor component={Link} to={`/users/${row.id}`} size="sm" fw={550}>
              {row.name}
            </Anchor>
            <Text size="xs" c="dimmed">
              {row.email}
            </Text>
          </Stack>
        </Group>
      ),
    },
    {
      key: "roles",
      title: t("users.roles"),
      render: (row) => (
        <Group gap={6}>
          {row.roles.map((role) => (
            <Badge key={role}>{t(`role.${role}`)}</Badge>
          ))}
        </Group>
      ),
    },
    {
      key: "state",
      title: t("common.state"),
      render: (row) => <Badge color={row.disabled ? "gray" : "teal"}>{t(row.disabled ? "users.disabled" : "users.active")}</Badge>,
    },
    { key: "seen", title: t("users.seen"), hide: "phone", render: (row) => format.ago(row.seenAt) },
    {
      key: "actions",
      title: t("common.actions"),
      align: "end",
      render: (row) => (
        <Button size="compact-sm" variant="subtle" aria-label={t("users.editNamed", { name: row.name })} onClick={() => open(row)}>
          {t("users.edit")}
        </Button>
      ),
    },
  ];
}
