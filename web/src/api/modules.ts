import { queryOptions } from "@tanstack/react-query";
import type { Texts } from "../i18n";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";
import type { Shape } from "./shapes";

export type ModuleRow = Shape<"ModuleRowShape">;

export interface Manifest {
  name: string;
  title: Texts;
  description?: Texts;
  version?: string;
  settings?: object;
  hosts?: string[];
  campaignTypes?: string[];
}

export type VersionRow = Shape<"VersionRowShape">;

export type Version = Omit<Shape<"VersionShape">, "manifest"> & { manifest: Manifest };

export type ModuleCard = Omit<Shape<"ModuleCardShape">, "live"> & { live: Version };

export type CatalogueEntry = Shape<"CatalogueShape">;

export type CheckResult = Shape<"vestnik.modules.routes.CheckShape">;

export type LogLine = Shape<"LogLineShape">;

export type Exchange = Shape<"ExchangeShape">;

export type CallError = Omit<Shape<"CallErrorShape">, "sentence" | "problem">;

export type RunResult = Shape<"RunShape">;

export type RunRequest = Shape<"RunBody">;

/** A recorded call; `kind` says why it failed. */
export type Recording = Shape<"RecordingRow">;

export type RecordingCard = Shape<"RecordingCard">;

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
