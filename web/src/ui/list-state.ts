import { useNavigate, useSearch } from "@tanstack/react-router";

/** What a list's address may hold; every list uses a part of it. */
export interface ListSearch {
  search?: string;
  page?: number;
  state?: string;
  accountId?: string;
  userId?: string;
  segmentId?: string;
  templateId?: string;
  language?: string;
  tab?: string;
  did?: string;
  domain?: string;
  url?: string;
  campaignIds?: string;
  keyId?: string;
  objectId?: string;
  kind?: string;
  action?: string;
  by?: string;
  /** Days, as YYYY-MM-DD, both included. */
  since?: string;
  until?: string;
  /** Instants, as ISO 8601 in UTC: from the first, up to the second. */
  from?: string;
  to?: string;
}

export interface ListState {
  search: string;
  page: number;
  state: string | undefined;
  accountId: string | undefined;
  userId: string | undefined;
  segmentId: string | undefined;
  language: string | undefined;
  tab: string | undefined;
  did: string | undefined;
  domain: string | undefined;
  url: string | undefined;
  campaignIds: string | undefined;
  keyId: string | undefined;
  objectId: string | undefined;
  kind: string | undefined;
  action: string | undefined;
  by: string | undefined;
  since: string | undefined;
  until: string | undefined;
  from: string | undefined;
  to: string | undefined;
  filtered: boolean;
  set: (change: ListSearch) => void;
}

const instant = (value: unknown) => {
  const at = typeof value === "string" ? new Date(value) : undefined;
  return at && !Number.isNaN(at.getTime()) ? at.toISOString() : undefined;
};

const text = (value: unknown) => (value === undefined || value === "" ? undefined : String(value));

/** Takes from an address what a list understands; a page that is no number is the first. */
export function listSearch(raw: Record<string, unknown>): ListSearch {
  const page = Number(raw.page);
  return {
    search: text(raw.search),
    page: Number.isInteger(page) && page > 1 ? page : undefined,
    state: text(raw.state),
    accountId: text(raw.accountId),
    userId: text(raw.userId),
    segmentId: text(raw.segmentId),
    templateId: text(raw.templateId),
    language: text(raw.language),
    tab: text(raw.tab),
    did: text(raw.did),
    domain: text(raw.domain),
    url: text(raw.url),
    campaignIds: text(raw.campaignIds),
    keyId: text(raw.keyId),
    objectId: text(raw.objectId),
    kind: text(raw.kind),
    action: text(raw.action),
    by: text(raw.by),
    since: text(raw.since),
    until: text(raw.until),
    from: instant(raw.from),
    to: instant(raw.to),
  };
}

const FILTERS = ["search", "state", "accountId", "userId", "segmentId", "language", "page", "from", "to", "keyId", "objectId", "kind", "action", "by", "since", "until"] as const;

export function useListState(): ListState {
  const current = useSearch({ strict: false }) as ListSearch;
  const navigate = useNavigate();
  return {
    search: current.search ?? "",
    page: current.page ?? 1,
    state: current.state,
    accountId: current.accountId,
    userId: current.userId,
    segmentId: current.segmentId,
    language: current.language,
    tab: current.tab,
    did: current.did,
    domain: current.domain,
    url: current.url,
    campaignIds: current.campaignIds,
    keyId: current.keyId,
    objectId: current.objectId,
    kind: current.kind,
    action: current.action,
    by: current.by,
    since: current.since,
    until: current.until,
    from: current.from,
    to: current.to,
    filtered: FILTERS.some((name) => current[name] !== undefined),
    set: (change) =>
      void navigate({ to: ".", search: (before: object) => listSearch({ ...before, ...change }), replace: true } as never),
  };
}
