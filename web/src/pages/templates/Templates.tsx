import { Badge, Button, Group, Paper, SegmentedControl, Select, SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDownload, IconTemplate } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { accounts } from "../../api/accounts";
import { useRight } from "../../api/session";
import { templates, type Template } from "../../api/templates";
import { TemplatePicture } from "../../mail/TemplatePicture";
import { Paging, Search } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useAccountTitles } from "../accounts/use-account-titles";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { ImportTemplates } from "./ImportTemplates";
import { LastImports } from "./LastImports";
import { languageName } from "./language-name";

const TILES = 12;
const ARCHIVED = "archived";

/** A gallery of letters that were imported from sending services. */
export default function Templates() {
  const { t } = useTranslation();
  const list = useListState();
  const [importing, dialog] = useDisclosure();
  const imports = useRight("templates.import");
  const { data, error, isPending, refetch } = useQuery(
    templates.list({
      search: list.search,
      accountId: list.accountId,
      language: list.language,
      archived: list.state === ARCHIVED,
      sort: "-changed",
      offset: (list.page - 1) * TILES,
      limit: TILES,
    }),
  );
  const action = imports && (
    <Button leftSection={<IconDownload size={16} />} onClick={dialog.open}>
      {t("templates.import")}
    </Button>
  );
  const empty = data?.total === 0;
  return (
    <>
      <PageHeader title={t("templates.title")} description={t("templates.description")} actions={action} />
      <Stack gap="md">
        {(!empty || list.filtered) && <Filters languages={data?.languages ?? []} />}
        {error && <ProblemPanel problem={error} retry={() => void refetch()} />}
        {empty && !list.filtered && (
          <Paper>
            <EmptyState icon={IconTemplate} title={t("templates.empty")} text={t("templates.emptyHint")} actions={action} />
          </Paper>
        )}
        {empty && list.filtered && (
          <Paper p="xl" ta="center" c="dimmed">
            {t(list.state === ARCHIVED ? "templates.noneArchived" : "common.nothingFound")}
          </Paper>
        )}
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3, xl: 4 }}>
          {isPending && [0, 1, 2, 3].map((tile) => <Skeleton key={tile} h={280} radius="md" />)}
          {data?.items.map((row) => <Tile key={row.id} row={row} />)}
        </SimpleGrid>
        {data && <Paging total={data.total} list={list} size={TILES} />}
        <LastImports />
      </Stack>
      <ImportTemplates opened={importing} onClose={dialog.close} />
    </>
  );
}

function Filters({ languages }: { languages: string[] }) {
  const { t, i18n } = useTranslation();
  const list = useListState();
  const known = useQuery(accounts.list).data?.items ?? [];
  return (
    <Group gap="sm">
      <Search label={t("templates.search")} list={list} />
      <Select
        w={{ base: "100%", xs: 240 }}
        clearable
        aria-label={t("templates.account")}
        placeholder={t("webhooks.anyAccount")}
        value={list.accountId ?? null}
        onChange={(value) => list.set({ accountId: value ?? "", page: 1 })}
        data={known.map((account) => ({ value: account.id, label: account.title }))}
      />
      {(languages.length > 1 || list.language) && (
        <Select
          w={{ base: "100%", xs: 180 }}
          clearable
          aria-label={t("templates.language")}
          placeholder={t("templates.anyLanguage")}
          value={list.language ?? null}
          onChange={(value) => list.set({ language: value ?? "", page: 1 })}
          data={languages.map((tag) => ({ value: tag, label: languageName(tag, i18n.language) }))}
        />
      )}
      <SegmentedControl
        aria-label={t("templates.which")}
        value={list.state === ARCHIVED ? ARCHIVED : ""}
        onChange={(value) => list.set({ state: value, page: 1 })}
        data={[
          { value: "", label: t("templates.current") },
          { value: ARCHIVED, label: t("templates.archivedMany") },
        ]}
      />
    </Group>
  );
}

function Tile({ row }: { row: Template }) {
  const format = useFormat();
  const account = useAccountTitles().get(row.accountId);
  return (
    <Link to="/templates/$id" params={{ id: row.id }} className="choice" style={{ color: "inherit", textDecoration: "none" }}>
      <TemplatePicture template={row} />
      <Stack gap={4} p="md">
        <Text fw={600} truncate>
          {row.name}
        </Text>
        <Text size="sm" c="dimmed" truncate>
          {row.subject || "—"}
        </Text>
        <Group gap="xs" justify="space-between" wrap="nowrap">
          <Badge color="gray" style={{ flexShrink: 1 }}>
            {account ?? row.externalId}
          </Badge>
          <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
            {format.date(row.archivedAt ?? row.serviceUpdatedAt ?? row.updatedAt)}
          </Text>
        </Group>
      </Stack>
    </Link>
  );
}
