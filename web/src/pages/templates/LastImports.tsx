import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { accounts, type AccountRow } from "../../api/accounts";
import { useRight } from "../../api/session";
import { templates, type TemplateImport } from "../../api/templates";
import { useFormat } from "../../ui/format";
import { tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { StatusBadge } from "../../ui/StatusBadge";

/** How the last import of each account went, and a button to import anew. */
export function LastImports() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const known = useQuery(accounts.list).data?.items ?? [];
  const { data } = useQuery(templates.lastImports);
  const running = data?.items.filter((each) => each.state === "running").length ?? 0;
  useEffect(() => {
    if (running === 0) void client.invalidateQueries({ queryKey: ["templates"] });
  }, [running, client]);
  if (!data || data.items.length === 0) return null;
  const last = new Map(data.items.map((each) => [each.accountId, each]));
  return (
    <Panel title={t("templates.imports")} description={t("templates.importsHint")}>
      <Stack gap="md">
        {known.map((account) => (
          <Row key={account.id} account={account} last={last.get(account.id)} />
        ))}
      </Stack>
    </Panel>
  );
}

function Row({ account, last }: { account: AccountRow; last: TemplateImport | undefined }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const imports = useRight("templates.import");
  const again = useMutation({
    mutationFn: () => templates.import(account.id),
    onSuccess: () => client.invalidateQueries({ queryKey: templates.lastImports.queryKey }),
    onError: tellProblem,
  });
  const action = t(last ? "templates.again" : "templates.begin");
  const busy = again.isPending || last?.state === "running";
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="sm">
        <Stack gap={0} flex="1 1 240px" miw={0}>
          <Group gap="xs">
            <Text fw={600} size="sm">
              {account.title}
            </Text>
            {last && <StatusBadge kind="import" state={last.state} />}
          </Group>
          <Summary last={last} />
        </Stack>
        {imports && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconRefresh size={14} />}
            loading={busy}
            aria-label={t("templates.importFrom", { action, account: account.title })}
            onClick={() => again.mutate()}
          >
            {action}
          </Button>
        )}
      </Group>
      {last?.state === "stopped" && (
        <Alert color="red" title={t("templates.stopped")} p="sm">
          {last.reason}
        </Alert>
      )}
    </Stack>
  );
}

function Summary({ last }: { last: TemplateImport | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!last) return <Text size="sm" c="dimmed">{t("templates.never")}</Text>;
  const parts = [
    last.state === "running" ? t("templates.importing", { count: last.imported }) : t("templates.got", { count: last.imported }),
    last.archived > 0 ? t("templates.gone", { count: last.archived }) : undefined,
    format.dateTime(last.finishedAt ?? last.startedAt),
  ];
  return (
    <Text size="sm" c="dimmed" className="numbers" aria-live="polite">
      {parts.filter(Boolean).join(" · ")}
    </Text>
  );
}
