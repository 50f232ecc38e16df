import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { address, api } from "./client";
import type { Shape } from "./shapes";

export type Template = Shape<"TemplateShape">;

export type TemplateImport = Shape<"ImportShape">;

export interface TemplateFilter {
  search?: string;
  accountId?: string;
  offset: number;
  limit: number;
}

export const templates = {
  list: (filter: TemplateFilter) =>
    queryOptions({
      queryKey: ["templates", "list", filter],
      queryFn: () => api.get<PageOf<Template>>("/templates", { ...filter }),
      placeholderData: keepPreviousData,
    }),
  card: (id: string) => queryOptions({ queryKey: ["templates", id], queryFn: () => api.get<Template>(`/templates/${id}`) }),
  import: (accountId: string) => api.post<TemplateImport>("/templates/import", { accountId }),
  importState: (id: string) =>
    queryOptions({
      queryKey: ["template-imports", id],
      queryFn: () => api.get<TemplateImport>(`/templates/imports/${id}`),
      refetchInterval: (query) => (query.state.data && query.state.data.state !== "running" ? false : 700),
    }),
  /** Address of the letter as a document; the server forbids scripts and outside requests in it. */
  html: (id: string) => address(`/templates/${id}/html`),
};
