import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { LogLine } from "./modules";
import type { Shape } from "./shapes";

export const WEBHOOK_STATES: WebhookState[] = ["received", "applied", "retrying", "failed", "probe"];

export type WebhookRow = Shape<"WebhookRow">;
export type WebhookState = WebhookRow["state"];

export interface WebhookAction {
  type: string;
  [field: string]: unknown;
}

export interface WebhookEffect {
  outcome: "applied" | "duplicate" | "waiting" | "unsupported" | "unreadable";
  campaignId?: string;
  addressId?: string;
  note?: string;
}

export type WebhookFailure = Shape<"WebhookFailure"> & { log: LogLine[] };

export type WebhookCard = Omit<Shape<"WebhookCard">, "actions" | "effects" | "failures"> & {
  actions: WebhookAction[];
  effects: WebhookEffect[];
  failures: WebhookFailure[];
};

type WebhookPage = Shape<"WebhookPage">;

export interface WebhookFilter {
  accountId?: string;
  state?: WebhookState;
  from?: string;
  to?: string;
}

export interface Replaying {
  left: number;
  /** The most that have waited since nothing did. */
  whole: number;
}

export type ReplayCount = Shape<"ReplayCount">;

const REPLAYING = ["webhooks-replaying"];
const PAGE = 50;
const WATCH_MS = 1_000;
const LOOK_MS = 15_000;

export const webhooks = {
  list: (filter: WebhookFilter) =>
    infiniteQueryOptions({
      queryKey: ["webhooks", filter],
      initialPageParam: "",
      queryFn: ({ pageParam }) => api.get<WebhookPage>("/webhooks", { ...filter, before: pageParam, limit: PAGE }),
      getNextPageParam: (page) => page.next || undefined,
    }),
  card: (id: string) => queryOptions({ queryKey: ["webhooks", id], queryFn: () => api.get<WebhookCard>(`/webhooks/${id}`) }),
  replay: (id: string) => api.post<WebhookCard>(`/webhooks/${id}/replay`),
  countReplay: (filter: WebhookFilter) => api.post<ReplayCount>("/webhooks/replay/count", filter),
  replaySet: (filter: WebhookFilter) => api.post<Shape<"ReplayQueued">>("/webhooks/replay", filter),
  stopReplay: () => api.delete<Shape<"ReplayStopped">>("/webhooks/replay"),
  /** How many requests wait to be replayed, and how many there were; looked at often while there are any. */
  replaying: queryOptions({
    queryKey: REPLAYING,
    queryFn: async ({ client }): Promise<Replaying> => {
      const { left } = await api.get<Shape<"ReplayProgress">>("/webhooks/replay");
      const before = client.getQueryData<Replaying>(REPLAYING);
      return { left, whole: Math.max(left, before?.whole ?? 0) };
    },
    refetchInterval: ({ state }) => (state.data?.left ? WATCH_MS : LOOK_MS),
  }),
};
