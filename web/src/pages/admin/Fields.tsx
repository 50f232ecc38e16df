import { ActionIcon, Badge, Button, Code, Group, Paper, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconArrowDown, IconArrowUp, IconForms, IconPlus, type Icon } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fields, type FieldDefinition } from "../../api/card";
import { localised } from "../../i18n";
import { EmptyState } from "../../ui/EmptyState";
import { RowsLoading } from "../../ui/Loading";
import { ask, tell, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows, type Column } from "../../ui/Rows";
import { FieldDialog } from "./FieldDialog";

/** What an administrator has contacts keep beside name, addresses and company. */
export default function Fields() {
  const { t } = useTranslation();
  const { data, error, isPending, refetch } = useQuery(fields.list);
  const [opened, dialog] = useDisclosure();
  const [edited, setEdited] = useState<FieldDefinition | null>(null);
  const open = (field: FieldDefinition | null) => {
    setEdited(field);
    dialog.open();
  };
  const columns = useColumns(data ?? [], open);
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => open(null)}>
      {t("fields.add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("fields.title")} description={t("fields.description")} actions={add} />
      {error && <ProblemPanel problem={error} retry={() => void refetch()} />}
      {isPending && <RowsLoading rows={4} />}
      {data?.length === 0 && (
        <Paper>
          <EmptyState icon={IconForms} title={t("fields.empty")} text={t("fields.emptyHint")} actions={add} />
        </Paper>
      )}
      {data && data.length > 0 && <Rows<FieldDefinition> label={t("fields.title")} rows={data} columns={columns} />}
      <FieldDialog key={`${edited?.id ?? "new"}${opened}`} field={edited} opened={opened} onClose={dialog.close} />
    </>
  );
}

function useColumns(all: FieldDefinition[], open: (field: FieldDefinition) => void): Column<FieldDefinition>[] {
  const { t } = useTranslation();
  return [
    {
      key: "name",
      title: t("fields.name"),
      render: (row) => (
        <Group gap="xs">
          <Stack gap={2}>
            <Text size="sm" fw={550}>
              {localised(row.title)}
            </Text>
            <Code w="fit-content">{row.key}</Code>
          </Stack>
          {row.archived && <Badge color="gray">{t("fields.archived")}</Badge>}
        </Group>
      ),
    },
    { key: "kind", title: t("fields.kind"), render: (row) => t(`fields.kinds.${row.kind}`) },
    {
      key: "options",
      title: t("fields.options"),
      hide: "phone",
      render: (row) => (row.options.length > 0 ? row.options.join(", ") : "—"),
    },
    { key: "actions", title: t("common.actions"), align: "end", render: (row) => <Actions all={all} field={row} open={open} /> },
  ];
}

function Actions({ all, field, open }: { all: FieldDefinition[]; field: FieldDefinition; open: (field: FieldDefinition) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const name = localised(field.title);
  const refresh = () => client.invalidateQueries({ queryKey: ["contact-fields"] });
  const archiving = useMutation({
    mutationFn: (archived: boolean) => fields.change(field.id, { archived }),
    onSuccess: async (_, archived) => {
      tell(t(archived ? "fields.archivedNow" : "fields.restoredNow"));
      await refresh();
    },
    onError: tellProblem,
  });
  const ordering = useMutation({ mutationFn: fields.order, onSuccess: refresh, onError: tellProblem });
  const live = all.filter((one) => !one.archived).map((one) => one.id);
  const place = live.indexOf(field.id);
  const move = (by: -1 | 1) => !ordering.isPending && ordering.mutate(live.with(place, live[place + by] as string).with(place + by, field.id));
  const confirm = () =>
    ask({
      title: t("fields.archiveTitle", { name }),
      text: t("fields.archiveText"),
      confirm: t("fields.archive"),
      onConfirm: () => archiving.mutate(true),
    });
  if (field.archived) {
    return (
      <Button size="compact-sm" variant="subtle" aria-label={t("fields.restoreNamed", { name })} onClick={() => archiving.mutate(false)}>
        {t("fields.restore")}
      </Button>
    );
  }
  return (
    <Group gap={4} justify="flex-end" wrap="nowrap">
      <Mover icon={IconArrowUp} label={t("fields.up", { name })} may={place > 0} onClick={() => move(-1)} />
      <Mover icon={IconArrowDown} label={t("fields.down", { name })} may={place < live.length - 1} onClick={() => move(1)} />
      <Button size="compact-sm" variant="subtle" aria-label={t("fields.editNamed", { name })} onClick={() => open(field)}>
        {t("fields.edit")}
      </Button>
      <Button size="compact-sm" variant="subtle" color="gray" aria-label={t("fields.archiveNamed", { name })} onClick={confirm}>
        {t("fields.archive")}
      </Button>
    </Group>
  );
}

/** Moves a field one place; at the end of its way it keeps the focus and does nothing. */
function Mover({ icon: Picture, label, may, onClick }: { icon: Icon; label: string; may: boolean; onClick: () => void }) {
  return (
    <ActionIcon variant="subtle" color="gray" aria-disabled={!may} style={may ? undefined : FAINT} aria-label={label} onClick={() => may && onClick()}>
      <Picture size={16} />
    </ActionIcon>
  );
}

const FAINT = { opacity: 0.3, cursor: "default" } as const;
