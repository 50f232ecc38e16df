import { queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";
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

export const segments = {
  list: queryOptions({ queryKey: ["segments", "list"], queryFn: () => api.get<PageOf<Segment>>("/segments", { limit: 200 }) }),
  fields: queryOptions({ queryKey: ["segments", "fields"], staleTime: 60_000, queryFn: () => api.get<SegmentField[]>("/segments/fields") }),
  count: (id: string) =>
    queryOptions({ queryKey: ["segments", id, "count"], staleTime: 30_000, queryFn: () => api.get<Counted>(`/segments/${id}/count`) }),
  countRule: (rule: RuleGroup) =>
    queryOptions({ queryKey: ["segments", "count", rule], queryFn: () => api.post<Counted>("/segments/count", { rule }) }),
  create: (segment: { name: string; rule: RuleGroup }) => api.post<{ id: string }>("/segments", segment),
  change: (id: string, change: { name?: string; rule?: RuleGroup }) => api.patch<Segment>(`/segments/${id}`, change),
  archive: (id: string) => api.delete(`/segments/${id}`),
};
