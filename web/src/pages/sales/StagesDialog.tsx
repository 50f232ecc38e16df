import { ActionIcon, Badge, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconArchive, IconArrowBackUp, IconArrowDown, IconArrowUp, IconCheck, IconPencil } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { deals, type Stage, type StageKind } from "../../api/sales";
import { Dialog } from "../../ui/Dialog";
import { RowsLoading } from "../../ui/Loading";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { STAGE_COLOURS } from "./Deals";

const KINDS: StageKind[] = ["open", "won", "lost"];

/** The stages of deals: their order and names, new ones, and those that nobody needs any more. */
export function StagesDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const { data, error } = useQuery(deals.stages);
  const save = useMutation({
    mutationFn: (change: () => Promise<Stage[]>) => change(),
    onSuccess: async (stages) => {
      cache.setQueryData(deals.stages.queryKey, stages);
      await cache.invalidateQueries({ queryKey: ["deals"] });
    },
  });
  const swap = (stages: Stage[], from: number, to: number) => {
    const ids = stages.map((stage) => stage.id);
    [ids[from], ids[to]] = [ids[to] ?? "", ids[from] ?? ""];
    save.mutate(() => deals.arrange(ids));
  };
  return (
    <Dialog opened onClose={onClose} title={t("sales.stages")} size="lg">
      <Stack>
        <Text size="sm" c="dimmed">
          {t("sales.stagesHint")}
        </Text>
        {(error ?? save.error) && <ProblemPanel problem={error ?? save.error} />}
        {!data && !error && <RowsLoading rows={3} />}
        {data && (
          <Stack gap={6} component="ul" p={0} m={0} style={{ listStyle: "none" }}>
            {data.map((stage, place) => (
              <StageRow
                key={stage.id}
                stage={stage}
                first={place === 0}
                last={place === data.length - 1}
                busy={save.isPending}
                onUp={() => swap(data, place, place - 1)}
                onDown={() => swap(data, place, place + 1)}
                onChange={(change) => save.mutate(() => deals.changeStage(stage.id, change))}
              />
            ))}
          </Stack>
        )}
        <NewStage busy={save.isPending} onAdd={(stage, done) => save.mutate(() => deals.addStage(stage), { onSuccess: done })} />
      </Stack>
    </Dialog>
  );
}

interface RowProps {
  stage: Stage;
  first: boolean;
  last: boolean;
  busy: boolean;
  onUp: () => void;
  onDown: () => void;
  onChange: (change: { name?: string; archived?: boolean }) => void;
}

function StageRow({ stage, first, last, busy, onUp, onDown, onChange }: RowProps) {
  const { t } = useTranslation();
  const [name, setName] = useState<string | null>(null);
  const icon = { variant: "subtle", color: "gray", disabled: busy } as const;
  const rename = (event: FormEvent) => {
    event.preventDefault();
    if (name?.trim() && name.trim() !== stage.name) onChange({ name: name.trim() });
    setName(null);
  };
  if (name !== null) {
    return (
      <li>
        <form onSubmit={rename}>
          <Group gap="xs" wrap="nowrap">
            <TextInput
              flex={1}
              data-autofocus
              autoFocus
              maxLength={100}
              aria-label={t("sales.stageName")}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <ActionIcon type="submit" size="lg" aria-label={t("common.save")}>
              <IconCheck size={16} />
            </ActionIcon>
          </Group>
        </form>
      </li>
    );
  }
  return (
    <li>
      <Group gap="xs" wrap="nowrap" justify="space-between">
        <Group gap="xs" miw={0}>
          <Text size="sm" fw={550} c={stage.archived ? "dimmed" : undefined} style={{ overflowWrap: "anywhere" }}>
            {stage.name}
          </Text>
          <Badge size="sm" color={STAGE_COLOURS[stage.kind]}>
            {t(`sales.stageKind.${stage.kind}`)}
          </Badge>
          {stage.archived && (
            <Badge size="sm" color="gray">
              {t("sales.archived")}
            </Badge>
          )}
          <Text size="xs" c="dimmed">
            {t("sales.dealsIn", { count: stage.deals })}
          </Text>
        </Group>
        <Group gap={2} wrap="nowrap">
          <ActionIcon {...icon} disabled={busy || first} aria-label={t("sales.stageUp", { name: stage.name })} onClick={onUp}>
            <IconArrowUp size={16} />
          </ActionIcon>
          <ActionIcon {...icon} disabled={busy || last} aria-label={t("sales.stageDown", { name: stage.name })} onClick={onDown}>
            <IconArrowDown size={16} />
          </ActionIcon>
          <ActionIcon {...icon} aria-label={t("sales.stageRename", { name: stage.name })} onClick={() => setName(stage.name)}>
            <IconPencil size={16} />
          </ActionIcon>
          <ActionIcon
            {...icon}
            aria-label={t(stage.archived ? "sales.stageBack" : "sales.stageArchive", { name: stage.name })}
            onClick={() => onChange({ archived: !stage.archived })}
          >
            {stage.archived ? <IconArrowBackUp size={16} /> : <IconArchive size={16} />}
          </ActionIcon>
        </Group>
      </Group>
    </li>
  );
}

function NewStage({ busy, onAdd }: { busy: boolean; onAdd: (stage: { name: string; kind: StageKind }, done: () => void) => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [kind, setKind] = useState<StageKind>("open");
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) onAdd({ name: name.trim(), kind }, () => setName(""));
  };
  return (
    <form onSubmit={add}>
      <Group gap="xs" align="flex-end">
        <TextInput
          flex="1 1 180px"
          label={t("sales.newStage")}
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          flex="0 1 150px"
          label={t("sales.stageMeans")}
          allowDeselect={false}
          value={kind}
          data={KINDS.map((value) => ({ value, label: t(`sales.stageKind.${value}`) }))}
          onChange={(value) => setKind(KINDS.find((each) => each === value) ?? "open")}
        />
        <Button type="submit" variant="default" loading={busy} disabled={!name.trim()}>
          {t("sales.add")}
        </Button>
      </Group>
    </form>
  );
}
