import { Alert, Anchor, Button, Grid, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconArrowsExchange, IconCircleCheck, IconPlugConnected, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { accounts, type AccountCard, type SettingValues } from "../../api/accounts";
import { useRight } from "../../api/session";
import { localised } from "../../i18n";
import { CopyField } from "../../ui/CopyField";
import { PageLoading } from "../../ui/Loading";
import { ask, tell, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem, ProblemPanel } from "../../ui/ProblemPanel";
import { StatusBadge } from "../../ui/StatusBadge";
import { Hosts } from "./Hosts";
import { Lists } from "./Lists";
import { Plan } from "./Plan";
import { useRemoval } from "./removal";
import { SettingsForm } from "./SettingsForm";
import { Sharing } from "./Sharing";
import { useArrivals, WebhookWords } from "./WebhookWords";

const route = getRouteApi("/inside/accounts/$id");

export default function AccountPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(accounts.card(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return <Account account={data} />;
}

function Account({ account }: { account: AccountCard }) {
  const { t } = useTranslation();
  return (
    <>
      <PageHeader
        title={account.title}
        description={t("accounts.of", { module: localised(account.moduleTitle) })}
        back={{ to: "/accounts", label: t("accounts.title") }}
        badges={<StatusBadge kind="account" state={account.state} />}
        actions={<Actions account={account} />}
      />
      {!account.connected && <Unfinished account={account} />}
      <Grid>
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack>
            <Settings account={account} />
            <Lists accountId={account.id} manages={account.manages} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack>
            <Plan account={account} />
            <Webhook account={account} />
            <Sharing account={account} />
            <Hosts accountId={account.id} />
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}

/** Nobody can choose the account before its service has accepted it once. */
function Unfinished({ account }: { account: AccountCard }) {
  const { t } = useTranslation();
  return (
    <Alert mb="md" color="yellow" icon={<IconAlertTriangle size={18} />} title={t("accounts.unfinished")}>
      <Stack gap="xs" align="flex-start">
        {t("accounts.unfinishedHint")}
        {account.manages && (
          <Button size="xs" variant="default" component={Link} to="/accounts/new" search={{ accountId: account.id } as never}>
            {t("accounts.continue")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

function useRefresh(): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ["accounts"] });
}

function Actions({ account }: { account: AccountCard }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const navigate = useNavigate();
  const syncs = useRight("syncs.write");
  const check = useMutation({
    mutationFn: () => accounts.check(account.id),
    onSuccess: async (result) => {
      await refresh();
      if (result.ok) tell(result.message || t("accounts.checkOk"));
      else tellProblem(result.message);
    },
    onError: tellProblem,
  });
  const remove = useRemoval(() => navigate({ to: "/accounts" }));
  const sync = syncs && account.connected && (
    <Button variant="default" component={Link} to="/syncs/new" search={{ accountId: account.id } as never} leftSection={<IconArrowsExchange size={16} />}>
      {t("accounts.newSync")}
    </Button>
  );
  if (!account.manages) return sync;
  return (
    <>
      {sync}
      <Button
        variant="default"
        color="red"
        leftSection={<IconTrash size={16} />}
        onClick={() => remove(account)}
      >
        {t("common.delete")}
      </Button>
      <Button leftSection={<IconPlugConnected size={16} />} loading={check.isPending} onClick={() => check.mutate()}>
        {t("accounts.check")}
      </Button>
    </>
  );
}

function Settings({ account }: { account: AccountCard }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const { manages } = account;
  const saving = useMutation({
    mutationFn: (settings: SettingValues) => accounts.change(account.id, { settings }),
    onSuccess: async () => {
      tell(t("common.saved"));
      await refresh();
    },
  });
  return (
    <Panel title={t("accounts.settings")} description={t("accounts.settingsHint")}>
      <Stack>
        {account.checkMessage && account.state !== "unchecked" && (
          <Alert
            color={account.state === "failing" ? "red" : "teal"}
            icon={account.state === "failing" ? <IconAlertTriangle size={18} /> : <IconCircleCheck size={18} />}
            title={account.state === "failing" ? t("accounts.failing") : undefined}
          >
            {account.checkMessage}
          </Alert>
        )}
        {saving.error && <ProblemPanel problem={saving.error} />}
        <SettingsForm
          settings={account.settingsSchema}
          secretsSet={account.secretsSet}
          initial={account.settings}
          busy={saving.isPending}
          action={t("common.save")}
          onSave={saving.mutate}
          readOnly={!manages}
        />
      </Stack>
    </Panel>
  );
}

function Webhook({ account }: { account: AccountCard }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const { manages } = account;
  const rotation = useMutation({
    mutationFn: () => accounts.rotateToken(account.id),
    onSuccess: async () => {
      tell(t("accounts.rotated"));
      await refresh();
    },
    onError: tellProblem,
  });
  const confirm = () =>
    ask({
      title: t("accounts.rotateTitle"),
      text: t("accounts.rotateText"),
      confirm: t("accounts.rotate"),
      danger: true,
      onConfirm: () => rotation.mutate(),
    });
  return (
    <Panel title={t("accounts.webhook")}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t(account.webhookSet ? "accounts.webhookSet" : "accounts.webhookHint")}
        </Text>
        {!account.webhooksArrive && (
          <Alert color="yellow" icon={<IconAlertTriangle size={18} />}>
            {t("accounts.webhooksCantArrive")}
          </Alert>
        )}
        {account.webhookUrl && <CopyField aria-label={t("accounts.webhook")} value={account.webhookUrl} />}
        <WebhookState account={account} />
        {manages && (
          <Button variant="default" w="fit-content" leftSection={<IconRefresh size={16} />} loading={rotation.isPending} onClick={confirm}>
            {t("accounts.rotate")}
          </Button>
        )}
      </Stack>
    </Panel>
  );
}

/** The last webhook and the failures of a day, with the way to them. */
function WebhookState({ account }: { account: AccountCard }) {
  const { t } = useTranslation();
  const reads = useRight("webhooks.read");
  const arrivals = useArrivals().get(account.id);
  if (!arrivals) return null;
  return (
    <Group justify="space-between" gap="xs">
      <WebhookWords arrivals={arrivals} />
      {reads && (
        <Anchor component={Link} size="sm" to="/webhooks" search={{ accountId: account.id, ...(arrivals.failures > 0 && { state: "failed" }) } as never}>
          {t(arrivals.failures > 0 ? "accounts.toFailures" : "accounts.toWebhooks")}
        </Anchor>
      )}
    </Group>
  );
}
