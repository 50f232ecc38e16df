import { Badge, Button, Grid, Stack } from "@mantine/core";
import { IconFlask, IconRepeat } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { accounts } from "../../api/accounts";
import { useRight } from "../../api/session";
import { webhooks, type WebhookCard } from "../../api/webhooks";
import { Field } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { PageLoading } from "../../ui/Loading";
import { tell, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";
import { StatusBadge } from "../../ui/StatusBadge";
import { ActionList } from "./ActionList";
import { Failures } from "./Failures";
import { RawRequest } from "./RawRequest";

const route = getRouteApi("/inside/webhooks/$id");

export default function WebhookPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(webhooks.card(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return <Webhook webhook={data} />;
}

function Webhook({ webhook }: { webhook: WebhookCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const known = useQuery(accounts.list).data?.items ?? [];
  const account = known.find((one) => one.id === webhook.accountId);
  return (
    <>
      <PageHeader
        title={t("webhooks.one", { when: format.exact(webhook.receivedAt) })}
        description={t(`webhooks.stateHint.${webhook.state}`)}
        back={{ to: "/webhooks", label: t("webhooks.title") }}
        badges={
          <>
            <StatusBadge kind="webhook" state={webhook.state} />
            {webhook.toBeReplayed && <Badge color="blue">{t("webhooks.toBeReplayed")}</Badge>}
          </>
        }
        actions={
          <>
            {account && <TakeAsSample webhook={webhook} moduleId={account.moduleId} />}
            <Replay webhook={webhook} />
          </>
        }
      />
      <Grid>
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack>
            <ActionList webhook={webhook} />
            <Failures failures={webhook.failures} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack>
            <Panel title={t("webhooks.summary")}>
              <Field label={t("webhooks.account")}>{account?.title ?? webhook.accountId}</Field>
              <Field label={t("webhooks.attempts")}>{format.number(webhook.attempts)}</Field>
              <Field label={t("webhooks.answered")}>{webhook.answered ?? "—"}</Field>
              {webhook.nextAttemptAt && <Field label={t("webhooks.nextAttempt")}>{format.exact(webhook.nextAttemptAt)}</Field>}
              {webhook.responseSent === false && webhook.response && (
                <Field label={t("webhooks.response")}>{t("webhooks.responseLate")}</Field>
              )}
            </Panel>
            <RawRequest webhook={webhook} />
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}

/** Opens the studio with this request as the argument of the function that parses webhooks. */
function TakeAsSample({ webhook, moduleId }: { webhook: WebhookCard; moduleId: string }) {
  const { t } = useTranslation();
  const writes = useRight("modules.write");
  if (!writes || webhook.state === "probe") return null;
  return (
    <Button
      component={Link}
      to={`/modules/${moduleId}`}
      search={{ webhook: webhook.id } as never}
      variant="default"
      leftSection={<IconFlask size={16} />}
    >
      {t("webhooks.takeAsSample")}
    </Button>
  );
}

function Replay({ webhook }: { webhook: WebhookCard }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const allowed = useRight("webhooks.replay");
  const replay = useMutation({
    mutationFn: () => webhooks.replay(webhook.id),
    onSuccess: (card) => {
      client.setQueryData(webhooks.card(webhook.id).queryKey, card);
      if (card.state === "applied") tell(t("webhooks.replayed"));
      else tellProblem(t("webhooks.replayFailed"));
    },
    onError: tellProblem,
  });
  if (!allowed || webhook.state === "probe") return null;
  return (
    <Button leftSection={<IconRepeat size={16} />} loading={replay.isPending} onClick={() => replay.mutate()}>
      {t("webhooks.replay")}
    </Button>
  );
}
