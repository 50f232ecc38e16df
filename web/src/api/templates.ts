import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { address, api } from "./client";

export interface TemplateRow {
  id: string;
  name: string;
  subject: string;
  accountId: string;
  accountTitle: string;
  externalId: string;
  updatedAt: string | null;
  importedAt: string;
}

export interface TemplateImport {
  id: string;
  state: "running" | "done" | "failed";
  imported: number;
  pages: number;
  error: string | null;
}

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
      queryFn: () => api.get<PageOf<TemplateRow>>("/templates", { ...filter }),
      placeholderData: keepPreviousData,
    }),
  card: (id: string) => queryOptions({ queryKey: ["templates", id], queryFn: () => api.get<TemplateRow>(`/templates/${id}`) }),
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
