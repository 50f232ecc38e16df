import { Badge, Button, Group, SimpleGrid, Skeleton, Stack, Text, ThemeIcon } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBooks, IconBrandPython, IconPlus, IconUpload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { modules, type ModuleRow } from "../../api/modules";
import { useRight } from "../../api/session";
import { localised } from "../../i18n";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { StatusBadge } from "../../ui/StatusBadge";
import { Catalogue } from "./Catalogue";
import { NewModule } from "./NewModule";
import { UploadModule } from "./UploadModule";

export default function Modules() {
  const { t } = useTranslation();
  const list = useQuery(modules.list);
  const [creating, newModule] = useDisclosure();
  const [uploading, upload] = useDisclosure();
  const [browsing, catalogue] = useDisclosure();
  const writes = useRight("modules.write");
  const actions = writes && (
    <>
      <Button variant="default" leftSection={<IconBooks size={16} />} onClick={catalogue.open}>
        {t("modules.catalogue")}
      </Button>
      <Button variant="default" leftSection={<IconUpload size={16} />} onClick={upload.open}>
        {t("modules.upload")}
      </Button>
      <Button leftSection={<IconPlus size={16} />} onClick={newModule.open}>
        {t("modules.new")}
      </Button>
    </>
  );
  return (
    <>
      <PageHeader title={t("modules.title")} description={t("modules.description")} actions={actions} />
      {list.error && <ProblemPanel problem={list.error} retry={() => void list.refetch()} />}
      {list.isPending && <CardsLoading />}
      {list.data?.items.length === 0 && (
        <Panel>
          <EmptyState icon={IconBrandPython} title={t("modules.empty")} text={t("modules.emptyHint")} actions={actions} />
        </Panel>
      )}
      <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }}>
        {list.data?.items.map((row) => <ModuleTile key={row.id} row={row} />)}
      </SimpleGrid>
      <NewModule opened={creating} onClose={newModule.close} />
      <UploadModule opened={uploading} onClose={upload.close} />
      <Catalogue opened={browsing} onClose={catalogue.close} />
    </>
  );
}

function ModuleTile({ row }: { row: ModuleRow }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Link to="/modules/$id" params={{ id: row.id }} className="choice" style={{ color: "inherit", textDecoration: "none" }}>
      <Stack p="lg" gap="sm" h="100%">
        <Group wrap="nowrap" align="flex-start">
          <ThemeIcon variant="light" size={42}>
            <IconBrandPython size={22} stroke={1.6} aria-hidden />
          </ThemeIcon>
          <Stack gap={0} flex={1} miw={0}>
            <Text fw={600} truncate>
              {localised(row.title)}
            </Text>
            <Text size="xs" c="dimmed" ff="monospace" truncate>
              {row.name}
            </Text>
          </Stack>
          <StatusBadge kind="module" state={row.suspendedAt ? "suspended" : row.enabled ? "enabled" : "disabled"} />
        </Group>
        <Text size="sm" c="dimmed" lineClamp={2} flex={1}>
          {localised(row.description) || t("modules.noDescription")}
        </Text>
        <Group gap="xs">
          <Badge color="gray">{row.liveVersionId ? t("modules.version", { number: row.version }) : t("modules.neverPublished")}</Badge>
          {row.liveVersionId && row.hasDraft && <Badge color="blue">{t("modules.hasDraft")}</Badge>}
          {row.bundled && <Badge color="herald">{t("modules.bundled")}</Badge>}
          <Text size="xs" c="dimmed" ml="auto">
            {t("modules.accountsAndAge", { count: row.accounts, when: format.ago(row.updatedAt) })}
          </Text>
        </Group>
      </Stack>
    </Link>
  );
}

function CardsLoading() {
  return (
    <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }}>
      {[0, 1, 2].map((card) => (
        <Skeleton key={card} h={168} radius="md" />
      ))}
    </SimpleGrid>
  );
}
