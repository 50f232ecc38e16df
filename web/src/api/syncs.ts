import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";
import type { Shape } from "./shapes";

/** A list of a service that follows a segment, all customers or all contacts; with its newest run. */
export type Sync = Shape<"SyncShape">;
export type SyncRun = Shape<"SyncRunShape">;
export type SyncCounts = Shape<"SyncCountsShape">;
export type SyncBody = Required<Shape<"SyncBody">>;
export type SyncChange = Shape<"SyncChange">;
export type SyncMode = Sync["mode"];
export type SyncSource = Sync["source"];

/** An account that may be synced with; `whyNot` says why it can't be chosen now. */
export type SyncService = Shape<"SyncServiceShape">;
/** A list at a service; `syncId` is the sync that it has already. */
export type SyncTarget = Shape<"SyncTargetShape">;
export type SyncReject = Shape<"SyncRejectShape">;
export type HeldPerson = Shape<"SyncHeldShape">;

export const MODES: SyncMode[] = ["exact", "merge", "subtract"];
/** From the shortest to the longest pause between two runs. */
export const PAUSES = [10, 30, 60, 120, 240, 480, 720, 1440, 10_080];

const ENDED: SyncRun["state"][] = ["done", "failed", "stopped"];
const MOVING_MS = 2_000;
const RESTING_MS = 15_000;
const ROWS = 50;

export const hasEnded = (run: SyncRun) => ENDED.includes(run.state);

/** What a run was begun by; the plan of a draft that a person had carried out was its first run. */
export const begunBy = (run: SyncRun): SyncRun["trigger"] => (run.trigger === "plan" && run.confirmedAt ? "first" : run.trigger);

/** Whether something happens by itself at this moment; what waits for a person doesn't move. */
export const moves = (run: SyncRun | null | undefined) => Boolean(run && !hasEnded(run) && run.state !== "waiting");

/** The state of a run in the reader's words: a plan that was saved and not run was not stopped by anybody. */
export const stateOf = (run: SyncRun): string => (run.state === "stopped" && run.reason?.code === "only_shown" ? "onlyShown" : run.state);

/** Whether a plan takes so many people out of the list that the guard asks for a person. */
export const isGuarded = ({ guardPercent }: Pick<Sync, "guardPercent">, { counts }: Pick<SyncRun, "counts">) =>
  (counts.remove ?? 0) > 0 && (counts.remove ?? 0) * 100 > guardPercent * (counts.largest ?? 0);

/** The share of the list that a plan takes out, in whole per cent: some is never 0, and not all is never 100. */
export function removedPercent({ counts }: Pick<SyncRun, "counts">): number {
  const { remove, largest } = counts;
  if (!remove || !largest) return 0;
  return remove >= largest ? 100 : Math.min(99, Math.max(1, Math.round((remove / largest) * 100)));
}

/** Whether the plan neither adds nor takes out anybody. */
export const changesNothing = ({ counts }: Pick<SyncRun, "counts">) => counts.add === 0 && counts.remove === 0;

const pace = (runs: (SyncRun | null)[] | undefined) => (runs?.some(moves) ? MOVING_MS : RESTING_MS);

export interface SyncFilter {
  search?: string;
  segmentId?: string;
  accountId?: string;
  offset: number;
  limit: number;
}

export const syncs = {
  list: (filter: SyncFilter) =>
    queryOptions({
      queryKey: ["syncs", "list", filter],
      queryFn: ({ signal }) => api.get<PageOf<Sync>>("/syncs", { ...filter }, signal),
      placeholderData: keepPreviousData,
      refetchInterval: (query) => pace(query.state.data?.items.map((one) => one.run)),
    }),
  card: (id: string) =>
    queryOptions({
      queryKey: ["syncs", id],
      queryFn: () => api.get<Sync>(`/syncs/${id}`),
      refetchInterval: (query) => pace([query.state.data?.run ?? null]),
    }),
  runs: (id: string, page: { offset: number; limit: number }) =>
    queryOptions({
      queryKey: ["syncs", id, "runs", page],
      queryFn: () => api.get<PageOf<SyncRun>>(`/syncs/${id}/runs`, page),
      placeholderData: keepPreviousData,
    }),
  services: queryOptions({ queryKey: ["syncs", "services"], queryFn: () => api.get<Shape<"SyncServicePage">>("/syncs/services") }),
  /** The lists as the service tells them now; nothing is asked twice while a form is filled in. */
  targets: (accountId: string) =>
    queryOptions({
      queryKey: ["syncs", "targets", accountId],
      staleTime: 60_000,
      retry: false,
      queryFn: ({ signal }) => api.get<Shape<"SyncTargetPage">>("/syncs/targets", { accountId }, signal),
    }),
  run: (id: string) => queryOptions({ queryKey: ["sync-runs", id], queryFn: () => api.get<SyncRun>(`/sync-runs/${id}`) }),
  rejects: (runId: string) =>
    infiniteQueryOptions({
      queryKey: ["sync-runs", runId, "rejects"],
      initialPageParam: 0,
      queryFn: ({ pageParam, signal }) => api.get<Shape<"SyncRejectPage">>(`/sync-runs/${runId}/rejects`, { offset: pageParam, limit: ROWS }, signal),
      getNextPageParam: (last, pages) => (pages.length * ROWS < last.total ? pages.length * ROWS : null),
    }),
  held: (runId: string, verdict: string | undefined) =>
    infiniteQueryOptions({
      queryKey: ["sync-runs", runId, "held", verdict],
      initialPageParam: 0,
      queryFn: ({ pageParam, signal }) => api.get<Shape<"SyncHeldPage">>(`/sync-runs/${runId}/held`, { verdict, after: pageParam, limit: ROWS }, signal),
      getNextPageParam: (last) => last.next,
    }),
  create: (body: SyncBody) => api.post<Sync>("/syncs", body),
  change: (id: string, change: SyncChange) => api.patch<Sync>(`/syncs/${id}`, change),
  remove: (id: string) => api.delete(`/syncs/${id}`),
  start: (id: string) => api.post<Sync>(`/syncs/${id}/run`),
  confirm: (id: string, removals: number) => api.post<Sync>(`/syncs/${id}/confirm`, { removals }),
  stop: (id: string) => api.post<Sync>(`/syncs/${id}/stop`),
  recompute: (id: string) => api.post<Shape<"RecomputedShape">>(`/syncs/${id}/recompute`),
  recomputeSegment: (segmentId: string) => api.post<Shape<"RecomputedShape">>(`/segments/${segmentId}/recompute`),
  retry: (runId: string) => api.post<SyncRun>(`/sync-runs/${runId}/retry`),
  events: (runId: string) => `/sync-runs/${runId}/events`,
};
