import { Alert, Badge, Button, Checkbox, Code, Group, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { people, type ApiKey } from "../../api/people";
import { useSession } from "../../api/session";
import { CopyField } from "../../ui/CopyField";
import { DataList } from "../../ui/DataList";
import { Dialog } from "../../ui/Dialog";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemPanel } from "../../ui/ProblemPanel";
import type { Column } from "../../ui/Rows";
import { useRevoking } from "./revoking";

/** Keys with which other programs use the API. */
export default function Keys() {
  const { t } = useTranslation();
  const [opened, dialog] = useDisclosure();
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>
      {t("keys.add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("keys.title")} description={t("keys.description")} actions={add} />
      <DataList<ApiKey>
        label={t("keys.title")}
        source={useQuery(people.keys)}
        list={useListState()}
        columns={useColumns()}
        empty={<EmptyState icon={IconKey} title={t("keys.empty")} text={t("keys.emptyHint")} actions={add} />}
      />
      <NewKey key={String(opened)} opened={opened} onClose={dialog.close} />
    </>
  );
}

function useColumns(): Column<ApiKey>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const confirm = useRevoking("keys", "keys", people.revokeKey);
  return [
    {
      key: "name",
      title: t("common.name"),
      render: (row) => (
        <Stack gap={2}>
          <Text size="sm" fw={550}>
            {row.name}
          </Text>
          <Code w="fit-content">{row.prefix}…</Code>
        </Stack>
      ),
    },
    {
      key: "rights",
      title: t("keys.rights"),
      hide: "phone",
      render: (row) => (
        <Group gap={4}>
          {row.rights.map((right) => (
            <Badge key={right} color="gray" size="sm">
              {t(`rights.${right.replace(".", "_")}`, { defaultValue: right })}
            </Badge>
          ))}
        </Group>
      ),
    },
    { key: "created", title: t("common.created"), hide: "tablet", render: (row) => format.date(row.createdAt) },
    { key: "used", title: t("keys.used"), render: (row) => format.ago(row.usedAt) },
    {
      key: "actions",
      title: t("common.actions"),
      align: "end",
      render: (row) => (
        <Button size="compact-sm" variant="subtle" color="red" aria-label={t("keys.revokeNamed", { name: row.name })} onClick={() => confirm(row)}>
          {t("keys.revoke")}
        </Button>
      ),
    },
  ];
}

function NewKey({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const { rights: own } = useSession().user;
  const [name, setName] = useState("");
  const [rights, setRights] = useState<string[]>([]);
  const offered = own
    .map((right) => ({ right, title: t(`rights.${right.replace(".", "_")}`, { defaultValue: right }) }))
    .toSorted((one, other) => one.title.localeCompare(other.title, i18n.language));
  const creation = useMutation({
    mutationFn: () => people.addKey({ name, rights }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["keys"] }),
  });
  if (creation.data) {
    return (
      <Dialog opened={opened} onClose={onClose} title={t("keys.ready")}>
        <Stack>
          <Alert color="yellow">{t("keys.once")}</Alert>
          <CopyField label={t("keys.key")} value={creation.data.key} />
          <Group justify="flex-end">
            <Button onClick={onClose}>{t("common.close")}</Button>
          </Group>
        </Stack>
      </Dialog>
    );
  }
  return (
    <Dialog opened={opened} onClose={onClose} title={t("keys.add")} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          creation.mutate();
        }}
      >
        <Stack>
          {creation.error && <ProblemPanel problem={creation.error} />}
          <TextInput data-autofocus required label={t("common.name")} description={t("keys.nameHint")} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Checkbox.Group label={t("keys.rights")} description={t("keys.rightsHint")} value={rights} onChange={setRights}>
            <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs" mt="xs">
              {offered.map(({ right, title }) => (
                <Checkbox key={right} value={right} label={title} />
              ))}
            </SimpleGrid>
          </Checkbox.Group>
          <Group justify="flex-end">
            <Button type="submit" disabled={!name.trim() || rights.length === 0} loading={creation.isPending}>
              {t("keys.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
