import { Button, Group, Paper, Select, SimpleGrid, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconArrowLeft, IconArrowRight, IconDownload, IconMailOff, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { contacts } from "../../api/contacts";
import { useRight } from "../../api/session";
import { stopList, type StopEntry } from "../../api/stop-list";
import { PAGE_SIZE } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { Tile } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows } from "../../ui/Rows";
import { UploadButton, UploadProgress, useUpload } from "../imports/Uploading";
import { AddStops } from "./AddStops";
import { useStopColumns } from "./stop-columns";
import { REASONS, useStopSearch } from "./stop-search";
import { StopLookUp } from "./StopLookUp";

/** Addresses that get no campaigns: why, since when, and whoever is to be added to them. */
export default function StopList() {
  const { t } = useTranslation();
  const writes = useRight("contacts.write");
  const exports = useRight("contacts.export");
  const [adding, dialog] = useDisclosure();
  const { upload, begin, end } = useUpload("suppression");
  const { filter, filtered } = useStopSearch();
  const counts = useQuery(stopList.counts);
  const add = writes && (
    <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>
      {t("stopList.add")}
    </Button>
  );
  const bring = writes && <UploadButton begin={begin} busy={upload !== null} label={t("stopList.import")} variant="default" />;
  const empty = counts.data?.total === 0 && !filtered;
  return (
    <>
      <PageHeader
        title={t("stopList.title")}
        description={t("stopList.description")}
        back={{ to: "/contacts", label: t("contacts.title") }}
        actions={
          <>
            {bring}
            {exports && !empty && (
              <Button variant="default" component="a" href={stopList.file(filter)} download leftSection={<IconDownload size={16} />}>
                {t("stopList.export")}
              </Button>
            )}
            {add}
          </>
        }
      />
      {upload && <UploadProgress upload={upload} end={end} />}
      {counts.error && <ProblemPanel problem={counts.error} retry={() => void counts.refetch()} />}
      {empty ? (
        <Paper>
          <EmptyState icon={IconMailOff} title={t("stopList.empty")} text={t("stopList.emptyHint")} actions={writes && <>{bring}{add}</>} />
        </Paper>
      ) : (
        <Stack>
          <Counts />
          <StopLookUp />
          <Filters />
          <Entries />
        </Stack>
      )}
      <AddStops opened={adding} onClose={dialog.close} />
    </>
  );
}

function Counts() {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = useQuery(stopList.counts);
  const of = (value: number | undefined) => (value === undefined ? "…" : format.number(value));
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }}>
      <Tile label={t("stopList.reason.unsubscribe")} value={of(data?.unsubscribe)} />
      <Tile label={t("stopList.reason.hard_bounce")} value={of(data?.hardBounce)} />
      <Tile label={t("stopList.reason.spam")} value={of(data?.spam)} />
      <Tile label={t("stopList.reason.manual")} value={of(data?.manual)} />
      <Tile label={t("stopList.imported")} value={of(data?.imported)} note={t("stopList.ofTotal", { total: of(data?.total) })} />
    </SimpleGrid>
  );
}

function Filters() {
  const { t } = useTranslation();
  const format = useFormat();
  const { filter, set } = useStopSearch();
  const categories = useQuery(contacts.categories).data ?? [];
  const known = useQuery(stopList.counts).data?.categories ?? [];
  const counted = (title: string, id: string | null) => {
    const count = known.find(({ categoryId }) => categoryId === id)?.count ?? 0;
    return `${title} · ${format.number(count)}`;
  };
  const one = { clearable: true, flex: { base: "1 1 100%", xs: "1 1 180px" }, maw: { base: "100%", sm: 260 } };
  return (
    <Group gap="sm">
      <Select
        {...one}
        aria-label={t("stopList.reasonTitle")}
        placeholder={t("stopList.anyReason")}
        value={filter.reason ?? null}
        data={REASONS.map((value) => ({ value, label: t(`stopList.reason.${value}`) }))}
        onChange={(reason) => set({ reason: REASONS.find((value) => value === reason) })}
      />
      <Select
        {...one}
        aria-label={t("stopList.category")}
        placeholder={t("stopList.anyCategory")}
        value={filter.categoryId ?? null}
        data={[
          { value: "all", label: counted(t("stopList.allCategories"), null) },
          ...categories.map(({ id, title }) => ({ value: id, label: counted(title, id) })),
        ]}
        onChange={(categoryId) => set({ categoryId: categoryId ?? undefined })}
      />
      <Select
        {...one}
        aria-label={t("stopList.channel")}
        placeholder={t("stopList.anyChannel")}
        value={filter.kind ?? null}
        data={(["email", "phone"] as const).map((value) => ({ value, label: t(`stopList.kind.${value}`) }))}
        onChange={(kind) => set({ kind: kind === "email" || kind === "phone" ? kind : undefined })}
      />
      <Select
        {...one}
        aria-label={t("stopList.source")}
        placeholder={t("stopList.anySource")}
        value={filter.origin ?? null}
        data={[{ value: "import", label: t("stopList.fromFiles") }]}
        onChange={(origin) => set({ origin: origin === "import" ? "import" : undefined })}
      />
    </Group>
  );
}

function Entries() {
  const { t } = useTranslation();
  const { filter, cursor, set } = useStopSearch();
  const source = useQuery(stopList.page(filter, cursor, PAGE_SIZE));
  const columns = useStopColumns();
  if (source.error && !source.data) return <ProblemPanel problem={source.error} retry={() => void source.refetch()} />;
  if (!source.data) return <RowsLoading />;
  const { items, next, previous } = source.data;
  if (items.length === 0) {
    return (
      <Paper p="xl" ta="center" c="dimmed">
        {t("common.nothingFound")}
      </Paper>
    );
  }
  return (
    <Stack gap="sm">
      <div style={{ opacity: source.isPlaceholderData ? 0.55 : 1, transition: "opacity 120ms" }}>
        <Rows<StopEntry> label={t("stopList.title")} rows={items} columns={columns} />
      </div>
      {(next || previous) && (
        <Group gap="xs" justify="flex-end" component="nav" aria-label={t("contactList.pages")}>
          <Button variant="default" size="sm" leftSection={<IconArrowLeft size={16} />} disabled={!previous} onClick={() => set({ cursor: previous ?? undefined })}>
            {t("contactList.previous")}
          </Button>
          <Button variant="default" size="sm" rightSection={<IconArrowRight size={16} />} disabled={!next} onClick={() => set({ cursor: next ?? undefined })}>
            {t("contactList.next")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
