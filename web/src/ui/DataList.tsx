import { Group, Pagination, Paper, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { ListState } from "./list-state";
import { RowsLoading } from "./Loading";
import { ProblemPanel } from "./ProblemPanel";
import { Rows, type Column } from "./Rows";

export const PAGE_SIZE = 25;

export interface PageOf<Row> {
  items: Row[];
  total: number;
}

interface Source<Row> {
  data: PageOf<Row> | undefined;
  isPlaceholderData?: boolean;
  error: unknown;
  refetch: () => unknown;
}

interface Props<Row> {
  label: string;
  source: Source<Row>;
  columns: Column<Row>[];
  list: ListState;
  /** Shown instead of the table when there is nothing and nothing was asked for. */
  empty: ReactNode;
  searchLabel?: string;
  filters?: ReactNode;
  /** What all rows that match come to, said above them. */
  summary?: ReactNode;
}

/** A page of rows from the server with search, filters and paging that live in the address. */
export function DataList<Row extends object>({ label, source, columns, list, empty, searchLabel, filters, summary }: Props<Row>) {
  if (source.data?.total === 0 && !list.filtered) return <Paper>{empty}</Paper>;
  return (
    <Stack gap="sm">
      {(searchLabel || filters) && (
        <Group gap="sm">
          {searchLabel && <Search label={searchLabel} list={list} />}
          {filters}
        </Group>
      )}
      {summary && source.data && source.data.total > 0 && summary}
      {source.error && !source.data ? (
        <ProblemPanel problem={source.error} retry={source.refetch} />
      ) : (
        <Body label={label} page={source.data} columns={columns} faded={source.isPlaceholderData} />
      )}
      {source.data && <Paging total={source.data.total} list={list} />}
    </Stack>
  );
}

function Body<Row extends object>(props: { label: string; page?: PageOf<Row>; columns: Column<Row>[]; faded?: boolean }) {
  const { t } = useTranslation();
  if (!props.page) return <RowsLoading />;
  if (props.page.items.length === 0) {
    return (
      <Paper p="xl" ta="center" c="dimmed">
        {t("common.nothingFound")}
      </Paper>
    );
  }
  return (
    <div style={{ opacity: props.faded ? 0.55 : 1, transition: "opacity 120ms" }}>
      <Rows label={props.label} rows={props.page.items} columns={props.columns} />
    </div>
  );
}

export function Paging({ total, list, size = PAGE_SIZE }: { total: number; list: ListState; size?: number }) {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  if (total === 0) return null;
  const from = (list.page - 1) * size + 1;
  const rows = { from: number.format(from), to: number.format(Math.min(total, from + size - 1)), total: number.format(total) };
  return (
    <Group justify="space-between" gap="sm">
      <Text size="sm" c="dimmed" className="numbers" aria-live="polite">
        {t("common.rows", rows)}
      </Text>
      {total > size && (
        <Pagination
          size="sm"
          siblings={1}
          total={Math.ceil(total / size)}
          value={list.page}
          onChange={(page) => list.set({ page })}
          getControlProps={(control) => ({ "aria-label": t(`common.page.${control}`) })}
          getItemProps={(page) => ({ "aria-label": t("common.pageNumber", { page }) })}
        />
      )}
    </Group>
  );
}

export function Search({ label, list }: { label: string; list: ListState }) {
  const [text, setText] = useState(list.search);
  const search = useDebouncedCallback((value: string) => list.set({ search: value, page: 1 }), 250);
  return (
    <TextInput
      type="search"
      flex="1 1 220px"
      maw={360}
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        search(event.currentTarget.value);
      }}
    />
  );
}
