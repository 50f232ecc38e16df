import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";
import type { ContactRow } from "./contacts";
import type { Shape } from "./shapes";

export interface Condition {
  field: string;
  operator: string;
  value?: unknown;
}

/** Conditions and groups of them, joined by one word; `not` turns the whole group round. */
export interface RuleGroup {
  combinator: "and" | "or";
  rules: (RuleGroup | Condition)[];
  not?: boolean;
}

export type Segment = Omit<Shape<"SegmentShape">, "rule"> & { rule: RuleGroup | null };

export type SegmentField = Shape<"ConditionShape">;

interface Counted {
  count: number;
}

/** What a contact has where a condition compares; the server's segments/actual.py. */
export type Actual =
  | { kind: "nothing" }
  | { kind: "texts"; texts: string[] }
  | { kind: "number"; number: number }
  | { kind: "flag"; flag: boolean }
  | { kind: "day"; day: string }
  | { kind: "instant"; at: string }
  | { kind: "consent"; state: "given" | "withdrawn" | "withdrawn_all"; at: string | null }
  | { kind: "stops"; reasons: ("blocked" | "unsubscribed" | "manual" | "spam" | "hard_bounce" | "unsubscribe")[] }
  | { kind: "letter"; did: "received" | "opened" | "clicked"; at: string; opened: boolean; campaignId: string; campaign: string };

/** A condition or a group, whether it holds for a contact, and what the contact has there. */
export type ExplainedCondition = Condition & { holds: boolean; actual: Actual | null };
export interface ExplainedGroup extends Omit<RuleGroup, "rules"> {
  rules: (ExplainedGroup | ExplainedCondition)[];
  holds: boolean;
}
export type Verdict = Omit<Shape<"WhyShape">, "rule"> & { rule: ExplainedGroup | null };

export const segments = {
  list: queryOptions({ queryKey: ["segments", "list"], queryFn: () => api.get<PageOf<Segment>>("/segments", { limit: 200 }) }),
  fields: queryOptions({ queryKey: ["segments", "fields"], staleTime: 60_000, queryFn: () => api.get<SegmentField[]>("/segments/fields") }),
  count: (id: string) =>
    queryOptions({ queryKey: ["segments", id, "count"], staleTime: 30_000, queryFn: () => api.get<Counted>(`/segments/${id}/count`) }),
  card: (id: string) => queryOptions({ queryKey: ["segments", id], queryFn: () => api.get<Segment>(`/segments/${id}`) }),
  /** Asked anew for every rule; the question before is taken back, also in the database. */
  countRule: (rule: RuleGroup) =>
    queryOptions({
      queryKey: ["segments", "count", rule],
      retry: false,
      queryFn: ({ signal }) => api.post<Counted>("/segments/count", { rule }, undefined, signal),
      placeholderData: keepPreviousData,
    }),
  sample: (rule: RuleGroup) =>
    queryOptions({
      queryKey: ["segments", "sample", rule],
      retry: false,
      queryFn: ({ signal }) => api.post<{ items: ContactRow[] }>("/segments/sample", { rule }, undefined, signal),
      placeholderData: keepPreviousData,
    }),
  why: (rule: RuleGroup, contactId: string) =>
    queryOptions({
      queryKey: ["segments", "why", rule, contactId],
      queryFn: ({ signal }) => api.post<Verdict>("/segments/why", { rule, contactId }, undefined, signal),
      placeholderData: keepPreviousData,
    }),
  members: (id: string, page: { search: string; offset: number; limit: number }) =>
    queryOptions({
      queryKey: ["segments", id, "members", page],
      queryFn: ({ signal }) => api.get<PageOf<ContactRow>>(`/segments/${id}/contacts`, page, signal),
      placeholderData: keepPreviousData,
    }),
  changeMembers: (id: string, change: { add?: string[]; remove?: string[] }) => api.post<void>(`/segments/${id}/members`, change),
  create: (segment: { name: string; rule?: RuleGroup }) => api.post<{ id: string }>("/segments", segment),
  change: (id: string, change: { name?: string; rule?: RuleGroup }) => api.patch<Segment>(`/segments/${id}`, change),
  archive: (id: string) => api.delete(`/segments/${id}`),
};
