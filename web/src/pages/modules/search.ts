export const TABS = ["run", "calls", "tests", "versions", "hosts", "settings"] as const;
export type StudioTab = (typeof TABS)[number];

/** What the studio's address may hold: the open tab, and what it is open at. */
export interface StudioSearch {
  tab?: StudioTab;
  /** A stored webhook to run ParseWebhookRequest on. */
  webhook?: string;
  /** The recorded call that is looked at. */
  call?: string;
  /** The function whose calls are listed. */
  function?: string;
  /** The outcome of the calls that are listed. */
  kind?: string;
  accountId?: string;
  /** The request, or the durable work, whose calls are listed. */
  traceId?: string;
}

const text = (value: unknown) => (value === undefined || value === "" ? undefined : String(value));

export function studioSearch(raw: Record<string, unknown>): StudioSearch {
  return {
    tab: TABS.find((one) => one === raw.tab),
    webhook: text(raw.webhook),
    call: text(raw.call),
    function: text(raw.function),
    kind: text(raw.kind),
    accountId: text(raw.accountId),
    traceId: text(raw.traceId),
  };
}
