import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { address, api } from "./client";
import type { Selection } from "./contact-list";
import type { Shape } from "./shapes";
import { upload, type Sending } from "./upload";

export type ImportRow = Shape<"ImportRow">;

export type ImportCard = Shape<"ImportCard">;

/** What the rows of a file become: contacts, or entries of the suppression list. */
export type Purpose = ImportRow["purpose"];

export type Reading = Shape<"ReadingShape">;

export type Policy = Shape<"PolicyShape">;

export type ImportPreview = Shape<"PreviewShape">;

export type FileFormat = "csv" | "xlsx";

interface Wanted {
  reading: Reading | null;
  columns: (string | null)[] | null;
}

/** The server takes no more; a larger file is refused before it is sent. */
export const FILE_MB = 200;

const RUNNING_MS = 2_000;
/** How far the undoing is: rows of one person are one contact, so that it may end before the total. */
export function undoProgress(row: ImportRow): { done: number; total: number } {
  const total = row.created + row.updated;
  return { done: Math.min(row.undone + row.notUndone, total), total };
}

export const goesOn = (state: string | undefined) => state === "running" || state === "undoing";

export const imports = {
  list: (page: { offset: number; limit: number }) =>
    queryOptions({
      queryKey: ["imports", "list", page],
      queryFn: () => api.get<PageOf<ImportRow>>("/imports", page),
      placeholderData: keepPreviousData,
      refetchInterval: (query) => (query.state.data?.items.some((row) => goesOn(row.state)) ? RUNNING_MS : false),
    }),
  card: (id: string) => queryOptions({ queryKey: ["imports", id], queryFn: () => api.get<ImportCard>(`/imports/${id}`) }),
  /** Each event `progress` is the import's row. */
  events: (id: string) => `/imports/${id}/events`,
  preview: (id: string, wanted: Wanted) =>
    queryOptions({
      queryKey: ["imports", id, "preview", wanted],
      queryFn: () => api.post<ImportPreview>(`/imports/${id}/preview`, wanted),
      placeholderData: keepPreviousData,
      staleTime: 60_000,
      retry: false,
    }),
  upload: (file: File, purpose: Purpose, sending: Sending) => upload<ImportCard>("/imports", { fileName: file.name, purpose }, file, sending),
  start: (id: string, body: Shape<"StartBody">) => api.post<ImportCard>(`/imports/${id}/start`, body),
  cancel: (id: string) => api.post<ImportCard>(`/imports/${id}/cancel`),
  resume: (id: string) => api.post<ImportCard>(`/imports/${id}/resume`),
  undo: (id: string) => api.post<ImportCard>(`/imports/${id}/undo`),
  remove: (id: string) => api.delete(`/imports/${id}`),
  rejects: (id: string) => address(`/imports/${id}/rejects`),
  notUndone: (id: string) => address(`/imports/${id}/not-undone`),
  /** Has the browser save the file of a selection. */
  export: async (selection: Selection, format: FileFormat) => {
    const file = await api.download("/contacts/export", { selection, format });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = `contacts.${format}`;
    link.click();
    URL.revokeObjectURL(link.href);
  },
};
