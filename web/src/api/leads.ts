import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { address, api } from "./client";
import type { Shape } from "./shapes";

export type Lead = Shape<"LeadShape">;
export type LeadCard = Shape<"LeadCard">;
export type LeadPage = Shape<"LeadPage">;
export type LeadStatus = Lead["status"];
export type LeadResult = NonNullable<Lead["result"]>;
export type LeadBody = Shape<"LeadBody">;
export type LeadChange = Shape<"LeadChange">;
export type LeadWarning = Shape<"LeadWarning">;
export type LeadMatch = Shape<"LeadMatch">;
export type LeadHappened = Shape<"LeadHappened">;
export type LeadFigures = Shape<"LeadFigures">;
export type LeadSelection = Shape<"LeadSelection">;
export type Conversion = Shape<"ConvertBody">;
/** What the live updates of the inbox tell. */
export interface InboxNews {
  changedAt: string | null;
  newest: number;
}
export type Channel = Shape<"ChannelShape">;
export type LeadInput = Shape<"InputCard">;
export type LeadOrder = Shape<"OrderCardShape">;

export const STATUSES: LeadStatus[] = ["open", "in_work", "processed", "closed"];
/** In the order of the keys 1 to 4. */
export const RESULTS: LeadResult[] = ["spam", "duplicate", "other", "not_target"];
export const SORTS = ["-created", "created", "-updated", "status"] as const;
export type LeadSort = (typeof SORTS)[number];

const OPEN_AGAIN_MS = 60_000;

export const isOver = (lead: Pick<Lead, "status">) => lead.status === "processed" || lead.status === "closed";

/** What is done to leads; `userId` goes with assign, `result` with close. */
export interface LeadAct {
  action: Shape<"LeadBulkBody">["action"];
  userId?: string;
  result?: LeadResult;
}

export interface LeadSlice {
  sort: string;
  offset: number;
  limit: number;
}

const body = ({ userId, result }: LeadAct) => (userId ? { userId } : result ? { result } : undefined);

export const leads = {
  page: (wanted: LeadSelection, slice: LeadSlice) =>
    queryOptions({
      queryKey: ["leads", "list", wanted, slice],
      queryFn: ({ signal }) => api.get<LeadPage>("/leads", { ...wanted, ...slice }, signal),
      placeholderData: keepPreviousData,
    }),
  /** How many leads nobody works on yet. */
  open: queryOptions({
    queryKey: ["leads", "open"],
    queryFn: async () => (await api.get<LeadPage>("/leads", { status: "open", limit: 1 })).total,
    refetchInterval: OPEN_AGAIN_MS,
    staleTime: OPEN_AGAIN_MS,
  }),
  card: (id: string) => queryOptions({ queryKey: ["leads", "card", id], queryFn: () => api.get<LeadCard>(`/leads/${id}`) }),
  channels: queryOptions({
    queryKey: ["lead-channels"],
    staleTime: 60_000,
    queryFn: async () => (await api.get<Shape<"ChannelPage">>("/lead-channels")).items,
  }),
  statistics: (from: string, to: string) =>
    queryOptions({
      queryKey: ["leads", "statistics", from, to],
      queryFn: () => api.get<Shape<"LeadStatistics">>("/leads/statistics", { from, to }),
      placeholderData: keepPreviousData,
    }),
  add: (lead: LeadBody) => api.post<Shape<"LeadStored">>("/leads", lead),
  see: (id: string) => api.post<void>(`/leads/${id}/seen`),
  act: (id: string, act: LeadAct) => api.post<LeadCard>(`/leads/${id}/${act.action}`, body(act)),
  actOnMany: (ids: string[], act: LeadAct) => api.post<Shape<"LeadBulkShape">>("/leads/bulk", { ids, ...act }),
  change: (id: string, change: LeadChange) => api.patch<LeadCard>(`/leads/${id}`, change),
  note: (id: string, text: string) => api.post<LeadCard>(`/leads/${id}/notes`, { text }),
  correctInn: (id: string, inn: string) => api.post<LeadCard>(`/leads/${id}/inn`, { inn }),
  convert: (id: string, wish: Conversion) => api.post<LeadCard>(`/leads/${id}/convert`, wish),
  events: "/leads/events",
  /** Has the browser save the leads of a selection. */
  export: async (wanted: LeadSelection) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await api.download("/leads/export", wanted));
    link.download = "leads.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  },
  /** The letter or request that a lead was read of. */
  input: (id: string) => queryOptions({ queryKey: ["inputs", id], queryFn: () => api.get<LeadInput>(`/inputs/${id}`) }),
  raw: (inputId: string) => address(`/inputs/${inputId}/raw`),
  order: (id: string) => queryOptions({ queryKey: ["orders", id, "of-lead"], queryFn: () => api.get<LeadOrder>(`/orders/${id}`) }),
};
