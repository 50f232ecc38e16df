import { Badge, Group, Stack, Switch, Text } from "@mantine/core";
import { IconWorldCheck } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { accounts, type HostApproval } from "../../../api/accounts";
import { modules, type ModuleHost } from "../../../api/modules";
import { useRight } from "../../../api/session";
import { EmptyState } from "../../../ui/EmptyState";
import { useFormat } from "../../../ui/format";
import { RowsLoading } from "../../../ui/Loading";
import { ask, tellProblem } from "../../../ui/notices";
import { ProblemPanel } from "../../../ui/ProblemPanel";
import { shortName } from "../run/inputs";
import classes from "../Studio.module.css";

type Approval = ModuleHost["accounts"][number];

const address = ({ scheme, pattern, port }: ModuleHost) => `${scheme}://${pattern}:${port}`;

/** Addresses that the module asks for: what each was used for, and for which accounts it is approved. */
export function HostsPanel({ moduleId }: { moduleId: string }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(modules.hosts(moduleId));
  if (error && !data) return <ProblemPanel problem={error} />;
  if (!data) return <RowsLoading rows={3} />;
  if (data.items.length === 0) {
    return <EmptyState compact icon={IconWorldCheck} title={t("studio.noHosts")} text={t("studio.noHostsHint")} />;
  }
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t("studio.hostsHint")}
      </Text>
      <ul className={classes.entries} aria-label={t("studio.tab.hosts")}>
        {data.items.map((host) => (
          <li key={address(host)}>
            <Host moduleId={moduleId} host={host} />
          </li>
        ))}
      </ul>
    </Stack>
  );
}

function Host({ moduleId, host }: { moduleId: string; host: ModuleHost }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Stack gap="xs" p="sm">
      <Group gap="xs">
        <Text size="sm" ff="monospace" style={{ overflowWrap: "anywhere" }}>
          {address(host)}
        </Text>
        {!host.requested && <Badge color="gray">{t("studio.notRequested")}</Badge>}
      </Group>
      {host.usedBy.length === 0 ? (
        <Text size="xs" c="dimmed">
          {t("studio.neverUsed")}
        </Text>
      ) : (
        <ul className={classes.uses}>
          {host.usedBy.map((use) => (
            <li key={use.function}>
              <span>{shortName(use.function)}</span>
              <span>{t("studio.used", { count: use.count, when: format.ago(use.lastAt) })}</span>
            </li>
          ))}
        </ul>
      )}
      {host.accounts.map((account) => (
        <AccountApproval key={account.accountId} moduleId={moduleId} host={host} account={account} />
      ))}
    </Stack>
  );
}

function AccountApproval({ moduleId, host, account }: { moduleId: string; host: ModuleHost; account: Approval }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const approves = useRight("hosts.approve");
  const change = useMutation({
    mutationFn: async (approved: boolean) => {
      const { items } = await client.fetchQuery({ ...accounts.hosts(account.accountId), staleTime: 0 });
      return accounts.approveHosts(account.accountId, withApproval(items, host, approved));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["accounts", account.accountId] });
      await client.invalidateQueries({ queryKey: ["modules", moduleId, "hosts"] });
    },
    onError: tellProblem,
  });
  // Whatever opens a way into the private network is asked about first.
  const allow = (approved: boolean) => {
    if (!approved || !account.private) return change.mutate(approved);
    ask({
      title: t("accounts.privateConfirm", { host: address(host) }),
      text: t("accounts.privateWarning"),
      confirm: t("accounts.privateAllow"),
      danger: true,
      onConfirm: () => change.mutate(true),
    });
  };
  return (
    <Group justify="space-between" wrap="nowrap" gap="xs">
      <Stack gap={2} miw={0}>
        <Text size="sm" truncate>
          {account.title}
        </Text>
        <Group gap={4}>
          {account.secrets.length > 0 && <Badge size="sm" color="gray">{t("accounts.getsSecrets", { names: account.secrets.join(", ") })}</Badge>}
          {account.private && <Badge size="sm" color="orange">{t("accounts.private")}</Badge>}
        </Group>
      </Stack>
      {approves ? (
        <Switch
          checked={account.approved}
          disabled={change.isPending}
          onChange={(event) => allow(event.currentTarget.checked)}
          aria-label={t("studio.approveNamed", { host: address(host), account: account.title })}
        />
      ) : (
        <Badge color={account.approved ? "teal" : "orange"}>{t(account.approved ? "accounts.approved" : "accounts.awaiting")}</Badge>
      )}
    </Group>
  );
}

function withApproval(all: HostApproval[], host: ModuleHost, approved: boolean) {
  const same = (one: HostApproval) => one.scheme === host.scheme && one.pattern === host.pattern && one.port === host.port;
  return all.map(({ pattern, scheme, port, privateNetwork, secrets, ...one }) => {
    const own = same({ pattern, scheme, port, privateNetwork, secrets, ...one });
    return { pattern, scheme, port, privateNetwork, secrets, approved: own ? approved : one.approved };
  });
}
