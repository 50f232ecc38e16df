import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { address, api } from "./client";
import type { Shape } from "./shapes";

export type Deal = Shape<"DealShape">;
export type DealDraft = Shape<"DealBody">;
export type DealChange = Shape<"DealChange">;
export type Stage = Shape<"StageShape">;
export type StageKind = Stage["kind"];
export type Order = Shape<"OrderShape">;
export type OrderCard = Shape<"OrderCardShape">;
export type OrderDraft = Shape<"SalesOrderBody">;
export type OrderChange = Shape<"OrderChange">;
export type OrderLine = Shape<"LineShape">;
export type LineDraft = Shape<"LineBody">;
export type Work = Shape<"WorkShape">;
export type TicketOffer = Shape<"TicketOffer">;
export type MadeTickets = Shape<"MadeTickets">;
export type Ticket = Shape<"TicketShape">;
export type TicketChange = Shape<"TicketChange">;
export type PrintedTickets = Shape<"PrintedTickets">;
export type WorkState = Ticket["state"];
export type Reading = NonNullable<Shape<"OrderReadingShape">["reading"]>;
export type LineChange = Shape<"LineChangeShape">;
export type ReadLine = Shape<"ReadLine">;
export type StageSum = Shape<"StageSumShape">;
export type OrderPage = Shape<"OrderPage">;
export type Happened = Shape<"SalesHappened">;
/** Where a history is: the rooms as their addresses name them. */
export type HistoryRoom = "deals" | "orders" | "tickets";
export type Source = NonNullable<Order["source"]>;

/** How far an order or a job ticket is, from its beginning. */
export const STATES: WorkState[] = ["new", "in_work", "done", "cancelled"];

/** What a list asks for; what is left out asks for nothing. */
export interface SalesFilter {
  search?: string;
  sort?: string | undefined;
  state?: string | undefined;
  stageId?: string | undefined;
  responsibleId?: string | undefined;
  clientId?: string | undefined;
  dealId?: string | undefined;
  orderId?: string | undefined;
  overdue?: true | undefined;
}
interface Slice extends SalesFilter {
  offset: number;
  limit: number;
}

const page = <Row, Whole extends PageOf<Row> = PageOf<Row>>(path: string, filter: Slice) =>
  queryOptions({
    queryKey: [path.slice(1), "list", filter],
    queryFn: ({ signal }) => api.get<Whole>(path, { ...filter }, signal),
    placeholderData: keepPreviousData,
  });

/** Address of a list as a CSV file; the newest come first there. */
const file = (path: string, filter: SalesFilter) => address(`${path}/export`, { ...filter, sort: undefined });

/** Who changed what; it is asked for anew whenever its room is. */
export const historyOf = (room: HistoryRoom, id: string, limit: number) =>
  queryOptions({ queryKey: [room, id, "history", limit], queryFn: () => api.get<Shape<"SalesHistory">>(`/${room}/${id}/history`, { limit }) });

export const deals = {
  list: (filter: Slice) => page<Deal>("/deals", filter),
  file: (filter: SalesFilter) => file("/deals", filter),
  sums: (filter: SalesFilter) => {
    const { search, responsibleId, clientId } = filter;
    return queryOptions({
      queryKey: ["deals", "sums", { search, responsibleId, clientId }],
      queryFn: ({ signal }) => api.get<StageSum[]>("/deals/sums", { search, responsibleId, clientId }, signal),
      placeholderData: keepPreviousData,
    });
  },
  card: (id: string) => queryOptions({ queryKey: ["deals", id], queryFn: () => api.get<Deal>(`/deals/${id}`) }),
  create: (draft: DealDraft) => api.post<Deal>("/deals", draft),
  change: (id: string, change: DealChange) => api.patch<Deal>(`/deals/${id}`, change),
  stages: queryOptions({ queryKey: ["deals", "stages"], staleTime: 30_000, queryFn: () => api.get<Stage[]>("/deals/stages") }),
  addStage: (stage: { name: string; kind: StageKind }) => api.post<Stage[]>("/deals/stages", stage),
  changeStage: (id: string, change: { name?: string; archived?: boolean }) => api.patch<Stage[]>(`/deals/stages/${id}`, change),
  arrange: (ids: string[]) => api.put<Stage[]>("/deals/stages/order", { ids }),
};

export const orders = {
  list: (filter: Slice) => page<Order, OrderPage>("/orders", filter),
  file: (filter: SalesFilter) => file("/orders", filter),
  card: (id: string) => queryOptions({ queryKey: ["orders", id], queryFn: () => api.get<OrderCard>(`/orders/${id}`) }),
  create: (draft: OrderDraft) => api.post<OrderCard>("/orders", draft),
  change: (id: string, change: OrderChange) => api.patch<OrderCard>(`/orders/${id}`, change),
  /** Refused where somebody else changed the order after it was read. */
  setLines: (order: OrderCard, lines: LineDraft[]) => api.put<OrderCard>(`/orders/${order.id}/lines`, { lines, unchangedSince: order.updatedAt }),
  /** What the order's letter says since it was read again; nothing of it is in the order. */
  reading: (id: string) =>
    queryOptions({ queryKey: ["orders", id, "reading"], queryFn: () => api.get<Shape<"OrderReadingShape">>(`/orders/${id}/reading`) }),
  takeReading: (id: string, seen: Shape<"TakeBody">) => api.post<OrderCard>(`/orders/${id}/reading/take`, seen),
  leaveReading: (id: string) => api.delete(`/orders/${id}/reading`),
  offer: (id: string) =>
    queryOptions({ queryKey: ["orders", id, "offer"], staleTime: 0, queryFn: () => api.get<TicketOffer[]>(`/orders/${id}/tickets/offer`) }),
  makeTickets: (id: string, lineIds: string[]) => api.post<MadeTickets>(`/orders/${id}/tickets`, { lineIds }),
  tickets: (id: string) =>
    queryOptions({ queryKey: ["orders", id, "tickets"], queryFn: () => api.get<PrintedTickets>(`/orders/${id}/tickets`) }),
  ticketsFile: (id: string) => address(`/orders/${id}/tickets`),
};

export const tickets = {
  list: (filter: Slice) => page<Ticket>("/tickets", filter),
  file: (filter: SalesFilter) => file("/tickets", filter),
  card: (id: string) => queryOptions({ queryKey: ["tickets", id], queryFn: () => api.get<Ticket>(`/tickets/${id}`) }),
  change: (id: string, change: TicketChange) => api.patch<Ticket>(`/tickets/${id}`, change),
  json: (id: string) => address(`/tickets/${id}`),
};
