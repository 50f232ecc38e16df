import { Alert, Button, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CampaignType } from "../../api/campaigns";
import { planning } from "../../api/planning";
import { useRight, useSession } from "../../api/session";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";

/** The letter to oneself, and to a few colleagues, before it goes to everybody. */
export function TestLetter({ id, accountId, kind }: { id: string; accountId: string | null; kind: CampaignType }) {
  const { t } = useTranslation();
  const { user, demo } = useSession();
  const sms = kind === "sms";
  const allowed = useRight("campaigns.send");
  const service = useQuery(planning.services).data?.items.find((each) => each.id === accountId);
  const [to, setTo] = useState(kind === "email" && !demo ? (user.email ?? "") : "");
  const testing = useMutation({ mutationFn: (addresses: string[]) => planning.test(id, addresses) });
  const addresses = to.split(/[\s,;]+/).filter(Boolean);
  if (service && !service.canTest) {
    return (
      <Panel title={t(sms ? "planning.test.titleSms" : "planning.test.title")}>
        <Text size="sm" c="dimmed">
          {t("planning.test.cannot")}
        </Text>
      </Panel>
    );
  }
  return (
    <Panel title={t(sms ? "planning.test.titleSms" : "planning.test.title")} description={t(sms ? "planning.test.hintSms" : "planning.test.hint")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          testing.mutate(addresses);
        }}
      >
        <Stack gap="sm">
          {testing.error && <ProblemPanel problem={testing.error} />}
          {testing.data && <Outcome tested={testing.data} />}
          <TextInput
            label={t("planning.test.to")}
            description={t(sms ? "planning.test.toHintSms" : "planning.test.toHint")}
            value={to}
            disabled={!allowed}
            onChange={(event) => setTo(event.currentTarget.value)}
          />
          {!allowed && (
            <Text size="sm" c="dimmed">
              {t("planning.test.may")}
            </Text>
          )}
          <Button type="submit" variant="default" loading={testing.isPending} disabled={!allowed || addresses.length === 0}>
            {t("planning.test.send")}
          </Button>
        </Stack>
      </form>
    </Panel>
  );
}

function Outcome({ tested }: { tested: { sent: string[]; refused: { address: string; reason: string }[] } }) {
  const { t } = useTranslation();
  return (
    <Alert color={tested.refused.length > 0 ? "yellow" : "teal"} role="status">
      {tested.sent.length > 0 && <Text size="sm">{t("planning.test.sent", { addresses: tested.sent.join(", ") })}</Text>}
      {tested.refused.map(({ address, reason }) => (
        <Text size="sm" key={address}>
          {t("planning.test.refused", { address, reason })}
        </Text>
      ))}
    </Alert>
  );
}
