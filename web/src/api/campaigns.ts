import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";
import type { Shape } from "./shapes";

export type CampaignState = Shape<"vestnik.campaigns.states.State">;
export type CampaignType = "email" | "sms";
export const CAMPAIGN_STATES: CampaignState[] = [
  "draft", "scheduled", "preparing", "moderation", "sending", "sent", "paused", "declined", "cancelled", "failed", "unclear",
];

/** What became of the recipients, counted. */
export type Figures = Shape<"FiguresShape">;

/** What moves while a campaign goes on; the data of the event `progress`. */
export type Progress = Shape<"ProgressShape">;

export type CampaignRow = Shape<"CampaignLine">;

/** What a person may ask of a campaign in its present state; most are also the end of the address to ask at. */
export type CampaignAction =
  | "edit"
  | "preflight"
  | "delete"
  | "send"
  | "test"
  | "undo"
  | "pause"
  | "resume"
  | "cancel"
  | "cancel-at-service"
  | "retry"
  | "check-at-service"
  | "send-again";

export type CampaignCard = Omit<Shape<"CampaignCard">, "actions"> & { actions: CampaignAction[] };

export type Exclusion = Shape<"vestnik.campaigns.shapes.CountShape">;

export type Check = Shape<"vestnik.campaigns.shapes.CheckShape">;

export type Fix = Shape<"FixShape">;

/** A contact of a campaign's audience. */
export type Member = Shape<"MemberShape">;

export type Preflight = Shape<"PreflightShape">;

/** The part of a campaign that a person may still change. */
export type CampaignDraft = Required<Shape<"CampaignBody">>;

export type CampaignStats = Shape<"StatsShape">;

/** Events counted by steps of `widthS` seconds; steps without events are left out. */
export type CampaignChart = Shape<"ChartShape">;

export type Delivery = Shape<"DeliveryShape">;

type DeliveryPage = Shape<"DeliveryPage">;

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
const PEOPLE = 50;

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
  audience: (id: string, verdict: string, lacking: string | undefined) =>
    infiniteQueryOptions({
      queryKey: ["campaigns", id, "audience", verdict, lacking],
      initialPageParam: null as string | null,
      queryFn: ({ pageParam, signal }) =>
        api.get<Shape<"MemberPage">>(under(id, "/audience"), { verdict, lacking, after: pageParam, limit: PEOPLE }, signal),
      getNextPageParam: (page) => page.next,
    }),
  create: (draft: CampaignDraft) => api.post<CampaignCard>("/campaigns", draft),
  change: (id: string, draft: CampaignDraft) => api.patch<CampaignCard>(under(id), draft),
  remove: (id: string) => api.delete(under(id)),
  copy: (id: string, name: string) => api.post<CampaignCard>(under(id, "/copy"), { name }),
  act: (id: string, action: CampaignAction) => api.post<CampaignCard>(under(id, `/${action}`)),
  events: (id: string) => under(id, "/events"),
};
