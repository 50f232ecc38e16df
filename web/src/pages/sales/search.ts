import { useNavigate, useSearch } from "@tanstack/react-router";
import type { SalesFilter } from "../../api/sales";
import { PAGE_SIZE } from "../../ui/DataList";
import type { ListState } from "../../ui/list-state";

/** What the address of a list of deals, orders, job tickets or clients may hold. */
export interface SalesSearch {
  search?: string;
  page?: number;
  sort?: string;
  state?: string;
  kind?: string;
  pending?: true;
  stageId?: string;
  responsibleId?: string;
  clientId?: string;
  dealId?: string;
  orderId?: string;
  overdue?: true;
}

const words = (value: unknown) => (value === undefined || value === null || value === "" ? undefined : String(value));
const key = (value: unknown) => (/^[0-9]{1,19}$/.test(String(value ?? "")) ? String(value) : undefined);
const one = (value: unknown, known: string[]) => known.find((each) => each === value);

const SORTS = ["number", "title", "sum", "item", "order", "due", "updated"].flatMap((name) => [name, `-${name}`]);

/** Takes from an address what the lists understand. */
export function salesSearch(raw: Record<string, unknown>): SalesSearch {
  const page = Number(raw.page);
  return {
    search: words(raw.search),
    page: Number.isInteger(page) && page > 1 ? page : undefined,
    sort: one(raw.sort, SORTS),
    state: one(raw.state, ["new", "in_work", "done", "cancelled"]),
    kind: one(raw.kind, ["company", "person"]),
    pending: raw.pending === true || raw.pending === "true" ? true : undefined,
    stageId: key(raw.stageId),
    responsibleId: key(raw.responsibleId),
    clientId: key(raw.clientId),
    dealId: key(raw.dealId),
    orderId: key(raw.orderId),
    overdue: raw.overdue === true || raw.overdue === "true" ? true : undefined,
  };
}

export interface SalesList {
  address: SalesSearch;
  /** The same as the shared list understands it. */
  list: ListState;
  filter: SalesFilter;
  slice: { offset: number; limit: number };
  set: (change: SalesSearch) => void;
}

/** The list's address, and how to change it; another filter begins with the first page. */
export function useSalesList(): SalesList {
  const address = useSearch({ strict: false }) as SalesSearch;
  const navigate = useNavigate();
  const set = (change: SalesSearch) =>
    void navigate({
      to: ".",
      search: (before: object) => salesSearch({ ...before, page: undefined, ...change }),
      replace: true,
    } as never);
  const { search, page, sort, state, stageId, responsibleId, clientId, dealId, orderId, overdue } = address;
  const list = {
    search: search ?? "",
    page: page ?? 1,
    filtered: Object.entries(address).some(([name, value]) => name !== "sort" && value !== undefined),
    set,
  } as ListState;
  return { address, list, filter: { search: search ?? "", sort, state, stageId, responsibleId, clientId, dealId, orderId, overdue }, slice: { offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }, set };
}
