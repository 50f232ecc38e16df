import { queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { Shape } from "./shapes";

export type Term = Shape<"RetentionTerm">;
/** Days by the names of terms; null: for ever. */
export type Days = Record<string, number | null>;

export const retention = {
  terms: queryOptions({ queryKey: ["retention"], queryFn: ({ signal }) => api.get<Term[]>("/retention", undefined, signal) }),
  preview: (days: Days) => api.post<Shape<"RetentionEffect">>("/retention/preview", { days }),
  change: (days: Days) => api.patch<Term[]>("/retention", { days }),
};
