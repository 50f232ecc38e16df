import { Button, Grid, Group, NumberInput, Stack, Switch, TagsInput, Text, TextInput } from "@mantine/core";
import { IconKey, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { doors, type Door } from "../../api/intake";
import { CopyField } from "../../ui/CopyField";
import { Dialog } from "../../ui/Dialog";
import { PageLoading } from "../../ui/Loading";
import { ask, tell, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem, ProblemPanel } from "../../ui/ProblemPanel";
import { Destination } from "./Choices";
import { DoorBadge } from "./Doors";
import { MappingEditor, whole } from "./MappingEditor";
import { Snippets } from "./Snippets";
import { TryDoor } from "./TryDoor";

const route = getRouteApi("/inside/settings/doors/$id");

export default function DoorPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(doors.card(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return <Card key={id} door={data} />;
}

function Card({ door }: { door: Door }) {
  const { t } = useTranslation();
  return (
    <>
      <PageHeader
        title={door.title}
        description={t("intake.door.took", { count: door.count })}
        back={{ to: "/settings/intake", search: { tab: "doors" }, label: t("intake.tab.doors") }}
        badges={<DoorBadge door={door} />}
        actions={<Close door={door} />}
      />
      <Grid>
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack>
            <Address door={door} />
            <TryDoor door={door} />
            <Settings door={door} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack>
            <Snippets door={door} />
            <Signature door={door} />
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}

function useRefresh(): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ["intake-doors"] });
}

function Close({ door }: { door: Door }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const navigate = useNavigate();
  const closing = useMutation({
    mutationFn: () => doors.close(door.id),
    onSuccess: async () => {
      await navigate({ to: "/settings/intake", search: { tab: "doors" } } as never);
      await refresh();
    },
    onError: tellProblem,
  });
  const question = { title: t("intake.door.closeTitle", { name: door.title }), text: t("intake.door.closeText"), confirm: t("intake.door.close") };
  return (
    <Button variant="default" leftSection={<IconTrash size={16} />} loading={closing.isPending} onClick={() => ask({ ...question, danger: true, onConfirm: () => closing.mutate() })}>
      {t("intake.door.close")}
    </Button>
  );
}

function Address({ door }: { door: Door }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const rotating = useMutation({
    mutationFn: () => doors.rotate(door.id),
    onSuccess: async () => {
      tell(t("intake.door.rotated"));
      await refresh();
    },
    onError: tellProblem,
  });
  const question = { title: t("intake.door.rotateTitle"), text: t("intake.door.rotateText"), confirm: t("intake.door.rotate") };
  const rotate = (
    <Button variant="default" size="xs" leftSection={<IconRefresh size={14} />} loading={rotating.isPending} onClick={() => ask({ ...question, danger: true, onConfirm: () => rotating.mutate() })}>
      {t("intake.door.rotate")}
    </Button>
  );
  return (
    <Panel title={t("intake.door.address")} description={t("intake.door.addressHint")} actions={rotate}>
      <CopyField aria-label={t("intake.door.address")} value={door.url} />
    </Panel>
  );
}

function Signature({ door }: { door: Door }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const [secret, setSecret] = useState<string>();
  const making = useMutation({
    mutationFn: () => doors.makeSecret(door.id),
    onSuccess: async (made) => {
      setSecret(made.secret);
      await refresh();
    },
    onError: tellProblem,
  });
  const forgetting = useMutation({ mutationFn: () => doors.forgetSecret(door.id), onSuccess: refresh, onError: tellProblem });
  const make = () => {
    if (!door.isSigned) return making.mutate();
    ask({ title: t("intake.sign.anewTitle"), text: t("intake.sign.anewText"), confirm: t("intake.sign.anew"), danger: true, onConfirm: () => making.mutate() });
  };
  const forget = () =>
    ask({ title: t("intake.sign.offTitle"), text: t("intake.sign.offText"), confirm: t("intake.sign.off"), danger: true, onConfirm: () => forgetting.mutate() });
  return (
    <Panel title={t("intake.sign.title")} description={t("intake.sign.hint")}>
      <Stack gap="sm">
        <Text size="sm">{door.isSigned ? t("intake.sign.on") : t("intake.sign.none")}</Text>
        <Group gap="xs">
          <Button variant="default" size="xs" leftSection={<IconKey size={14} />} loading={making.isPending} onClick={make}>
            {door.isSigned ? t("intake.sign.anew") : t("intake.sign.make")}
          </Button>
          {door.isSigned && (
            <Button variant="default" size="xs" loading={forgetting.isPending} onClick={forget}>
              {t("intake.sign.off")}
            </Button>
          )}
        </Group>
      </Stack>
      <Dialog opened={secret !== undefined} onClose={() => setSecret(undefined)} title={t("intake.sign.made")}>
        <Stack>
          <Text size="sm">{t("intake.sign.once")}</Text>
          {secret && <CopyField label={t("intake.sign.secret")} value={secret} />}
          <Group justify="flex-end">
            <Button onClick={() => setSecret(undefined)}>{t("intake.sign.kept")}</Button>
          </Group>
        </Stack>
      </Dialog>
    </Panel>
  );
}

type Draft = Pick<Door, "title" | "calendarId" | "responsibleId" | "channelId" | "sites" | "mapping" | "trap" | "enabled"> & { perMinute: number | string };

const draftOf = ({ title, calendarId, responsibleId, channelId, sites, mapping, trap, perMinute, enabled }: Door): Draft => ({
  title, calendarId, responsibleId, channelId, sites, mapping, trap, perMinute, enabled,
});

function Settings({ door }: { door: Door }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const [draft, setDraft] = useState<Draft>(() => draftOf(door));
  const put = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));
  const saving = useMutation({
    mutationFn: () => doors.change(door.id, { ...draft, title: draft.title.trim(), trap: draft.trap.trim(), mapping: whole(draft.mapping), perMinute: Number(draft.perMinute) || door.perMinute }),
    onSuccess: async () => {
      tell(t("common.saved"));
      await refresh();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Panel title={t("intake.door.settings")}>
          <Stack gap="sm">
            <TextInput required label={t("common.name")} maxLength={200} value={draft.title} onChange={(event) => put({ title: event.currentTarget.value })} />
            <Switch label={t("intake.door.enabled")} checked={draft.enabled} onChange={(event) => put({ enabled: event.currentTarget.checked })} />
            <Destination value={draft} onChange={put} />
            <TagsInput label={t("intake.door.sites")} description={t("intake.door.sitesHint")} placeholder={draft.sites.length === 0 ? "https://example.org" : undefined} maxTags={50} acceptValueOnBlur value={draft.sites} onChange={(chosen) => put({ sites: chosen })} />
            <NumberInput required maw={320} label={t("intake.door.perMinute")} description={t("intake.door.perMinuteHint")} min={1} max={6000} allowDecimal={false} clampBehavior="strict" value={draft.perMinute} onChange={(value) => put({ perMinute: value })} />
            <TextInput maw={320} label={t("intake.door.trap")} description={t("intake.door.trapHint")} maxLength={100} value={draft.trap} onChange={(event) => put({ trap: event.currentTarget.value })} />
          </Stack>
        </Panel>
        <Panel title={t("intake.mapping")} description={t("intake.mappingHint")}>
          <MappingEditor value={draft.mapping} onChange={(changed) => put({ mapping: changed })} />
        </Panel>
        {saving.error && <ProblemPanel problem={saving.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={saving.isPending}>
            {t("common.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
