import { Badge, Box, Button, Checkbox, Collapse, Group, Paper, Popover, Select, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback, useDisclosure } from "@mantine/hooks";
import { IconAddressBook, IconArrowLeft, IconArrowRight, IconArrowsJoin, IconColumns3, IconFileImport, IconFilter, IconMailOff, IconPlus, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { contactList, type ContactListing, type Selection, type Sort } from "../../api/contact-list";
import type { ContactRow } from "../../api/contacts";
import { useRight } from "../../api/session";
import { PAGE_SIZE } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows } from "../../ui/Rows";
import { BulkBar } from "./list/BulkBar";
import { USUAL, useColumnChoices, useColumns } from "./list/columns";
import { FilterPanel } from "./list/FilterPanel";
import { FilterPills } from "./list/FilterPills";
import { SORTS, useListAddress, type ListAddress } from "./list/list-search";
import { Views } from "./list/Views";
import { NewContact } from "./NewContact";
import { ExportMenu } from "../imports/ExportMenu";

export default function Contacts() {
  const { t } = useTranslation();
  const list = useListAddress();
  const [creating, dialog] = useDisclosure();
  const [filtering, panel] = useDisclosure();
  const writes = useRight("contacts.write");
  const columns = list.columns?.length ? list.columns : USUAL;
  const source = useQuery(contactList.page({ search: list.search, filters: list.filters, sort: list.sort }, list.cursor, PAGE_SIZE));
  const add = writes && (
    <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>
      {t("contacts.add")}
    </Button>
  );
  const upload = writes && (
    <Button variant="default" component={Link} to="/imports" leftSection={<IconFileImport size={16} />}>
      {t("imports.import")}
    </Button>
  );
  const { fields = {}, ...others } = list.filters;
  const held = Object.keys(others).length + Object.keys(fields ?? {}).length;
  const nobody = source.data?.total === 0 && !list.filtered;
  return (
    <>
      <PageHeader
        title={t("contacts.title")}
        description={t("contacts.description")}
        actions={
          <>
            <Button variant="default" component={Link} to="/contacts/duplicates" leftSection={<IconArrowsJoin size={16} />}>
              {t("merge.open")}
            </Button>
            <Button variant="default" component={Link} to="/stop-list" leftSection={<IconMailOff size={16} />}>
              {t("stopList.title")}
            </Button>
            {upload}
            <ExportMenu selection={{ search: list.search, filters: list.filters, sort: list.sort }} />
            {add}
          </>
        }
      />
      {source.error && !source.data && (
        <Box mb="md">
          <ProblemPanel problem={source.error} retry={() => void source.refetch()} />
        </Box>
      )}
      {nobody ? (
        <Paper>
          <EmptyState icon={IconAddressBook} title={t("contacts.empty")} text={t("contacts.emptyHint")} actions={writes && <>{upload}{add}</>} />
        </Paper>
      ) : (
        <Stack gap="sm">
          <Group gap="sm">
            <Search list={list} />
            <Button
              variant={filtering ? "light" : "default"}
              leftSection={<IconFilter size={16} />}
              rightSection={held > 0 && <Badge circle>{held}</Badge>}
              aria-expanded={filtering}
              onClick={panel.toggle}
            >
              {t("contactList.filters")}
            </Button>
            <Order list={list} />
            <Columns list={list} shown={columns} />
            <Views list={list} columns={columns} />
          </Group>
          <Collapse expanded={filtering}>{filtering && <FilterPanel list={list} />}</Collapse>
          <FilterPills list={list} />
          {source.isPending && <RowsLoading />}
          {source.data && <Found key={JSON.stringify([list.search, list.filters])} list={list} page={source.data} columns={columns} faded={source.isPlaceholderData} writes={writes} />}
        </Stack>
      )}
      <NewContact opened={creating} onClose={dialog.close} />
    </>
  );
}

interface FoundProps {
  list: ListAddress;
  page: ContactListing;
  columns: string[];
  faded: boolean;
  writes: boolean;
}

/** The page of the list, whom of it is chosen, and what to do with them. */
function Found({ list, page, columns, faded, writes }: FoundProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [everybody, setEverybody] = useState(false);
  const [but, setBut] = useState<ReadonlySet<string>>(new Set());
  const here = page.items.map((row) => row.id);
  const toggle = (ids: string[], add: boolean) => {
    // Of everybody that was found those are remembered who are not meant.
    const next = new Set(everybody ? but : chosen);
    for (const id of ids) {
      if (add !== everybody) next.add(id);
      else next.delete(id);
    }
    if (everybody) setBut(next);
    else setChosen(next);
  };
  const has = (id: string) => (everybody ? !but.has(id) : chosen.has(id));
  const allHere = here.length > 0 && here.every(has);
  const rows = useColumns(columns, writes ? { has, toggle: (id) => toggle([id], !has(id)) } : undefined);
  if (page.items.length === 0) {
    return (
      <Paper p="xl" ta="center">
        <Text fw={550}>{t("contactList.nothing")}</Text>
        <Text c="dimmed">{t("contactList.nothingHint")}</Text>
      </Paper>
    );
  }
  const total = page.more ? t("contactList.moreThan", { total: format.number(page.total) }) : format.number(page.total);
  const selection: Selection = everybody
    ? { search: list.search, filters: list.filters, sort: list.sort, but: [...but] }
    : { ids: [...chosen] };
  const choose = (all: boolean) => {
    setChosen(new Set());
    setBut(new Set());
    setEverybody(all);
  };
  const words = () => {
    if (!everybody) return t("contactList.selected", { count: chosen.size });
    return but.size === 0 ? t("contactList.allSelected", { total }) : t("contactList.allSelectedBut", { total, but: format.number(but.size) });
  };
  return (
    <>
      {writes && (
        <Checkbox
          label={t("contactList.selectPage")}
          checked={allHere}
          indeterminate={!allHere && here.some(has)}
          onChange={() => toggle(here, !allHere)}
        />
      )}
      <div style={{ opacity: faded ? 0.55 : 1, transition: "opacity 120ms" }}>
        <Rows<ContactRow> label={t("contacts.title")} rows={page.items} columns={rows} />
      </div>
      <Pages list={list} page={page} total={total} />
      {(everybody || chosen.size > 0) && (
        <BulkBar
          words={words()}
          selection={selection}
          widen={everybody || (!page.more && chosen.size >= page.total) ? undefined : () => choose(true)}
          clear={() => choose(false)}
        />
      )}
    </>
  );
}

function Pages({ list, page, total }: { list: ListAddress; page: ContactListing; total: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [counting, setCounting] = useState(false);
  const exact = useQuery({
    ...contactList.count({ search: list.search, filters: list.filters, sort: list.sort }),
    enabled: counting && page.more,
  });
  const known = exact.data ? format.number(exact.data.count) : total;
  return (
    <Group justify="space-between" gap="sm">
      <Group gap="xs">
        <Text size="sm" c="dimmed" className="numbers" aria-live="polite">
          {t("contactList.shown", { count: page.items.length, total: known })}
        </Text>
        {page.more && !exact.data && (
          <Button variant="subtle" size="compact-sm" loading={exact.isFetching} onClick={() => setCounting(true)}>
            {t("contactList.countAll")}
          </Button>
        )}
      </Group>
      <Group gap="xs" component="nav" aria-label={t("contactList.pages")}>
        <Button
          variant="default"
          size="sm"
          leftSection={<IconArrowLeft size={16} />}
          disabled={page.previous === null}
          onClick={() => list.set({ cursor: page.previous ?? undefined })}
        >
          {t("contactList.previous")}
        </Button>
        <Button
          variant="default"
          size="sm"
          rightSection={<IconArrowRight size={16} />}
          disabled={page.next === null}
          onClick={() => list.set({ cursor: page.next ?? undefined })}
        >
          {t("contactList.next")}
        </Button>
      </Group>
    </Group>
  );
}

function Search({ list }: { list: ListAddress }) {
  const { t } = useTranslation();
  const [text, setText] = useState(list.search);
  const [shown, setShown] = useState(list.search);
  if (shown !== list.search) {
    setShown(list.search);
    // What is being typed keeps its last space; what came by a view or a link is shown.
    if (text.trim() !== list.search) setText(list.search);
  }
  const search = useDebouncedCallback((value: string) => list.set({ search: value.trim() }), 200);
  return (
    <TextInput
      type="search"
      flex={{ base: "1 1 100%", sm: "1 1 220px" }}
      maw={{ base: "100%", sm: 360 }}
      aria-label={t("contacts.search")}
      placeholder={t("contacts.search")}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        search(event.currentTarget.value);
      }}
    />
  );
}

function Order({ list }: { list: ListAddress }) {
  const { t } = useTranslation();
  return (
    <Select
      flex={{ base: "1 1 150px", sm: "0 0 210px" }}
      aria-label={t("contactList.sort")}
      allowDeselect={false}
      value={list.sort}
      data={SORTS.map((value) => ({ value, label: t(`contactList.sortOf.${value}`) }))}
      onChange={(sort) => list.set({ sort: sort as Sort })}
    />
  );
}

function Columns({ list, shown }: { list: ListAddress; shown: string[] }) {
  const { t } = useTranslation();
  const choices = useColumnChoices();
  return (
    <Popover position="bottom-start" withinPortal trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns3 size={16} />}>
          {t("contactList.columns")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Checkbox.Group
          label={t("contactList.columns")}
          description={t("contactList.columnsHint")}
          value={shown}
          onChange={(columns) => list.set({ columns, cursor: list.cursor })}
        >
          <Stack gap={8} mt="xs" mah="45vh" style={{ overflowY: "auto" }}>
            {choices.map(({ key, title }) => (
              <Checkbox key={key} value={key} label={title} />
            ))}
          </Stack>
        </Checkbox.Group>
      </Popover.Dropdown>
    </Popover>
  );
}
