import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { LogLine } from "./modules";

export type WebhookState = "received" | "probe" | "applied" | "retrying" | "failed";
export const WEBHOOK_STATES: WebhookState[] = ["received", "applied", "retrying", "failed", "probe"];

export interface WebhookRow {
  id: string;
  receivedAt: string;
  accountId: string;
  method: string;
  state: WebhookState;
  attempts: number;
  answered: number | null;
  actionCount: number;
  bodyBytes: number;
}

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

export interface WebhookFailure {
  at: string;
  versionId: string | null;
  kind: string;
  error: Record<string, unknown>;
  log: LogLine[];
  wallMs: number | null;
}

export interface WebhookCard extends WebhookRow {
  path: string;
  query: string;
  headers: [string, string][];
  body: string | null;
  bodyBase64: string | null;
  versionId: string | null;
  nextAttemptAt: string | null;
  actions: WebhookAction[];
  effects: WebhookEffect[];
  response: Record<string, unknown> | null;
  responseSent: boolean | null;
  failures: WebhookFailure[];
}

interface WebhookPage {
  items: WebhookRow[];
  next: string;
}

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
