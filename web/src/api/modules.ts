import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Texts } from "../i18n";
import type { PageOf } from "../ui/DataList";
import { address, api } from "./client";
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

/** `liveVersionId` is missing while the module was never published; `live` is its newest version then. */
export type ModuleCard = Omit<Shape<"ModuleCardShape">, "live"> & { live: Version };

export type CatalogueEntry = Shape<"CatalogueShape">;

export type CheckResult = Shape<"vestnik.modules.api.modules.CheckShape">;

export type LogLine = Shape<"LogLineShape">;

export type Exchange = Shape<"ExchangeShape">;

/** Why a call failed; `method` and `url` name a request that was not sent without consent. */
export type CallError = Omit<Shape<"CallErrorShape">, "sentence" | "problem">;

export type RunResult = Shape<"RunShape">;

/** Arguments as they are, or those of a recorded call, or a stored webhook. */
export type RunInput = { arguments: Record<string, unknown> } | { callId: string } | { webhookId: string };

export type RunRequest = RunInput & Pick<Shape<"RunBody">, "function" | "accountId" | "source" | "allowWrites">;

/** A recorded call; `kind` says why it failed. */
export type Recording = Shape<"RecordingRow">;

export interface CallFilter {
  function?: string;
  kind?: string;
  accountId?: string;
  traceId?: string;
}

export type RecordingCard = Shape<"RecordingCard">;

/** One place where a result differs; `missing` is the side on which there is nothing. */
export interface Difference {
  path: string;
  before?: unknown;
  after?: unknown;
  missing?: "before" | "after" | null;
}

export type UnrecordedRequest = Shape<"UnrecordedShape">;

export type ReplayResult = Shape<"ReplayShape">;

export type ModuleTest = Shape<"TestRowShape">;

export type TestOutcome = Shape<"TestRunShape">;

export type RehearsalRow = Shape<"RehearsalRowShape">;

export type Verdict = RehearsalRow["verdict"];

export type Rehearsal = Shape<"RehearsalCardShape">;

export type ModuleHost = Shape<"ModuleHostShape">;

const CALLS_PAGE = 25;
const REHEARSAL_POLL_MS = 700;

const isOver = (rehearsal?: Rehearsal) => rehearsal?.state === "done" || rehearsal?.state === "interrupted";

const under = (id: string, rest = "") => `/modules/${id}${rest}`;

export const modules = {
  list: queryOptions({ queryKey: ["modules"], queryFn: () => api.get<PageOf<ModuleRow>>("/modules", { limit: 200 }) }),
  card: (id: string) => queryOptions({ queryKey: ["modules", id], queryFn: () => api.get<ModuleCard>(under(id)) }),
  catalogue: queryOptions({ queryKey: ["catalogue"], queryFn: () => api.get<PageOf<CatalogueEntry>>("/modules/catalogue") }),
  create: (module: { name: string; title: string }) => api.post<ModuleCard>("/modules", module),
  upload: (file: File) => {
    const form = new FormData();
    form.set("file", file);
    return api.upload<ModuleCard>("/modules/upload", form);
  },
  install: (name: string, approveHosts: boolean) => api.post<ModuleCard>(`/modules/catalogue/${name}/install`, { approveHosts }),
  /** The catalogue's newer version as a draft. */
  update: (id: string) => api.post<Version>(under(id, "/update")),
  fork: (id: string, name: string) => api.post<ModuleCard>(under(id, "/fork"), { name }),
  enable: (id: string) => api.post<void>(under(id, "/enable")),
  disable: (id: string) => api.post<void>(under(id, "/disable")),
  remove: (id: string) => api.delete(under(id)),
  archiveAddress: (id: string, versionId?: string) => address(under(id, "/export"), { versionId }),
  stubAddress: (id: string) => address("/contract/vestnik_sdk.pyi", { moduleId: id }),

  versions: (id: string) =>
    queryOptions({ queryKey: ["modules", id, "versions"], queryFn: () => api.get<PageOf<VersionRow>>(under(id, "/versions")) }),
  version: (id: string, version: string) =>
    queryOptions({
      queryKey: ["modules", id, "versions", version],
      staleTime: Infinity,
      queryFn: () => api.get<Version>(under(id, `/versions/${version}`)),
    }),
  save: (id: string, version: { source: string; note: string; manifest?: Record<string, unknown> }) => api.post<Version>(under(id, "/versions"), version),
  publish: (id: string, version: string, confirmed: boolean) =>
    api.post<ModuleCard>(under(id, `/versions/${version}/publish`), { confirmed }),
  rehearse: (id: string, versionId: string) => api.post<{ id: string }>(under(id, "/rehearsals"), { versionId }),
  /** Asked again and again while it runs. */
  rehearsal: (id: string, rehearsal: string) =>
    queryOptions({
      queryKey: ["modules", id, "rehearsals", rehearsal],
      queryFn: () => api.get<Rehearsal>(under(id, `/rehearsals/${rehearsal}`)),
      refetchInterval: (query) => (isOver(query.state.data) ? false : REHEARSAL_POLL_MS),
    }),

  check: (id: string, source: string) => api.post<CheckResult>(under(id, "/check"), { source }),
  format: (id: string, source: string) => api.post<{ source: string }>(under(id, "/format"), { source }),
  stub: (id: string) =>
    queryOptions({
      queryKey: ["modules", id, "stub"],
      queryFn: () => api.get<string>("/contract/vestnik_sdk.pyi", { moduleId: id }),
    }),
  scaffold: (id: string, wanted: { source: string; function: string; language: string }) =>
    api.post<{ source: string }>(under(id, "/scaffold"), wanted),
  run: (id: string, run: RunRequest) => api.post<RunResult>(under(id, "/run"), run),

  calls: (id: string, filter: CallFilter = {}) =>
    infiniteQueryOptions({
      queryKey: ["modules", id, "calls", "list", filter],
      initialPageParam: 0,
      placeholderData: keepPreviousData,
      queryFn: ({ pageParam }) =>
        api.get<PageOf<Recording>>(under(id, "/calls"), { ...filter, offset: pageParam, limit: CALLS_PAGE }),
      getNextPageParam: (last, _pages, offset) => (offset + last.items.length < last.total ? offset + last.items.length : undefined),
    }),
  call: (id: string, call: string, reveal = false) =>
    queryOptions({
      queryKey: ["modules", id, "calls", call, reveal],
      staleTime: Infinity,
      queryFn: () => api.get<RecordingCard>(under(id, `/calls/${call}`), reveal ? { reveal } : {}),
    }),
  replay: (id: string, call: string, source: string) => api.post<ReplayResult>(under(id, `/calls/${call}/replay`), { source }),
  recording: (id: string) =>
    queryOptions({ queryKey: ["modules", id, "recording"], queryFn: () => api.get<{ enabled: boolean }>(under(id, "/recording")) }),
  setRecording: (id: string, enabled: boolean) => api.put<{ enabled: boolean }>(under(id, "/recording"), { enabled }),

  tests: (id: string) =>
    queryOptions({ queryKey: ["modules", id, "tests"], queryFn: () => api.get<PageOf<ModuleTest>>(under(id, "/tests")) }),
  saveAsTest: (id: string, call: string, test: Shape<"NewTest">) =>
    api.post<ModuleTest>(under(id, `/calls/${call}/save-as-test`), test),
  removeTest: (id: string, name: string) => api.delete(under(id, `/tests/${name}`)),
  runTests: (id: string, source: string) => api.post<PageOf<TestOutcome>>(under(id, "/tests/run"), { source }),

  hosts: (id: string) =>
    queryOptions({ queryKey: ["modules", id, "hosts"], queryFn: () => api.get<PageOf<ModuleHost>>(under(id, "/hosts")) }),
};
