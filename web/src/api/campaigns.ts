import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";

export const CAMPAIGN_STATES = [
  "draft", "scheduled", "preparing", "moderation", "sending", "sent", "paused", "declined", "cancelled", "failed", "unclear",
] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];
export type CampaignType = "email" | "sms";

/** What became of the recipients, counted. */
export interface Figures {
  handedOver: number;
  sent: number;
  delivered: number;
  opened: number;
  clicked: number;
  unsubscribed: number;
  softBounced: number;
  hardBounced: number;
  spam: number;
  skipped: number;
  failed: number;
  rejected: number;
}

export interface CampaignRow {
  id: string;
  name: string;
  type: CampaignType;
  state: CampaignState;
  reason: string | null;
  accountId: string | null;
  accountTitle: string | null;
  recipients: number;
  figures: Figures;
  createdAt: string;
  scheduledAt: string | null;
  launchedAt: string | null;
  finishedAt: string | null;
}

/** What a person may ask of a campaign in its present state. */
export type CampaignAction =
  | "edit"
  | "delete"
  | "send"
  | "pause"
  | "resume"
  | "cancel"
  | "cancelAtService"
  | "retry"
  | "checkAtService"
  | "sendAgain";

export interface CampaignCard extends CampaignRow {
  subject: string;
  previewText: string;
  senderName: string;
  senderEmail: string;
  replyTo: string;
  text: string;
  templateId: string | null;
  templateName: string | null;
  segmentId: string | null;
  segmentName: string | null;
  categoryId: string | null;
  categoryName: string | null;
  externalId: string | null;
  externalUrl: string | null;
  actions: CampaignAction[];
  exclusions: Exclusion[];
  history: HistoryEntry[];
}

export interface HistoryEntry {
  at: string;
  fromState: CampaignState | null;
  toState: CampaignState;
  who: string;
  reason: string | null;
}

export interface Exclusion {
  reason: string;
  count: number;
}

export interface Check {
  code: string;
  level: "ok" | "warning" | "error";
  message: string;
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

export interface StatsPoint {
  at: string;
  delivered: number;
  opened: number;
  clicked: number;
}

export interface CampaignStats {
  figures: Figures;
  points: StatsPoint[];
  fetchedAt: string | null;
}

export interface Delivery {
  addressId: string;
  address: string;
  contactId: string;
  contactName: string;
  status: string;
  at: string | null;
  reason: string | null;
}

/** What the event stream tells while a campaign is on its way. */
export interface Progress {
  state: CampaignState;
  reason: string | null;
  recipients: number;
  figures: Figures;
  actions: CampaignAction[];
}

export interface CampaignFilter {
  search?: string;
  state?: string;
  offset: number;
  limit: number;
}

/** States in which numbers move by themselves. */
export const MOVING: CampaignState[] = ["scheduled", "preparing", "moderation", "sending", "unclear"];

const PATHS: Record<Exclude<CampaignAction, "edit" | "delete" | "send">, string> = {
  pause: "pause",
  resume: "resume",
  cancel: "cancel",
  cancelAtService: "cancel-at-service",
  retry: "retry",
  checkAtService: "check-at-service",
  sendAgain: "send-again",
};

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
  deliveries: (id: string, filter: CampaignFilter) =>
    queryOptions({
      queryKey: ["campaigns", id, "deliveries", filter],
      queryFn: ({ signal }) => api.get<PageOf<Delivery>>(under(id, "/deliveries"), { ...filter }, signal),
      placeholderData: keepPreviousData,
    }),
  preflight: (id: string) =>
    queryOptions({ queryKey: ["campaigns", id, "preflight"], gcTime: 0, queryFn: () => api.post<Preflight>(under(id, "/preflight")) }),
  create: (draft: CampaignDraft) => api.post<CampaignCard>("/campaigns", draft),
  change: (id: string, draft: CampaignDraft) => api.patch<CampaignCard>(under(id), draft),
  remove: (id: string) => api.delete(under(id)),
  send: (id: string, at: string | null) => api.post<CampaignCard>(under(id, "/send"), at ? { at } : {}),
  act: (id: string, action: keyof typeof PATHS) => api.post<CampaignCard>(under(id, `/${PATHS[action]}`)),
  events: (id: string) => under(id, "/events"),
};
