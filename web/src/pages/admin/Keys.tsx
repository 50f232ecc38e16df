import { Alert, Badge, Button, Checkbox, Code, Group, Menu, ActionIcon, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconHistory, IconKey, IconPlus, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "@tanstack/react-router";
import { people, type ApiKey, type KeyState, type NewKey as Made } from "../../api/people";
import { useRight, useSession } from "../../api/session";
import { CopyField } from "../../ui/CopyField";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { Dialog } from "../../ui/Dialog";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemPanel } from "../../ui/ProblemPanel";
import type { Column } from "../../ui/Rows";
import { DayPicker } from "../../ui/DayPicker";
import { ask, tellProblem } from "../../ui/notices";
import { StatusBadge } from "../../ui/StatusBadge";
import { useRevoking } from "./revoking";

/** Keys with which other programs use the API. */
export default function Keys() {
  const { t } = useTranslation();
  const [opened, dialog] = useDisclosure();
  const [replaced, setReplaced] = useState<Made | null>(null);
  const list = useListState();
  const state = STATES.find((each) => each === list.state);
  const source = useQuery(people.keys({ search: list.search, state, offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }));
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
        source={source}
        list={list}
        searchLabel={t("keys.search")}
        columns={useColumns(setReplaced)}
        filters={
          <Select
            w={{ base: "100%", xs: 220 }}
            aria-label={t("keys.state")}
            placeholder={t("keys.anyState")}
            clearable
            clearButtonProps={{ "aria-label": t("keys.anyState") }}
            value={state ?? null}
            data={STATES.map((value) => ({ value, label: t(`status.key.${value}`) }))}
            onChange={(value) => list.set({ state: value ?? undefined, page: 1 })}
          />
        }
        empty={<EmptyState icon={IconKey} title={t("keys.empty")} text={t("keys.emptyHint")} actions={add} />}
      />
      <NewKey key={String(opened)} opened={opened} onClose={dialog.close} />
      <Ready made={replaced} note={t("keys.replacedNote")} onClose={() => setReplaced(null)} />
    </>
  );
}

const STATES: KeyState[] = ["valid", "expiring", "replaced", "expired"];

/** Asks whether a key is to be replaced, and hands over the new one. */
function useReplacing(onReady: (made: Made) => void): (key: ApiKey) => void {
  const { t } = useTranslation();
  const client = useQueryClient();
  const replacing = useMutation({
    mutationFn: people.replaceKey,
    onSuccess: async (made) => {
      onReady(made);
      await client.invalidateQueries({ queryKey: ["keys"] });
    },
    onError: tellProblem,
  });
  return ({ id, name }) =>
    ask({ title: t("keys.replaceTitle", { name }), text: t("keys.replaceText"), confirm: t("keys.replace"), onConfirm: () => replacing.mutate(id) });
}

/** A key that was just made, shown this once. */
function Ready({ made, note, onClose }: { made: Made | null; note?: string; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog opened={made !== null} onClose={onClose} title={t("keys.ready")}>
      <Stack>
        <Alert color="yellow">{t("keys.once")}</Alert>
        {note && <Text size="sm">{note}</Text>}
        <CopyField label={t("keys.key")} value={made?.key ?? ""} />
        <Group justify="flex-end">
          <Button onClick={onClose}>{t("common.close")}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function useColumns(onReady: (made: Made) => void): Column<ApiKey>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const audited = useRight("audit.read");
  const replace = useReplacing(onReady);
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
    {
      key: "state",
      title: t("keys.state"),
      render: (row) => (
        <Stack gap={2} align="flex-start">
          <StatusBadge kind="key" state={row.state} />
          <Text size="xs" c="dimmed">
            {row.expiresAt === null ? t("keys.endless") : t(row.state === "expired" ? "keys.endedAt" : "keys.endsAt", { at: format.exact(row.expiresAt) })}
          </Text>
        </Stack>
      ),
    },
    {
      key: "created",
      title: t("common.created"),
      hide: "tablet",
      render: (row) => (
        <Stack gap={2}>
          <span>{format.date(row.createdAt)}</span>
          <Text size="xs" c="dimmed">
            {row.createdBy}
          </Text>
        </Stack>
      ),
    },
    {
      key: "used",
      title: t("keys.used"),
      hide: "phone",
      render: (row) => (
        <Stack gap={2}>
          <span>{format.ago(row.usedAt)}</span>
          <Text size="xs" c="dimmed" className="numbers">
            {row.usedFrom}
          </Text>
        </Stack>
      ),
    },
    {
      key: "actions",
      title: t("common.actions"),
      align: "end",
      render: (row) => (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={t("keys.actionsNamed", { name: row.name })}>
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {row.state !== "replaced" && (
              <Menu.Item leftSection={<IconRefresh size={16} />} onClick={() => replace(row)}>
                {t("keys.replace")}
              </Menu.Item>
            )}
            {audited && (
              <Menu.Item leftSection={<IconHistory size={16} />} component={Link} to="/audit" search={{ keyId: row.id } as never}>
                {t("keys.history")}
              </Menu.Item>
            )}
            <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => confirm(row)}>
              {t("keys.revoke")}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
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
  const [term, setTerm] = useState("90");
  const [day, setDay] = useState<string | null>(null);
  const [today] = useState(() => new Date());
  const offered = own
    .map((right) => ({ right, title: t(`rights.${right.replace(".", "_")}`, { defaultValue: right }) }))
    .toSorted((one, other) => one.title.localeCompare(other.title, i18n.language));
  const creation = useMutation({
    mutationFn: () => people.addKey({ name, rights, expiresAt: endOf(term, day) }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["keys"] }),
  });
  if (creation.data) return <Ready made={creation.data} onClose={onClose} />;
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
          <Group align="flex-end">
            <Select
              label={t("keys.term")}
              allowDeselect={false}
              value={term}
              data={["30", "90", "365", "day", "endless"].map((value) => ({ value, label: t(`keys.terms.${value}`) }))}
              onChange={(value) => setTerm(value ?? "90")}
            />
            {term === "day" && <DayPicker label={t("keys.until")} value={day} minDate={today} onChange={setDay} />}
          </Group>
          <Group justify="flex-end">
            <Button type="submit" disabled={!name.trim() || rights.length === 0 || (term === "day" && !day)} loading={creation.isPending}>
              {t("keys.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

/** When a key's term ends: so many days from now, at the end of a day here, or never. */
function endOf(term: string, day: string | null): string | null {
  if (term === "endless") return null;
  if (term === "day") return day === null ? null : new Date(`${day}T23:59:59`).toISOString();
  return new Date(Date.now() + Number(term) * 24 * 3600 * 1000).toISOString();
}
