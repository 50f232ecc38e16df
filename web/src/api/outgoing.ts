import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";
import type { Shape } from "./shapes";

export type OutgoingWebhook = Shape<"OutgoingShape">;
export type OutgoingKind = Shape<"OutgoingKind">;
export type Kind = OutgoingKind["kind"];
export type OutgoingBody = Shape<"OutgoingBody">;
export type OutgoingDelivery = Shape<"OutgoingDelivery">;
export type OutgoingDeliveryCard = Shape<"OutgoingDeliveryCard">;
export type DeliveryState = OutgoingDelivery["state"];

export const DELIVERY_STATES: DeliveryState[] = ["waiting", "delivered", "failed", "given_up"];

interface Slice {
  state?: DeliveryState;
  kind?: Kind;
  offset: number;
  limit: number;
}

const KEY = "outgoing-webhooks";
const LOOK_MS = 5_000;

export const outgoing = {
  key: [KEY],
  list: queryOptions({
    queryKey: [KEY],
    queryFn: async (): Promise<PageOf<OutgoingWebhook>> => {
      const { items } = await api.get<Shape<"OutgoingPage">>("/outgoing-webhooks");
      return { items, total: items.length };
    },
  }),
  card: (id: string) =>
    queryOptions({ queryKey: [KEY, id], queryFn: () => api.get<OutgoingWebhook>(`/outgoing-webhooks/${id}`), refetchInterval: LOOK_MS }),
  kinds: queryOptions({
    queryKey: ["outgoing-kinds"],
    staleTime: 60_000,
    queryFn: async () => (await api.get<Shape<"OutgoingKindPage">>("/outgoing-webhooks/kinds")).items,
  }),
  add: (webhook: OutgoingBody) => api.post<Shape<"OutgoingMade">>("/outgoing-webhooks", webhook),
  change: (id: string, changes: Shape<"OutgoingChange">) => api.patch<OutgoingWebhook>(`/outgoing-webhooks/${id}`, changes),
  remove: (id: string) => api.delete(`/outgoing-webhooks/${id}`),
  showSecret: async (id: string) => (await api.post<Shape<"OutgoingSecret">>(`/outgoing-webhooks/${id}/secret/show`)).secret,
  changeSecret: async (id: string) => (await api.post<Shape<"OutgoingSecret">>(`/outgoing-webhooks/${id}/secret`)).secret,
  test: (id: string, kind: Kind) => api.post<OutgoingDeliveryCard>(`/outgoing-webhooks/${id}/test`, { kind }),
  deliveries: (id: string, filter: Slice) =>
    queryOptions({
      queryKey: [KEY, id, "deliveries", filter],
      queryFn: () => api.get<PageOf<OutgoingDelivery>>(`/outgoing-webhooks/${id}/deliveries`, { ...filter }),
      placeholderData: keepPreviousData,
      refetchInterval: LOOK_MS,
    }),
  delivery: (id: string) => queryOptions({ queryKey: ["outgoing-deliveries", id], queryFn: () => api.get<OutgoingDeliveryCard>(`/outgoing-deliveries/${id}`) }),
  redeliver: (id: string) => api.post<OutgoingDeliveryCard>(`/outgoing-deliveries/${id}/redeliver`),
  redeliverFailed: (id: string, since: string) => api.post<Shape<"OutgoingAgain">>(`/outgoing-webhooks/${id}/redeliver`, { since }),
};

/** How an endpoint is, in one word; `stopped`: Vestnik itself turned it off. */
export function stateOf({ enabled, offReason, failingSince }: OutgoingWebhook): "on" | "failing" | "off" | "stopped" {
  if (!enabled) return offReason ? "stopped" : "off";
  return failingSince ? "failing" : "on";
}
