import { Alert, Button, Grid, Group, Radio, Select, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconCalendarTime, IconRepeat, IconSend } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { campaigns } from "../../api/campaigns";
import { planning, type Repeat, type Rhythm } from "../../api/planning";
import { useRight, useSession } from "../../api/session";
import { formats, useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { MomentPicker } from "../../ui/MomentPicker";
import { tell } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { instantsOf, wallClockOf } from "../../ui/zones";
import { RepeatFields } from "./RepeatFields";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const inAnHour = () => new Date(Math.floor((Date.now() + HOUR_MS) / MINUTE_MS) * MINUTE_MS).toISOString();
/** A long sentence on a button takes two lines where one is too narrow. */
const WRAPS = { h: "auto", mih: 42, py: 8, styles: { label: { whiteSpace: "normal", overflow: "visible" } } } as const;
type Mode = "now" | "later" | "repeat";

/** When it goes: now (with a moment to take it back), at a time of a zone, or again and again. */
export function TimeStep({ id, onCheck }: { id: string; onCheck: () => void }) {
  const preflight = useQuery(campaigns.preflight(id));
  const repeats = useQuery(planning.repeats);
  if (preflight.error && !preflight.data) return <ProblemPanel problem={preflight.error} retry={() => void preflight.refetch()} />;
  if (!preflight.data || !repeats.data) return <RowsLoading />;
  const { ready, recipients } = preflight.data;
  const repeat = repeats.data.items.find((each) => each.campaignId === id) ?? null;
  return <Sending id={id} checking={preflight.isFetching} ready={ready} recipients={recipients} repeat={repeat} onCheck={onCheck} />;
}

interface Props {
  id: string;
  /** The check is asked anew: nothing is sent on an older one, and what is chosen here stays. */
  checking: boolean;
  ready: boolean;
  recipients: number;
  repeat: Repeat | null;
  onCheck: () => void;
}

function Sending({ id, checking, ready, recipients, repeat, onCheck }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const allowed = useRight("campaigns.send");
  const { timezone } = useSession().organisation;
  const hold = useQuery(planning.services).data?.holdSeconds ?? 0;
  const [mode, setMode] = useState<Mode>(repeat ? "repeat" : "now");
  const [at, setAt] = useState<string | null>(inAnHour);
  const [zone, setZone] = useState(timezone);
  const [rhythm, setRhythm] = useState<Rhythm>(repeat ? { ...repeat, enabled: true } : { every: "week", day: 0, atTime: "10:00", zone: timezone, enabled: true });
  const { send, keep } = useDeeds(id);
  const count = { count: recipients, shown: format.number(recipients) };
  const error = send.error ?? keep.error;
  return (
    <Grid>
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Panel title={t("campaigns.whenToSend")}>
          <Stack>
            {error && <ProblemPanel problem={error} />}
            {!ready && !checking && (
              <Alert color="red">
                <Stack gap="xs" align="flex-start">
                  {t("campaigns.notReadyYet")}
                  <Button size="compact-sm" variant="default" onClick={onCheck}>
                    {t("planning.time.check")}
                  </Button>
                </Stack>
              </Alert>
            )}
            <Radio.Group aria-label={t("campaigns.whenToSend")} value={mode} onChange={(value) => setMode(value as Mode)}>
              <Stack gap="sm">
                <Radio value="now" label={t("planning.time.now")} description={hold > 0 ? t("planning.time.nowHint", { seconds: hold }) : t("planning.time.nowHintNoHold")} />
                <Radio value="later" label={t("planning.time.later")} description={t("campaigns.laterHint")} />
                <Radio value="repeat" label={t("planning.time.repeat")} description={t("planning.time.repeatHint")} />
              </Stack>
            </Radio.Group>
            {mode === "later" && <Moment at={at} zone={zone} onAt={setAt} onZone={setZone} />}
            {mode === "repeat" && <RepeatFields rhythm={rhythm} onChange={setRhythm} />}
            {!allowed && (
              <Text size="sm" c="dimmed">
                {t("campaigns.maySend")}
              </Text>
            )}
            <Group>
              {mode === "repeat" ? (
                <Button
                  size="md"
                  {...WRAPS}
                  leftSection={<IconRepeat size={18} />}
                  disabled={!ready || checking || !allowed}
                  loading={keep.isPending}
                  onClick={() => keep.mutate({ ...rhythm, enabled: true })}
                >
                  {t(repeat ? "planning.repeat.save" : "planning.repeat.start")}
                </Button>
              ) : (
                <Button
                  size="md"
                  {...WRAPS}
                  leftSection={<IconSend size={18} />}
                  disabled={!ready || checking || !allowed || (mode === "later" && !at)}
                  loading={send.isPending}
                  onClick={() => send.mutate(mode === "later" && at ? { at, zone } : { hold: true })}
                >
                  {t(mode === "now" ? "campaigns.sendNow" : "campaigns.schedule", count)}
                </Button>
              )}
            </Group>
          </Stack>
        </Panel>
      </Grid.Col>
    </Grid>
  );
}

function useDeeds(id: string) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const onSuccess = async () => {
    await client.invalidateQueries({ queryKey: ["campaigns"] });
    await navigate({ to: "/campaigns/$id", params: { id } });
  };
  const send = useMutation({ mutationFn: (when: Parameters<typeof planning.send>[1]) => planning.send(id, when), onSuccess });
  const keep = useMutation({
    mutationFn: ({ every, day, atTime, zone, enabled }: Rhythm) => planning.repeat(id, { every, day, atTime, zone, enabled }),
    onSuccess: async () => {
      tell(t("planning.repeat.started"));
      await onSuccess();
    },
  });
  return { send, keep };
}

interface MomentProps {
  at: string | null;
  zone: string;
  onAt: (at: string | null) => void;
  onZone: (zone: string) => void;
}

/** A wall-clock time in a zone, and what it is at home; clocks that change are spoken of. */
function Moment({ at, zone, onAt, onZone }: MomentProps) {
  const { t, i18n } = useTranslation();
  const { timezone } = useSession().organisation;
  const [earliest] = useState(() => wallClockOf(new Date(), zone));
  const [wall, setWall] = useState<string | null>(() => (at ? wallClockOf(at, zone) : null));
  const meant = wall ? instantsOf(wall, zone) : null;
  const choose = (nextWall: string | null, nextZone: string, turn = 0) => {
    setWall(nextWall);
    onZone(nextZone);
    onAt(nextWall ? (instantsOf(nextWall, nextZone).instants[turn] ?? null) : null);
  };
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <MomentPicker
          label={t("campaigns.at")}
          leftSection={<IconCalendarTime size={16} />}
          minDate={earliest}
          value={wall}
          onChange={(value) => choose(value, zone)}
        />
        <Select
          label={t("planning.time.zone")}
          searchable
          allowDeselect={false}
          limit={60}
          data={Intl.supportedValuesOf("timeZone")}
          value={zone}
          onChange={(value) => value && choose(wall, value)}
        />
      </SimpleGrid>
      {meant?.kind === "twice" && (
        <Radio.Group label={t("planning.time.twice")} value={String(meant.instants.indexOf(at ?? ""))} onChange={(turn) => choose(wall, zone, Number(turn))}>
          <Group mt="xs">
            <Radio value="0" label={t("planning.time.first")} />
            <Radio value="1" label={t("planning.time.second")} />
          </Group>
        </Radio.Group>
      )}
      {meant?.kind === "skipped" && (
        <Alert color="yellow">{t("planning.time.skipped", { when: formats(i18n.language, zone).dateTime(meant.instants[0]) })}</Alert>
      )}
      {at && zone !== timezone && (
        <Text size="sm" c="dimmed">
          {t("planning.time.ours", { zone: timezone, when: formats(i18n.language, timezone).dateTime(at) })}
        </Text>
      )}
    </Stack>
  );
}
