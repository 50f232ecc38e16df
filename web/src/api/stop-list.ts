import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { address, api } from "./client";
import type { Shape } from "./shapes";

export type StopEntry = Shape<"StopEntry">;

export type StopFound = Shape<"StopFound">;

export type StopReason = StopEntry["reason"];

/** Which entries; nothing is all of them. */
export interface StopFilter {
  reason?: StopReason;
  /** "all" are the entries that count for all categories. */
  categoryId?: string;
  kind?: "email" | "phone";
  origin?: "import";
}

/** So many addresses go in one request. */
const AT_ONCE = 1000;

export const stopList = {
  page: (filter: StopFilter, cursor: string | undefined, limit: number) =>
    queryOptions({
      queryKey: ["stop-list", "page", filter, cursor, limit],
      queryFn: ({ signal }) => api.get<Shape<"StopPage">>("/stop-list", { ...filter, cursor, limit }, signal),
      placeholderData: keepPreviousData,
    }),
  counts: queryOptions({ queryKey: ["stop-list", "counts"], queryFn: () => api.get<Shape<"StopCounts">>("/stop-list/counts") }),
  /** By POST: an address in a link would stay in logs and histories. */
  find: (text: string) => api.post<StopFound>("/stop-list/find", { address: text }),
  add: async (addresses: string[], categoryId: string | null) => {
    const results: Shape<"StopResult">[] = [];
    for (let start = 0; start < addresses.length; start += AT_ONCE) {
      const stops = addresses.slice(start, start + AT_ONCE).map((one) => ({ address: one, categoryId }));
      // One after the other: the order of the lines is that of the results.
      // oxlint-disable-next-line no-await-in-loop
      results.push(...(await api.post<Shape<"StopResults">>("/stop-list/batch", { stops })).results);
    }
    return results;
  },
  file: (filter: StopFilter) => address("/stop-list/export", { ...filter }),
};
