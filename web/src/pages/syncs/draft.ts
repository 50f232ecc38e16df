import type { Sync, SyncBody, SyncChange } from "../../api/syncs";

/** A sync while it is set up; what nobody chose yet is null. */
export interface Draft extends Omit<SyncBody, "accountId"> {
  accountId: string | null;
  /** Whether a list of the service is used, or one is made. */
  makesList: boolean;
}

export const EMPTY: Draft = {
  accountId: null,
  source: "segment",
  segmentId: null,
  makesList: false,
  listExternalId: null,
  listTitle: "",
  mode: "exact",
  categoryId: null,
  everyMinutes: 240,
  guardPercent: 20,
  overLimit: "nobody",
  firstBy: "newest",
};

export const draftOf = (sync: Sync): Draft => ({
  accountId: sync.account.id,
  source: sync.source,
  segmentId: sync.segmentId,
  makesList: sync.listExternalId === null,
  listExternalId: sync.listExternalId,
  listTitle: sync.listTitle,
  mode: sync.mode,
  categoryId: sync.categoryId,
  everyMinutes: sync.everyMinutes,
  guardPercent: sync.guardPercent,
  overLimit: sync.overLimit,
  firstBy: sync.firstBy,
});

/** What is not chosen yet and a plan needs, in the order of the form. */
export function lacking(draft: Draft): ("segment" | "account" | "list" | "listName")[] {
  const missing: ReturnType<typeof lacking> = [];
  if (draft.source === "segment" && draft.segmentId === null) missing.push("segment");
  if (draft.accountId === null) missing.push("account");
  else if (draft.makesList && draft.listTitle.trim() === "") missing.push("listName");
  else if (!draft.makesList && draft.listExternalId === null) missing.push("list");
  return missing;
}

export const bodyOf = ({ makesList, ...draft }: Draft): SyncBody => ({
  ...draft,
  accountId: draft.accountId ?? "",
  segmentId: draft.source === "segment" ? draft.segmentId : null,
  listExternalId: makesList ? null : draft.listExternalId,
  listTitle: draft.listTitle.trim(),
  categoryId: draft.mode === "subtract" ? null : draft.categoryId,
});

/** Only what differs: a plan is not thrown away for what stays. */
export function changeOf(sync: Sync, draft: Draft): SyncChange {
  const wanted = bodyOf(draft);
  const change: SyncChange = {};
  if (wanted.mode !== sync.mode) change.mode = wanted.mode;
  if (wanted.categoryId !== sync.categoryId) change.categoryId = wanted.categoryId;
  if (wanted.everyMinutes !== sync.everyMinutes) change.everyMinutes = wanted.everyMinutes;
  if (wanted.guardPercent !== sync.guardPercent) change.guardPercent = wanted.guardPercent;
  if (wanted.overLimit !== sync.overLimit) change.overLimit = wanted.overLimit;
  if (wanted.firstBy !== sync.firstBy) change.firstBy = wanted.firstBy;
  return change;
}

/** A name as names are compared: neither case nor ё makes another list. */
export const folded = (name: string): string => name.trim().normalize("NFKC").toLocaleLowerCase("ru").replaceAll("ё", "е");
