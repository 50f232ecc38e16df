import { Alert, Button, Group, Paper, Progress, Stack, Text } from "@mantine/core";
import { IconInfoCircle, IconRepeat } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useRight } from "../../api/session";
import { webhooks, type ReplayCount, type Replaying, type WebhookFilter } from "../../api/webhooks";
import { Dialog } from "../../ui/Dialog";
import { useFormat } from "../../ui/format";
import { tell, tellProblem } from "../../ui/notices";

const NOTHING: Replaying = { left: 0, whole: 0 };

/** Replays everything that the filter finds: counts first, then asks. */
export function ReplaySet({ filter }: { filter: WebhookFilter }) {
  const { t } = useTranslation();
  const allowed = useRight("webhooks.replay");
  const [counted, setCounted] = useState<ReplayCount | null>(null);
  const count = useMutation({
    mutationFn: () => webhooks.countReplay(filter),
    onSuccess: setCounted,
    onError: tellProblem,
  });
  if (!allowed) return null;
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconRepeat size={16} />}
        loading={count.isPending}
        onClick={() => count.mutate()}
      >
        {t("webhooks.replaySet")}
      </Button>
      <Dialog opened={counted !== null} onClose={() => setCounted(null)} title={t("webhooks.replaySetTitle")}>
        {counted && <Question counted={counted} filter={filter} close={() => setCounted(null)} />}
      </Dialog>
    </>
  );
}

function Question({ counted, filter, close }: { counted: ReplayCount; filter: WebhookFilter; close: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const begin = useMutation({
    mutationFn: () => webhooks.replaySet(filter),
    onSuccess: ({ queued }) => {
      client.setQueryData(webhooks.replaying.queryKey, { left: queued, whole: queued });
      close();
    },
    onError: tellProblem,
  });
  const shown = format.number(counted.found);
  const tooMany = counted.found > counted.atMost;
  return (
    <Stack>
      <Text>{t("webhooks.replayFound", { count: counted.found, shown })}</Text>
      {tooMany ? (
        <Alert color="yellow" icon={<IconInfoCircle size={18} />}>
          {t("webhooks.replayTooMany", { most: format.number(counted.atMost) })}
        </Alert>
      ) : (
        <Text size="sm" c="dimmed">
          {t(counted.found === 0 ? "webhooks.replayNone" : "webhooks.replaySetHint")}
        </Text>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          {t("common.cancel")}
        </Button>
        <Button disabled={tooMany || counted.found === 0} loading={begin.isPending} onClick={() => begin.mutate()}>
          {t("webhooks.replayBegin", { count: counted.found, shown })}
        </Button>
      </Group>
    </Stack>
  );
}

/** How far the replay of a set has come; nothing while there is none. */
export function ReplayProgress() {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const allowed = useRight("webhooks.replay");
  const { left, whole } = useQuery(webhooks.replaying).data ?? NOTHING;
  useEffect(() => {
    if (left > 0 || whole === 0) return;
    client.setQueryData(webhooks.replaying.queryKey, NOTHING);
    void client.invalidateQueries({ queryKey: ["webhooks"] });
    tell(t("webhooks.replayDone", { count: whole, shown: format.number(whole) }));
  }, [left, whole, client, t, format]);
  const stop = useMutation({
    mutationFn: webhooks.stopReplay,
    onSuccess: ({ stopped }) => {
      client.setQueryData(webhooks.replaying.queryKey, NOTHING);
      void client.invalidateQueries({ queryKey: ["webhooks"] });
      tell(t("webhooks.replayStopped", { count: stopped, shown: format.number(stopped) }));
    },
    onError: tellProblem,
  });
  if (left === 0) return null;
  const words = t("webhooks.replayProgress", { done: format.number(whole - left), total: format.number(whole) });
  return (
    <Paper p="md" role="status">
      <Group justify="space-between" mb="xs">
        <Text size="sm" fw={550}>
          {words}
        </Text>
        {allowed && (
          <Button size="compact-sm" variant="default" loading={stop.isPending} onClick={() => stop.mutate()}>
            {t("webhooks.replayStop")}
          </Button>
        )}
      </Group>
      <Progress value={((whole - left) / whole) * 100} aria-label={words} animated />
    </Paper>
  );
}
