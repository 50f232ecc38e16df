import { Alert, Button, Menu, Tabs } from "@mantine/core";
import { IconAlertTriangle, IconDots, IconPlayerPause, IconPlayerPlay, IconSend, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { outgoing, stateOf, type OutgoingWebhook } from "../../api/outgoing";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageLoading } from "../../ui/Loading";
import { ask, tell, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { PageProblem } from "../../ui/ProblemPanel";
import { StatusBadge } from "../../ui/StatusBadge";
import { Deliveries } from "./Deliveries";
import { Examples } from "./Examples";
import { SettingsPanel } from "./SettingsPanel";
import { TestDialog } from "./TestDialog";

const route = getRouteApi("/inside/settings/webhooks/$id");
const TABS = ["deliveries", "settings", "examples"] as const;

export default function OutgoingPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(outgoing.card(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return <Whole webhook={data} />;
}

function Whole({ webhook }: { webhook: OutgoingWebhook }) {
  const { t } = useTranslation();
  const list = useListState();
  const tab = TABS.find((each) => each === list.tab) ?? "deliveries";
  return (
    <>
      <PageHeader
        title={webhook.title}
        description={<span style={{ overflowWrap: "anywhere" }}>{webhook.url}</span>}
        back={{ to: "/settings/webhooks", label: t("outgoing.title") }}
        badges={<StatusBadge kind="outgoing" state={stateOf(webhook)} />}
        actions={<Actions webhook={webhook} />}
      />
      <Trouble webhook={webhook} />
      <Tabs value={tab} onChange={(value) => list.set({ tab: value === "deliveries" ? "" : (value ?? ""), state: "", did: "", page: 1 })} keepMounted={false}>
        <Tabs.List mb="md" aria-label={webhook.title}>
          {TABS.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {t(`outgoing.tabs.${each}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="deliveries">
          <Deliveries webhook={webhook} />
        </Tabs.Panel>
        <Tabs.Panel value="settings">
          <SettingsPanel key={webhook.id} webhook={webhook} />
        </Tabs.Panel>
        <Tabs.Panel value="examples">
          <Examples />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

/** Why nothing arrives, where nothing does. */
function Trouble({ webhook }: { webhook: OutgoingWebhook }) {
  const { t } = useTranslation();
  const format = useFormat();
  const state = stateOf(webhook);
  const icon = <IconAlertTriangle size={18} />;
  if (state === "stopped") {
    return (
      <Alert color="red" icon={icon} mb="md" title={t("outgoing.stopped")}>
        {webhook.offReason} {t("outgoing.stoppedHint")}
      </Alert>
    );
  }
  if (state === "failing") {
    return (
      <Alert color="orange" icon={icon} mb="md" title={t("outgoing.failing", { since: format.dateTime(webhook.failingSince) })}>
        {t("outgoing.failingHint")}
      </Alert>
    );
  }
  return null;
}

function Actions({ webhook }: { webhook: OutgoingWebhook }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [testing, setTesting] = useState(false);
  const switching = useMutation({
    mutationFn: (enabled: boolean) => outgoing.change(webhook.id, { enabled }),
    onSuccess: async ({ enabled }) => {
      tell(t(enabled ? "outgoing.turnedOn" : "outgoing.turnedOff"));
      await client.invalidateQueries({ queryKey: outgoing.key });
    },
    onError: tellProblem,
  });
  const removal = useMutation({
    mutationFn: () => outgoing.remove(webhook.id),
    onSuccess: async () => {
      await navigate({ to: "/settings/webhooks" });
      client.removeQueries({ queryKey: [...outgoing.key, webhook.id] });
      await client.invalidateQueries({ queryKey: outgoing.key, exact: true });
    },
    onError: tellProblem,
  });
  const turnOff = () =>
    ask({
      title: t("outgoing.turnOffTitle", { name: webhook.title }),
      text: t("outgoing.turnOffText"),
      confirm: t("outgoing.turnOff"),
      onConfirm: () => switching.mutate(false),
    });
  const remove = () =>
    ask({
      title: t("outgoing.deleteTitle", { name: webhook.title }),
      text: t("outgoing.deleteText"),
      confirm: t("common.delete"),
      danger: true,
      onConfirm: () => removal.mutate(),
    });
  return (
    <>
      {!webhook.enabled && (
        <Button leftSection={<IconPlayerPlay size={16} />} loading={switching.isPending} onClick={() => switching.mutate(true)}>
          {t("outgoing.turnOn")}
        </Button>
      )}
      <Button variant={webhook.enabled ? "filled" : "default"} leftSection={<IconSend size={16} />} onClick={() => setTesting(true)}>
        {t("outgoing.test")}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" leftSection={<IconDots size={16} />}>
            {t("outgoing.more")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {webhook.enabled && (
            <Menu.Item leftSection={<IconPlayerPause size={14} />} onClick={turnOff}>
              {t("outgoing.turnOff")}
            </Menu.Item>
          )}
          <Menu.Item color="red" leftSection={<IconTrash size={14} />} onClick={remove}>
            {t("common.delete")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {testing && <TestDialog webhook={webhook} onClose={() => setTesting(false)} />}
    </>
  );
}
