import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { ContactFilters, ListQuery, Sort } from "../../../api/contact-list";

export const SORTS: Sort[] = ["name", "-name", "-created", "created", "-updated", "updated", "-lastActivity", "lastActivity"];

/** What the address of the list holds. */
export interface ContactSearch {
  search?: string;
  filters?: ContactFilters;
  sort?: Sort;
  cursor?: string;
  columns?: string[];
}

const object = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** Takes from an address what the list understands; the server judges the filters. */
export function contactSearch(raw: Record<string, unknown>): ContactSearch {
  // Links from elsewhere name a segment alone.
  const segment = raw.segmentId === undefined ? {} : { segmentId: String(raw.segmentId) };
  const filters = prune({ ...(object(raw.filters) ? raw.filters : {}), ...segment });
  const columns = Array.isArray(raw.columns) ? raw.columns.filter((each) => typeof each === "string") : undefined;
  return {
    search: raw.search === undefined || raw.search === "" ? undefined : String(raw.search),
    filters: Object.keys(filters).length > 0 ? filters : undefined,
    sort: SORTS.find((each) => each === raw.sort && each !== "name"),
    cursor: typeof raw.cursor === "string" && raw.cursor !== "" ? raw.cursor : undefined,
    columns,
  };
}

/** Filters without those that ask for nothing. */
export function prune(filters: Record<string, unknown>): ContactFilters {
  const fields = Object.entries(object(filters.fields) ? filters.fields : {}).filter(([, value]) => object(value) && Object.keys(value).length > 0);
  const kept = Object.entries(filters).filter(([name, value]) => name !== "fields" && value !== undefined && value !== null);
  return Object.fromEntries(fields.length > 0 ? [...kept, ["fields", Object.fromEntries(fields)]] : kept) as ContactFilters;
}

export interface ListAddress extends ListQuery {
  cursor: string | undefined;
  columns: string[] | undefined;
  filtered: boolean;
  /** Changes the address; anything but the cursor begins the list anew. */
  set: (change: ContactSearch) => void;
  filter: (change: ContactFilters) => void;
}

export function useListAddress(): ListAddress {
  const current = useSearch({ strict: false }) as ContactSearch;
  const navigate = useNavigate();
  return useMemo(() => {
    const set = (change: ContactSearch) =>
      void navigate({
        to: ".",
        search: (before: ContactSearch) => contactSearch({ ...before, cursor: undefined, ...change }),
        replace: !("cursor" in change),
      } as never);
    const filters = current.filters ?? {};
    return {
      search: current.search ?? "",
      filters,
      sort: current.sort ?? "name",
      cursor: current.cursor,
      columns: current.columns,
      filtered: current.search !== undefined || current.filters !== undefined,
      set,
      filter: (change) => set({ filters: { ...filters, ...change } }),
    };
  }, [current, navigate]);
}
