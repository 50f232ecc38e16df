import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { Shape } from "./shapes";

export type ContactListing = Shape<"ContactListing">;

/** What contacts have to be; the server's `Filters`, with nothing in it that is not asked for. */
export type ContactFilters = Partial<Shape<"Filters">>;

export type FieldFilter = Partial<Shape<"FieldFilter">>;

export type Sort = "name" | "-name" | "created" | "-created" | "updated" | "-updated" | "lastActivity" | "-lastActivity";

export interface ListQuery {
  search: string;
  filters: ContactFilters;
  sort: Sort;
}

export interface ViewQuery extends ListQuery {
  columns: string[];
}

export type SavedView = Omit<Shape<"ViewShape">, "query"> & { query: Partial<ViewQuery> };

export type BulkRun = Shape<"BulkShape">;

/** Contacts one by one, or all that match but some. */
export type Selection = { ids: string[] } | (ListQuery & { but?: string[] });

export interface BulkOrder {
  action: string;
  arguments: Record<string, unknown>;
  selection: Selection;
}

const RUNNING_MS = 700;

const asked = ({ search, filters, sort }: ListQuery) => ({
  search,
  sort,
  filters: Object.keys(filters).length > 0 ? JSON.stringify(filters) : undefined,
});

export const contactList = {
  page: (query: ListQuery, cursor: string | undefined, limit: number) =>
    queryOptions({
      queryKey: ["contacts", "page", query, cursor, limit],
      queryFn: ({ signal }) => api.get<ContactListing>("/contacts", { ...asked(query), cursor, limit }, signal),
      placeholderData: keepPreviousData,
    }),
  count: (query: ListQuery) =>
    queryOptions({
      queryKey: ["contacts", "count", query.search, query.filters],
      staleTime: 30_000,
      queryFn: ({ signal }) => {
        const { search, filters } = asked(query);
        return api.get<{ count: number }>("/contacts/count", { search, filters }, signal);
      },
    }),
  owners: queryOptions({
    queryKey: ["contacts", "owners"],
    staleTime: 60_000,
    queryFn: () => api.get<{ id: string; name: string }[]>("/contacts/owners"),
  }),
  companies: (search: string) =>
    queryOptions({
      queryKey: ["companies", "choice", search],
      placeholderData: keepPreviousData,
      queryFn: ({ signal }) => api.get<{ items: { id: string; name: string }[] }>("/companies", { search, limit: 20 }, signal),
    }),
  company: (id: string) =>
    queryOptions({
      queryKey: ["companies", id],
      staleTime: 60_000,
      queryFn: ({ signal }) => api.get<{ id: string; name: string }>(`/companies/${id}`, undefined, signal),
    }),
  views: queryOptions({ queryKey: ["contact-views"], staleTime: 30_000, queryFn: () => api.get<SavedView[]>("/contacts/views") }),
  saveView: (view: { name: string; query: ViewQuery; shared: boolean }) => api.post<{ id: string }>("/contacts/views", view),
  removeView: (id: string) => api.delete(`/contacts/views/${id}`),
  begin: (order: BulkOrder) => api.post<{ id: string }>("/contacts/bulk", order),
  run: (id: string) =>
    queryOptions({
      queryKey: ["contact-bulk", id],
      queryFn: () => api.get<BulkRun>(`/contacts/bulk/${id}`),
      refetchInterval: ({ state }) => (state.data && state.data.state !== "running" ? false : RUNNING_MS),
    }),
  cancel: (id: string) => api.post<void>(`/contacts/bulk/${id}/cancel`),
};
