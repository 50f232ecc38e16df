import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { Shape } from "./shapes";

export type SystemCard = Shape<"SystemCard">;
export type ModuleUse = Shape<"ModuleUseShape">;

/** How often the page asks anew. */
const REFRESH_MS = 5_000;

export const system = {
  card: queryOptions({
    queryKey: ["system"],
    queryFn: ({ signal }) => api.get<SystemCard>("/system", undefined, signal),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  }),
};
