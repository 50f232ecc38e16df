import { Alert, Button, Group, Progress, Select, Stack, Text } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { accounts } from "../../api/accounts";
import { templates, type TemplateImport } from "../../api/templates";
import { Dialog } from "../../ui/Dialog";
import { ProblemPanel } from "../../ui/ProblemPanel";

/** Takes the letters of one account, page by page, and shows how far it is. */
export function ImportTemplates({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const known = useQuery(accounts.list).data?.items.filter((account) => account.connected) ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const accountId = chosen ?? known[0]?.id ?? null;
  const start = useMutation({ mutationFn: templates.import });
  const close = () => {
    start.reset();
    onClose();
  };
  return (
    <Dialog opened={opened} onClose={close} title={t("templates.importTitle")}>
      <Stack>
        <Text size="sm" c="dimmed">
          {t("templates.importHint")}
        </Text>
        {known.length === 0 && (
          <Alert color="yellow">
            {t("templates.noAccount")}{" "}
            <Button component={Link} to="/accounts/new" size="compact-sm" variant="subtle">
              {t("accounts.add")}
            </Button>
          </Alert>
        )}
        <Select
          label={t("templates.account")}
          allowDeselect={false}
          disabled={known.length === 0 || start.isSuccess}
          value={accountId}
          onChange={setChosen}
          data={known.map((account) => ({ value: account.id, label: account.title }))}
        />
        {start.error && <ProblemPanel problem={start.error} />}
        {start.data && <Running id={start.data.id} first={start.data} />}
        <Group justify="flex-end">
          {start.isSuccess ? (
            <Button onClick={close}>{t("common.close")}</Button>
          ) : (
            <Button disabled={!accountId} loading={start.isPending} onClick={() => accountId && start.mutate(accountId)}>
              {t("templates.begin")}
            </Button>
          )}
        </Group>
      </Stack>
    </Dialog>
  );
}

function Running({ id, first }: { id: string; first: TemplateImport }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data: told, error } = useQuery(templates.importState(id));
  const data = told ?? first;
  useEffect(() => {
    if (data.state === "running") return;
    void client.invalidateQueries({ queryKey: ["templates"] });
    void client.invalidateQueries({ queryKey: templates.lastImports.queryKey });
  }, [data.state, client]);
  if (error && !told) return <ProblemPanel problem={error} />;
  if (data.state === "stopped") {
    return (
      <Alert color="red" role="alert" title={t("templates.stopped")}>
        {data.reason}
      </Alert>
    );
  }
  if (data.state === "done") {
    return (
      <Alert color="teal" icon={<IconCircleCheck size={18} />} role="status">
        {t("templates.imported", { count: data.imported })}
      </Alert>
    );
  }
  return (
    <Stack gap={6} role="status">
      <Progress value={100} animated aria-label={t("templates.importing", { count: data.imported })} />
      <Text size="sm">{t("templates.importing", { count: data.imported })}</Text>
    </Stack>
  );
}
