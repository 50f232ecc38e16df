import { Anchor, Badge, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus, IconWorldUpload } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { doors, type Door } from "../../api/intake";
import { useRight } from "../../api/session";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { Dialog } from "../../ui/Dialog";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import type { Column } from "../../ui/Rows";
import { InputState } from "./InputState";

/** The addresses to which sites post. */
export function Doors() {
  const { t } = useTranslation();
  const list = useListState();
  const columns = useColumns();
  const [adding, setAdding] = useState(false);
  const source = useQuery(doors.list({ offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }));
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
      {t("intake.door.add")}
    </Button>
  );
  return (
    <Panel title={t("intake.tab.doors")} description={t("intake.door.lead")} actions={add}>
      <DataList<Door>
        label={t("intake.tab.doors")}
        source={source}
        list={list}
        columns={columns}
        empty={<EmptyState compact icon={IconWorldUpload} title={t("intake.door.none")} text={t("intake.door.noneHint")} />}
      />
      <Dialog opened={adding} onClose={() => setAdding(false)} title={t("intake.door.add")}>
        <NewDoor onClose={() => setAdding(false)} />
      </Dialog>
    </Panel>
  );
}

function NewDoor({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [title, setTitle] = useState("");
  const adding = useMutation({
    mutationFn: () => doors.create(title.trim()),
    onSuccess: async (door) => {
      await client.invalidateQueries({ queryKey: ["intake-doors"] });
      await navigate({ to: "/settings/doors/$id", params: { id: door.id } } as never);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    adding.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput data-autofocus required label={t("common.name")} placeholder={t("intake.door.nameExample")} maxLength={200} value={title} onChange={(event) => setTitle(event.currentTarget.value)} />
        {adding.error && <ProblemPanel problem={adding.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" loading={adding.isPending}>
            {t("intake.door.make")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Whether a door takes what is posted to it. */
export function DoorBadge({ door }: { door: Door }) {
  const { t } = useTranslation();
  return door.enabled ? <Badge color="teal">{t("intake.door.is.on")}</Badge> : <Badge color="gray">{t("intake.door.is.off")}</Badge>;
}

function useColumns(): Column<Door>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const reads = useRight("leads.read");
  return [
    {
      key: "title",
      title: t("common.name"),
      render: (door) => (
        <Anchor component={Link} to="/settings/doors/$id" params={{ id: door.id } as never} fw={550}>
          {door.title}
        </Anchor>
      ),
    },
    { key: "state", title: t("common.state"), width: 140, render: (door) => <DoorBadge door={door} /> },
    { key: "count", title: t("intake.door.count"), width: 110, align: "end", render: (door) => format.number(door.count) },
    {
      key: "last",
      title: t("intake.door.last"),
      render: ({ last }) =>
        last ? (
          <Stack gap={2}>
            <Group gap="xs">
              <InputState state={last.state} />
              {reads ? (
                <Anchor component={Link} to="/leads/inputs/$id" params={{ id: last.inputId } as never} size="sm">
                  {format.dateTime(last.receivedAt)}
                </Anchor>
              ) : (
                <Text size="sm">{format.dateTime(last.receivedAt)}</Text>
              )}
            </Group>
            {last.reason && (
              <Text size="xs" c="dimmed">
                {last.reason.text}
              </Text>
            )}
          </Stack>
        ) : (
          t("intake.door.never")
        ),
    },
  ];
}
