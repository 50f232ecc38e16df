import { queryOptions } from "@tanstack/react-query";
import type { Diagnostic } from "../editor/marks";
import type { Texts } from "../i18n";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";

export interface ModuleRow {
  id: string;
  name: string;
  title: Texts;
  description: Texts;
  enabled: boolean;
  bundled: boolean;
  version: number;
  accounts: number;
  updatedAt: string;
}

export interface Manifest {
  name: string;
  title: Texts;
  description?: Texts;
  version?: string;
  settings?: object;
  hosts?: string[];
  campaignTypes?: string[];
}

export interface VersionRow {
  id: string;
  number: number;
  note: string;
  author: string;
  createdAt: string;
  live: boolean;
}

export interface Version extends VersionRow {
  source: string;
  manifest: Manifest;
}

export interface ModuleCard extends ModuleRow {
  live: Version;
  functions: string[];
}

export interface CatalogueEntry {
  name: string;
  title: Texts;
  description: Texts;
  version: string;
  installed: boolean;
}

export interface CheckResult {
  diagnostics: Diagnostic[];
  functions: string[];
}

export interface LogLine {
  level: string;
  message: string;
  atMs: number;
}

export interface Exchange {
  method: string;
  url: string;
  requestHeaders: Record<string, string>;
  requestBody: string | null;
  status: number | null;
  responseHeaders: Record<string, string>;
  responseBody: string | null;
  resolvedAddress: string | null;
  wallMs: number;
  error: string | null;
}

export interface CallError {
  kind: string;
  message: string;
  line: number | null;
  path: string | null;
  expected: string | null;
  got: string | null;
}

export interface RunResult {
  ok: boolean;
  result: unknown;
  error: CallError | null;
  log: LogLine[];
  exchanges: Exchange[];
  cpuMs: number;
  wallMs: number;
}

export interface RunRequest {
  function: string;
  arguments: Record<string, unknown>;
  accountId?: string;
  source?: string;
}

/** A recorded call; `kind` says why it failed. */
export interface Recording {
  id: string;
  startedAt: string;
  accountId: string | null;
  versionId: string | null;
  function: string;
  lane: "webhook" | "interactive" | "bulk";
  kind: string | null;
  wallMs: number;
  cpuMs: number;
}

export interface RecordingCard extends Recording {
  error: Record<string, unknown> | null;
  log: LogLine[];
  exchanges: Exchange[];
}

const under = (id: string, rest = "") => `/modules/${id}${rest}`;

export const modules = {
  list: queryOptions({ queryKey: ["modules"], queryFn: () => api.get<PageOf<ModuleRow>>("/modules", { limit: 200 }) }),
  card: (id: string) => queryOptions({ queryKey: ["modules", id], queryFn: () => api.get<ModuleCard>(under(id)) }),
  versions: (id: string) =>
    queryOptions({ queryKey: ["modules", id, "versions"], queryFn: () => api.get<PageOf<VersionRow>>(under(id, "/versions")) }),
  version: (id: string, version: string) =>
    queryOptions({
      queryKey: ["modules", id, "versions", version],
      staleTime: Infinity,
      queryFn: () => api.get<Version>(under(id, `/versions/${version}`)),
    }),
  calls: (id: string) =>
    queryOptions({ queryKey: ["modules", id, "calls"], queryFn: () => api.get<PageOf<Recording>>(under(id, "/calls")) }),
  call: (id: string, call: string) =>
    queryOptions({
      queryKey: ["modules", id, "calls", call],
      staleTime: Infinity,
      queryFn: () => api.get<RecordingCard>(under(id, `/calls/${call}`)),
    }),
  catalogue: queryOptions({ queryKey: ["catalogue"], queryFn: () => api.get<PageOf<CatalogueEntry>>("/modules/catalogue") }),
  create: (module: { name: string; title: string }) => api.post<ModuleCard>("/modules", module),
  upload: (file: File) => {
    const form = new FormData();
    form.set("file", file);
    return api.upload<ModuleCard>("/modules/upload", form);
  },
  install: (name: string) => api.post<ModuleCard>(`/modules/catalogue/${name}/install`),
  save: (id: string, version: { source: string; note: string }) => api.post<Version>(under(id, "/versions"), version),
  check: (id: string, source: string) => api.post<CheckResult>(under(id, "/check"), { source }),
  run: (id: string, run: RunRequest) => api.post<RunResult>(under(id, "/run"), run),
  enable: (id: string) => api.post<void>(under(id, "/enable")),
  disable: (id: string) => api.post<void>(under(id, "/disable")),
  remove: (id: string) => api.delete(under(id)),
};
