import { useNavigate, useSearch } from "@tanstack/react-router";
import { SORTS, STATUSES, type LeadSelection, type LeadSort, type LeadStatus } from "../../api/leads";
import { instantOf } from "../../ui/zones";

const WHOSE = ["mine", "nobodys"] as const;
export type Whose = (typeof WHOSE)[number];

/** What the address of the inbox holds; days are YYYY-MM-DD, the last one is within the period. */
export interface LeadSearch {
  search?: string;
  status?: LeadStatus;
  whose?: Whose;
  responsibleId?: string;
  channelId?: string;
  /** As a client's card leads here. */
  clientId?: string;
  from?: string;
  to?: string;
  warnings?: true;
  unread?: true;
  sort?: LeadSort;
  page?: number;
}

const text = (value: unknown) => (value === undefined || value === "" || value === null ? undefined : String(value));
const key = (value: unknown) => (/^\d{1,19}$/.test(String(value)) ? String(value) : undefined);
const day = (value: unknown) => (/^\d{4}-\d\d-\d\d$/.test(String(value)) && !Number.isNaN(Date.parse(String(value))) ? String(value) : undefined);
const yes = (value: unknown) => (value === true ? true : undefined);

/** Takes from an address what the inbox understands. */
export function leadSearch(raw: Record<string, unknown>): LeadSearch {
  const page = Number(raw.page);
  const whose = WHOSE.find((one) => one === raw.whose);
  return {
    search: text(raw.search),
    status: STATUSES.find((one) => one === raw.status),
    whose,
    responsibleId: whose ? undefined : key(raw.responsibleId),
    channelId: key(raw.channelId),
    clientId: key(raw.clientId),
    from: day(raw.from),
    to: day(raw.to),
    warnings: yes(raw.warnings),
    unread: yes(raw.unread),
    sort: SORTS.find((one) => one === raw.sort && one !== "-created"),
    page: Number.isInteger(page) && page > 1 ? page : undefined,
  };
}

/** The day after a day. */
const following = (date: string) => new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10);

/** The server's words for what an address asks for; days begin at midnight of the organisation. */
export function selectionOf(address: LeadSearch, ownId: string, zone: string): LeadSelection {
  return {
    search: address.search ?? "",
    status: address.status ?? null,
    responsibleId: address.whose === "mine" ? ownId : (address.responsibleId ?? null),
    unassigned: address.whose === "nobodys" ? true : null,
    channelId: address.channelId ?? null,
    clientId: address.clientId ?? null,
    from: address.from ? instantOf(`${address.from} 00:00`, zone) : null,
    to: address.to ? instantOf(`${following(address.to)} 00:00`, zone) : null,
    hasWarnings: address.warnings ?? null,
    unread: address.unread ?? null,
  };
}

/** Filters of the panel that are set; what has a control of its own on the page does not count. */
export const heldFilters = ({ responsibleId, channelId, from, to, warnings, unread }: LeadSearch) =>
  [responsibleId, channelId, from, to, warnings, unread].filter((one) => one !== undefined).length;

export interface LeadAddress extends LeadSearch {
  /** Something is asked for beside a status. */
  filtered: boolean;
  /** Changes the address; anything but the page begins at the first one. */
  set: (change: LeadSearch) => void;
}

export function useLeadAddress(): LeadAddress {
  const current = useSearch({ strict: false }) as LeadSearch;
  const navigate = useNavigate();
  return {
    ...current,
    filtered: Boolean(current.search || current.whose || current.clientId || heldFilters(current) > 0),
    set: (change) =>
      void navigate({
        to: ".",
        search: (before: LeadSearch) => leadSearch({ ...before, page: undefined, ...change }),
        replace: !("page" in change || "status" in change),
      } as never),
  };
}
