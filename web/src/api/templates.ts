import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { address, api } from "./client";
import type { Shape } from "./shapes";

export type Template = Shape<"TemplateShape">;

export type TemplatePage = Shape<"TemplatePage">;

export type TemplateImport = Shape<"ImportShape">;

export type Letter = Shape<"LetterShape">;

export type LetterField = Shape<"LetterFieldShape">;

const RUNNING_MS = 700;

export interface TemplateFilter {
  search?: string;
  accountId?: string;
  language?: string;
  archived?: boolean;
  sort?: "name" | "-changed";
  offset: number;
  limit: number;
}

export const templates = {
  list: (filter: TemplateFilter) =>
    queryOptions({
      queryKey: ["templates", "list", filter],
      queryFn: () => api.get<TemplatePage>("/templates", { ...filter }),
      placeholderData: keepPreviousData,
    }),
  card: (id: string) => queryOptions({ queryKey: ["templates", id], queryFn: () => api.get<Template>(`/templates/${id}`) }),
  import: (accountId: string) => api.post<TemplateImport>("/templates/import", { accountId }),
  importState: (id: string) =>
    queryOptions({
      queryKey: ["template-imports", id],
      queryFn: () => api.get<TemplateImport>(`/templates/imports/${id}`),
      refetchInterval: (query) => (query.state.data && query.state.data.state !== "running" ? false : RUNNING_MS),
    }),
  /** The last import of each account; asked again while one is under way. */
  lastImports: queryOptions({
    queryKey: ["template-imports", "last"],
    queryFn: () => api.get<{ items: TemplateImport[] }>("/templates/imports"),
    refetchInterval: (query) => (query.state.data?.items.some((each) => each.state === "running") ? RUNNING_MS : false),
  }),
  /** When the letter was fetched and which fields it has; asking may make the service give it. */
  letter: (id: string) => queryOptions({ queryKey: ["templates", id, "letter"], queryFn: () => api.get<Letter>(`/templates/${id}/letter`) }),
  refresh: (id: string) => api.post<Letter>(`/templates/${id}/letter`),
  /** Address of the letter as a document; the server forbids scripts and outside requests in it. */
  html: (id: string) => address(`/templates/${id}/html`),
};
