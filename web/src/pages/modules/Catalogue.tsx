import { Badge, Button, Checkbox, Group, Paper, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBooks } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { modules, type CatalogueEntry } from "../../api/modules";
import { useRight } from "../../api/session";
import { localised } from "../../i18n";
import { Dialog } from "../../ui/Dialog";
import { EmptyState } from "../../ui/EmptyState";
import { RowsLoading } from "../../ui/Loading";
import { tell, tellProblem } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { ForkModule } from "./ForkModule";
import { useOpenModule } from "./use-open-module";

/** Modules that come with Vestnik, ready to be installed. */
export function Catalogue({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const { data, error, isPending } = useQuery({ ...modules.catalogue, enabled: opened });
  return (
    <Dialog opened={opened} onClose={onClose} title={t("modules.catalogue")} size="lg">
      <Stack>
        <Text size="sm" c="dimmed">
          {t("modules.catalogueHint")}
        </Text>
        {error && <ProblemPanel problem={error} />}
        {isPending && <RowsLoading rows={3} />}
        {data?.items.length === 0 && <EmptyState compact icon={IconBooks} title={t("modules.catalogueEmpty")} text={t("modules.emptyHint")} />}
        {data?.items.map((entry) => <Entry key={entry.name} entry={entry} />)}
      </Stack>
    </Dialog>
  );
}

function Entry({ entry }: { entry: CatalogueEntry }) {
  const { t } = useTranslation();
  return (
    <Paper p="md" component="article" aria-label={localised(entry.title)}>
      <Stack gap="xs">
        <Group gap="xs">
          <Text fw={600}>{localised(entry.title)}</Text>
          <Badge color="gray">{entry.version}</Badge>
          {entry.updateAvailable && <Badge color="blue">{t("modules.updateAvailable")}</Badge>}
          {entry.moduleId && !entry.updateAvailable && <Badge color="teal">{t("modules.alreadyInstalled")}</Badge>}
        </Group>
        <Text size="sm" c="dimmed">
          {localised(entry.description)}
        </Text>
        {entry.hosts.length > 0 && (
          <Group gap={6} component="div">
            <Text size="xs" c="dimmed">
              {t("modules.hosts")}
            </Text>
            {entry.hosts.map((host) => (
              <Text key={host} size="xs" ff="monospace" style={{ overflowWrap: "anywhere" }}>
                {host}
              </Text>
            ))}
          </Group>
        )}
        {entry.moduleId ? <Installed entry={entry} id={entry.moduleId} /> : <Installation entry={entry} />}
      </Stack>
    </Paper>
  );
}

/** An administrator opens the module's hosts with the same click; others leave that to one. */
function Installation({ entry }: { entry: CatalogueEntry }) {
  const { t } = useTranslation();
  const open = useOpenModule();
  const approves = useRight("hosts.approve") && entry.hosts.length > 0;
  const [approve, setApprove] = useState(true);
  const installation = useMutation({
    mutationFn: () => modules.install(entry.name, approves && approve),
    onSuccess: open(t("modules.installed")),
    onError: tellProblem,
  });
  return (
    <Group justify="space-between" gap="sm">
      {approves ? (
        <Checkbox
          size="sm"
          label={t("modules.approveHosts")}
          checked={approve}
          onChange={(event) => setApprove(event.currentTarget.checked)}
        />
      ) : (
        <Text size="xs" c="dimmed" flex="1 1 200px">
          {entry.hosts.length > 0 && t("modules.approvalNeeded")}
        </Text>
      )}
      <Button variant="light" loading={installation.isPending} onClick={() => installation.mutate()}>
        {t("modules.install")}
      </Button>
    </Group>
  );
}

function Installed({ entry, id }: { entry: CatalogueEntry; id: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [forking, fork] = useDisclosure();
  const update = useMutation({
    mutationFn: () => modules.update(id),
    onSuccess: async (version) => {
      tell(t("modules.updated", { number: version.number }));
      await client.invalidateQueries({ queryKey: ["modules"] });
      await client.invalidateQueries({ queryKey: ["catalogue"] });
      await navigate({ to: "/modules/$id", params: { id }, search: { tab: "versions" } });
    },
    onError: tellProblem,
  });
  return (
    <Group justify="flex-end" gap="xs">
      <Button variant="subtle" component={Link} to={`/modules/${id}`}>
        {t("modules.open")}
      </Button>
      <Button variant="default" onClick={fork.open}>
        {t("modules.forkAction")}
      </Button>
      {entry.updateAvailable && (
        <Button variant="light" loading={update.isPending} onClick={() => update.mutate()}>
          {t("modules.update")}
        </Button>
      )}
      <ForkModule opened={forking} onClose={fork.close} id={id} name={entry.name} />
    </Group>
  );
}
