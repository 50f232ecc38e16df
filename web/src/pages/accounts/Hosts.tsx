import { Alert, Badge, Group, Stack, Switch, Text } from "@mantine/core";
import { IconAlertTriangle, IconWorldCheck } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { accounts, type HostApproval } from "../../api/accounts";
import { useRight } from "../../api/session";
import { EmptyState } from "../../ui/EmptyState";
import { useActor, useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { ask, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";

const ANCHOR = "hosts";

/** Hosts that the module asks for and an administrator lets it reach. */
export function Hosts({ accountId }: { accountId: string }) {
  const { t } = useTranslation();
  const approves = useRight("hosts.approve");
  const { data, error, isPending } = useQuery(accounts.hosts(accountId));
  const waiting = data?.items.filter((host) => host.requested && !host.approved).length ?? 0;
  const isShown = data !== undefined;
  // The link that an administrator is sent leads here, and not to the top of the page.
  useEffect(() => {
    if (isShown && window.location.hash === `#${ANCHOR}`) document.getElementById(ANCHOR)?.scrollIntoView({ block: "start" });
  }, [isShown]);
  return (
    <Panel id={ANCHOR} title={t("accounts.hosts")} description={t("accounts.hostsHint")} style={{ scrollMarginTop: 72 }}>
      {approves && waiting > 0 && (
        <Alert color="yellow" mb="md" icon={<IconAlertTriangle size={18} />} title={t("accounts.waiting", { count: waiting })}>
          {t("accounts.waitingHint")}
        </Alert>
      )}
      {error && <ProblemPanel problem={error} />}
      {isPending && <RowsLoading rows={2} />}
      {data?.items.length === 0 && (
        <EmptyState compact icon={IconWorldCheck} title={t("accounts.noHosts")} text={t("accounts.noHostsHint")} />
      )}
      <Stack gap="sm">{data?.items.map((host) => <Host key={keyOf(host)} accountId={accountId} host={host} all={data.items} />)}</Stack>
    </Panel>
  );
}

const keyOf = (host: HostApproval) => `${host.scheme}://${host.pattern}:${host.port}`;

function Host({ accountId, host, all }: { accountId: string; host: HostApproval; all: HostApproval[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const by = useActor();
  const client = useQueryClient();
  const approves = useRight("hosts.approve");
  const change = useMutation({
    mutationFn: (choice: Partial<HostApproval>) =>
      accounts.approveHosts(accountId, all.map((one) => (one === host ? { ...one, ...choice } : one)).map(plain)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["accounts", accountId] }),
    onError: tellProblem,
  });
  // Whatever opens a way into the private network is asked about first.
  const allow = (choice: Partial<HostApproval>) => {
    if (!(choice.privateNetwork ?? host.privateNetwork)) return change.mutate(choice);
    ask({
      title: t("accounts.privateConfirm", { host: keyOf(host) }),
      text: t("accounts.privateWarning"),
      confirm: t("accounts.privateAllow"),
      danger: true,
      onConfirm: () => change.mutate(choice),
    });
  };
  return (
    <Group justify="space-between" wrap="nowrap" align="flex-start">
      <Stack gap={6} miw={0}>
        <Text size="sm" ff="monospace" style={{ overflowWrap: "anywhere" }}>
          {keyOf(host)}
        </Text>
        <Group gap={6}>
          {host.scheme === "http" && <Badge color="orange">{t("accounts.plainHttp")}</Badge>}
          {host.secrets.length > 0 && <Badge color="gray">{t("accounts.getsSecrets", { names: host.secrets.join(", ") })}</Badge>}
          {host.privateNetwork && <Badge color="orange">{t("accounts.private")}</Badge>}
          {host.approved && host.approvedAt && (
            <Text size="xs" c="dimmed">
              {t("accounts.approvedBy", { name: by(host.approvedBy), when: format.date(host.approvedAt) })}
            </Text>
          )}
        </Group>
        {approves && host.approved && !host.pattern.startsWith("*.") && (
          <Switch
            size="sm"
            mt={4}
            checked={host.privateNetwork}
            disabled={change.isPending}
            onChange={(event) => (event.currentTarget.checked ? allow({ privateNetwork: true }) : change.mutate({ privateNetwork: false }))}
            label={t("accounts.privateSwitch")}
            aria-label={t("accounts.privateNamed", { host: keyOf(host) })}
            description={host.privateNetwork && t("accounts.privateWarning")}
          />
        )}
      </Stack>
      {approves ? (
        <Switch
          checked={host.approved}
          disabled={change.isPending}
          onChange={(event) => (event.currentTarget.checked ? allow({ approved: true }) : change.mutate({ approved: false }))}
          aria-label={t("accounts.approveNamed", { host: keyOf(host) })}
        />
      ) : (
        <Badge color={host.approved ? "teal" : "orange"}>{t(host.approved ? "accounts.approved" : "accounts.awaiting")}</Badge>
      )}
    </Group>
  );
}

function plain({ pattern, scheme, port, privateNetwork, secrets, approved }: HostApproval) {
  return { pattern, scheme, port, privateNetwork, secrets, approved };
}
