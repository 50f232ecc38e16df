import { Alert, Button, Radio, Stack, Text } from "@mantine/core";
import { IconCalendarTime, IconSend } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { campaigns } from "../../api/campaigns";
import { useRight, useSession } from "../../api/session";
import { useFormat } from "../../ui/format";
import { MomentPicker } from "../../ui/MomentPicker";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { instantOf, wallClockOf } from "../../ui/zones";

const HOUR_MS = 3_600_000;

/** Now, or at a time of the organisation's zone. */
export function SendPanel({ id, ready, recipients }: { id: string; ready: boolean; recipients: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const navigate = useNavigate();
  const allowed = useRight("campaigns.send");
  const { timezone } = useSession().organisation;
  const [when, setWhen] = useState<"now" | "later">("now");
  const [earliest] = useState(() => wallClockOf(new Date(), timezone));
  const [at, setAt] = useState<string | null>(() => wallClockOf(new Date(Date.now() + HOUR_MS), timezone));
  const sending = useMutation({
    mutationFn: () => campaigns.send(id, when === "later" && at ? instantOf(at, timezone) : null),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["campaigns"] });
      await navigate({ to: "/campaigns/$id", params: { id } });
    },
  });
  return (
    <Panel title={t("campaigns.sending")}>
      <Stack>
        {sending.error && <ProblemPanel problem={sending.error} />}
        {!ready && <Alert color="red">{t("campaigns.notReady")}</Alert>}
        <Radio.Group aria-label={t("campaigns.whenToSend")} value={when} onChange={(value) => setWhen(value as "now" | "later")}>
          <Stack gap="sm">
            <Radio value="now" label={t("campaigns.now")} description={t("campaigns.nowHint")} />
            <Radio value="later" label={t("campaigns.later")} description={t("campaigns.laterHint")} />
          </Stack>
        </Radio.Group>
        {when === "later" && (
          <MomentPicker
            label={t("campaigns.at")}
            description={t("campaigns.zone", { zone: timezone })}
            leftSection={<IconCalendarTime size={16} />}
            valueFormat="D MMMM YYYY, HH:mm"
            minDate={earliest}
            value={at}
            onChange={setAt}
          />
        )}
        {!allowed && <Text size="sm" c="dimmed">{t("campaigns.maySend")}</Text>}
        <Button
          size="md"
          leftSection={<IconSend size={18} />}
          disabled={!ready || !allowed || (when === "later" && !at)}
          loading={sending.isPending}
          onClick={() => sending.mutate()}
        >
          {t(when === "now" ? "campaigns.sendNow" : "campaigns.schedule", { count: recipients, shown: format.number(recipients) })}
        </Button>
      </Stack>
    </Panel>
  );
}
