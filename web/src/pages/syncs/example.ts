import type { SyncMode } from "../../api/syncs";

export type Fate = "stays" | "comes" | "goes";

export const LIST = ["a", "b", "c"];
export const SEGMENT = ["c", "d", "e"];

/** What becomes of each person of the list {a, b, c} and the segment {c, d, e}, in this order. */
export function fates(mode: SyncMode): { who: string; fate: Fate }[] {
  const all = [...new Set([...LIST, ...SEGMENT])];
  const touched = mode === "subtract" ? all.filter((who) => LIST.includes(who)) : all;
  return touched.map((who) => ({ who, fate: fateOf(mode, LIST.includes(who), SEGMENT.includes(who)) }));
}

function fateOf(mode: SyncMode, listed: boolean, picked: boolean): Fate {
  if (!listed) return "comes";
  const goes = (mode === "exact" && !picked) || (mode === "subtract" && picked);
  return goes ? "goes" : "stays";
}

/** Who is on the list afterwards. */
export const after = (mode: SyncMode): string[] => fates(mode).filter(({ fate }) => fate !== "goes").map(({ who }) => who);
