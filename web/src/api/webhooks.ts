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

const PAGE = 50;

export const webhooks = {
  list: (filter: { accountId?: string; state?: string }) =>
    infiniteQueryOptions({
      queryKey: ["webhooks", filter],
      initialPageParam: "",
      queryFn: ({ pageParam }) => api.get<WebhookPage>("/webhooks", { ...filter, before: pageParam, limit: PAGE }),
      getNextPageParam: (page) => page.next || undefined,
    }),
  card: (id: string) => queryOptions({ queryKey: ["webhooks", id], queryFn: () => api.get<WebhookCard>(`/webhooks/${id}`) }),
  replay: (id: string) => api.post<WebhookCard>(`/webhooks/${id}/replay`),
};
