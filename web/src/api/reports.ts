import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { address, api } from "./client";
import type { Shape } from "./shapes";

/** One figure: `count` leads, from `source` at `at`; `ours` stands beside it where it differs. */
export type Figure = Shape<"FigureShape">;
export type Results = Shape<"ResultsShape">;
export type Told = Shape<"ToldShape">;
export type Links = Shape<"LinksShape">;
export type LinkLine = Shape<"LinkLineShape">;
export type DomainLine = Shape<"DomainLineShape">;
export type Recipient = Shape<"RecipientShape">;
export type Happening = Shape<"HappeningShape">;
export type Engagement = Shape<"EngagementShape">;
export type Group = Shape<"GroupShape">["group"];
type LogPage = Shape<"LogPage">;

export const GROUPS: Group[] = ["active", "sleeping", "never", "unreached"];
export const DID = ["opened", "not_opened", "clicked", "not_clicked", "delivered", "not_delivered"];

/** Which recipients of a campaign; everything that is said must hold. */
export interface LogFilter {
  status?: string;
  did?: string;
  search?: string;
  domain?: string;
  url?: string;
}

/** Whose letters count, and of whom the report is. */
export interface Question {
  from: string;
  to: string;
  segmentId?: string;
  categoryId?: string;
  campaignIds?: string;
}

const LOG_ROWS = 50;
const of = (id: string, rest: string) => `/campaigns/${id}${rest}`;

export const reports = {
  results: (id: string) =>
    queryOptions({ queryKey: ["campaigns", id, "results"], queryFn: () => api.get<Results>(of(id, "/results")), placeholderData: keepPreviousData }),
  ask: (id: string) => api.post<Results>(of(id, "/results/ask")),
  links: (id: string) => queryOptions({ queryKey: ["campaigns", id, "links"], queryFn: () => api.get<Links>(of(id, "/links")) }),
  domains: (id: string) =>
    queryOptions({ queryKey: ["campaigns", id, "domains"], queryFn: () => api.get<{ items: DomainLine[] }>(of(id, "/domains")) }),
  log: (id: string, filter: LogFilter) =>
    infiniteQueryOptions({
      queryKey: ["campaigns", id, "log", filter],
      initialPageParam: null as string | null,
      queryFn: ({ pageParam }) => api.get<LogPage>(of(id, "/log"), { ...filter, after: pageParam, limit: LOG_ROWS }),
      getNextPageParam: (page) => page.next,
      placeholderData: keepPreviousData,
    }),
  happenings: (id: string, addressId: string) =>
    queryOptions({
      queryKey: ["campaigns", id, "log", addressId],
      queryFn: () => api.get<{ items: Happening[] }>(of(id, `/log/${addressId}`)),
    }),
  logFile: (id: string, filter: LogFilter) => address(of(id, "/log/export"), { ...filter }),
  engagement: (question: Question) =>
    queryOptions({
      queryKey: ["reports", "engagement", question],
      queryFn: ({ signal }) => api.get<Engagement>("/reports/engagement", { ...question }, signal),
      placeholderData: keepPreviousData,
      staleTime: 30_000,
    }),
  groupFile: (question: Question, group: Group) => address("/reports/engagement/export", { ...question, group }),
  makeSegment: (question: Question, group: Group, name: string) =>
    api.post<Shape<"MadeSegment">>("/reports/engagement/segment", {
      name,
      group,
      from: question.from,
      to: question.to,
      segmentId: question.segmentId ?? null,
      categoryId: question.categoryId ?? null,
      campaignIds: question.campaignIds?.split(",") ?? [],
    }),
};
