import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Texts } from "../i18n";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";

export const CAMPAIGN_STATES = [
  "draft", "scheduled", "preparing", "moderation", "sending", "sent", "paused", "declined", "cancelled", "failed", "unclear",
] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];
export type CampaignType = "email" | "sms";

/** What became of the recipients, counted. */
export interface Figures {
  recipients: number;
  handedOver: number;
  sent: number;
  delivered: number;
  opened: number;
  clicked: number;
  unsubscribed: number;
  bounced: number;
  softBounced: number;
  hardBounced: number;
  spam: number;
  skipped: number;
  failed: number;
  rejected: number;
}

export interface Reason {
  code: string;
  text: string;
}

/** How far the hand-over is, in parts: done and in all. */
export interface Steps {
  exported: number;
  toExport: number;
  prepared: number;
  toPrepare: number;
}

/** What moves while a campaign goes on; the data of the event `progress`. */
export interface Progress {
  id: string;
  state: CampaignState;
  reason: Reason | null;
  run: number;
  /** Everyone who gets it is known. */
  planned: boolean;
  /** The service is being asked to create it: from here it can be stopped only there. */
  creating: boolean;
  steps: Steps;
  figures: Figures;
}

export interface CampaignRow {
  id: string;
  name: string;
  type: CampaignType;
  subject: string;
  state: CampaignState;
  reason: Reason | null;
  accountId: string | null;
  segmentId: string | null;
  categoryId: string | null;
  figures: Figures;
  createdAt: string;
  scheduledAt: string | null;
  launchedAt: string | null;
  finishedAt: string | null;
}

/** What a person may ask of a campaign in its present state; most are also the end of the address to ask at. */
export type CampaignAction =
  | "edit"
  | "preflight"
  | "delete"
  | "send"
  | "pause"
  | "resume"
  | "cancel"
  | "cancel-at-service"
  | "retry"
  | "check-at-service"
  | "send-again";

interface Named {
  id: string;
  name: string;
}

export interface CampaignCard extends CampaignRow {
  previewText: string;
  senderName: string;
  senderEmail: string;
  replyTo: string;
  text: string;
  account: { id: string; title: string; moduleTitle: Texts; enabled: boolean } | null;
  template: Named | null;
  segment: Named | null;
  category: Named | null;
  externalId: string | null;
  externalUrl: string | null;
  run: number;
  progress: Progress;
  exclusions: Exclusion[];
  history: HistoryEntry[];
  actions: CampaignAction[];
}

export interface HistoryEntry {
  at: string;
  fromState: CampaignState | null;
  toState: CampaignState;
  run: number;
  who: string;
  reason: Reason | null;
}

export interface Exclusion {
  reason: string;
  count: number;
}

export interface Check {
  code: string;
  level: "ok" | "warning" | "error";
  text: string;
}

export interface Preflight {
  ready: boolean;
  audience: number;
  recipients: number;
  exclusions: Exclusion[];
  checks: Check[];
}

export interface CampaignDraft {
  name: string;
  type: CampaignType;
  accountId: string | null;
  segmentId: string | null;
  categoryId: string | null;
  templateId: string | null;
  subject: string;
  previewText: string;
  senderName: string;
  senderEmail: string;
  replyTo: string;
  text: string;
}

export interface CampaignStats {
  figures: Figures;
  exclusions: Exclusion[];
  service: { figures: Record<string, number>; fetchedAt: string } | null;
}

/** Events counted by steps of `widthS` seconds; steps without events are left out. */
export interface CampaignChart {
  widthS: number;
  points: {
    at: string;
    sent: number;
    delivered: number;
    opened: number;
    clicked: number;
    unsubscribed: number;
    bounced: number;
    spam: number;
  }[];
}

export interface Delivery {
  addressId: string;
  contactId: string;
  address: string;
  status: string;
  at: string | null;
  openedAt: string | null;
  clickedAt: string | null;
  reason: string | null;
}

interface DeliveryPage {
  items: Delivery[];
  next: string | null;
}

export interface CampaignFilter {
  search?: string;
  state?: string;
  offset: number;
  limit: number;
}

/** States in which numbers move by themselves. */
export const MOVING: CampaignState[] = ["scheduled", "preparing", "moderation", "sending", "unclear"];
const FRESH_MS = 10 * 60_000;

/** Whether events may still come: it moves, or was sent a short while ago. */
export function stirs(campaign: Pick<CampaignRow, "state" | "finishedAt">): boolean {
  if (campaign.state !== "sent") return MOVING.includes(campaign.state);
  return campaign.finishedAt !== null && Date.now() - Date.parse(campaign.finishedAt) < FRESH_MS;
}
const DELIVERIES = 50;

const under = (id: string, rest = "") => `/campaigns/${id}${rest}`;

export const campaigns = {
  list: (filter: CampaignFilter) =>
    queryOptions({
      queryKey: ["campaigns", "list", filter],
      queryFn: ({ signal }) => api.get<PageOf<CampaignRow>>("/campaigns", { ...filter }, signal),
      placeholderData: keepPreviousData,
    }),
  card: (id: string) => queryOptions({ queryKey: ["campaigns", id], queryFn: () => api.get<CampaignCard>(under(id)) }),
  stats: (id: string) =>
    queryOptions({ queryKey: ["campaigns", id, "stats"], queryFn: () => api.get<CampaignStats>(under(id, "/stats")) }),
  chart: (id: string) =>
    queryOptions({ queryKey: ["campaigns", id, "chart"], queryFn: () => api.get<CampaignChart>(under(id, "/chart")) }),
  deliveries: (id: string, status: string | undefined) =>
    infiniteQueryOptions({
      queryKey: ["campaigns", id, "deliveries", status],
      initialPageParam: null as string | null,
      queryFn: ({ pageParam }) =>
        api.get<DeliveryPage>(under(id, "/deliveries"), { status, after: pageParam, limit: DELIVERIES }),
      getNextPageParam: (page) => page.next,
    }),
  preflight: (id: string) =>
    queryOptions({ queryKey: ["campaigns", id, "preflight"], gcTime: 0, queryFn: () => api.post<Preflight>(under(id, "/preflight")) }),
  create: (draft: CampaignDraft) => api.post<CampaignCard>("/campaigns", draft),
  change: (id: string, draft: CampaignDraft) => api.patch<CampaignCard>(under(id), draft),
  remove: (id: string) => api.delete(under(id)),
  send: (id: string, at: string | null) => api.post<CampaignCard>(under(id, "/send"), at ? { at } : {}),
  copy: (id: string, name: string) => api.post<CampaignCard>(under(id, "/copy"), { name }),
  act: (id: string, action: CampaignAction) => api.post<CampaignCard>(under(id, `/${action}`)),
  events: (id: string) => under(id, "/events"),
};
