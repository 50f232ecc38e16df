import { getRouteApi } from "@tanstack/react-router";
import type { StopFilter } from "../../api/stop-list";

/** What the address of the suppression list may hold. */
export interface StopSearch extends StopFilter {
  cursor?: string;
}

export const REASONS = ["unsubscribe", "hard_bounce", "spam", "manual"] as const;

const one = <Value extends string>(raw: unknown, known: readonly Value[]) => known.find((value) => value === raw);

const matching = (raw: unknown, pattern: RegExp) => (pattern.test(String(raw ?? "")) ? String(raw) : undefined);

/** Takes from an address what the list understands. */
export function stopSearch(raw: Record<string, unknown>): StopSearch {
  return {
    reason: one(raw.reason, REASONS),
    categoryId: matching(raw.categoryId, /^([0-9]{1,19}|all)$/),
    kind: one(raw.kind, ["email", "phone"]),
    origin: one(raw.origin, ["import"]),
    cursor: matching(raw.cursor, /^-?[0-9]{1,18}$/),
  };
}

const route = getRouteApi("/inside/stop-list");

/** The filters in the address, and how to change them; another filter begins with the first page. */
export function useStopSearch() {
  const { cursor, ...filter } = route.useSearch();
  const navigate = route.useNavigate();
  const set = (change: StopSearch) =>
    void navigate({ to: ".", search: (before: StopSearch) => ({ ...before, cursor: undefined, ...change }), replace: true } as never);
  return { filter, cursor, set, filtered: Object.values(filter).some(Boolean) };
}
