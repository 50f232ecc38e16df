import { Badge, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { IconBooks } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { modules, type CatalogueEntry } from "../../api/modules";
import { localised } from "../../i18n";
import { Dialog } from "../../ui/Dialog";
import { EmptyState } from "../../ui/EmptyState";
import { RowsLoading } from "../../ui/Loading";
import { tellProblem } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";
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
  const open = useOpenModule();
  const installation = useMutation({ mutationFn: modules.install, onSuccess: open(t("modules.installed")), onError: tellProblem });
  return (
    <Paper p="md">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Stack gap={4}>
          <Group gap="xs">
            <Text fw={600}>{localised(entry.title)}</Text>
            <Badge color="gray">{entry.version}</Badge>
          </Group>
          <Text size="sm" c="dimmed">
            {localised(entry.description)}
          </Text>
        </Stack>
        <Button
          flex="none"
          variant="light"
          disabled={entry.installed}
          loading={installation.isPending}
          onClick={() => installation.mutate(entry.name)}
        >
          {t(entry.installed ? "modules.alreadyInstalled" : "modules.install")}
        </Button>
      </Group>
    </Paper>
  );
}
