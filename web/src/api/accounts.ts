import { queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";
import type { Shape } from "./shapes";

export type AccountRow = Shape<"AccountRowShape">;

export type AccountCard = Shape<"AccountCardShape">;

export type NewAccount = Shape<"NewAccount">;
/** What an account's settings may hold; secrets stand among them on their way to the server only. */
export type SettingValues = NonNullable<NewAccount["settings"]>;

export type HostApproval = Shape<"HostShape">;

export type AccountList = Shape<"ListShape">;

export type AccountCheck = Shape<"AccountCheckShape">;

export type Usage = Shape<"UsageShape">;

export type Service = Shape<"ServiceShape">;

export type AccountChange = Shape<"AccountChange">;

export type Person = Shape<"PersonShape">;

/** When an account's last webhook came, and how many of a day failed. */
export type Arrivals = Shape<"ArrivalsShape">;

const under = (id: string, rest = "") => `/accounts/${id}${rest}`;

export const accounts = {
  list: queryOptions({ queryKey: ["accounts"], queryFn: () => api.get<PageOf<AccountRow>>("/accounts", { limit: 200 }) }),
  ofModule: (moduleId: string) =>
    queryOptions({
      queryKey: ["accounts"],
      queryFn: () => api.get<PageOf<AccountRow>>("/accounts", { limit: 200 }),
      select: (page) => ({ ...page, items: page.items.filter((account) => account.moduleId === moduleId) }),
    }),
  card: (id: string) => queryOptions({ queryKey: ["accounts", id], queryFn: () => api.get<AccountCard>(under(id)) }),
  hosts: (id: string) =>
    queryOptions({ queryKey: ["accounts", id, "hosts"], queryFn: () => api.get<PageOf<HostApproval>>(under(id, "/hosts")) }),
  lists: (id: string) =>
    queryOptions({ queryKey: ["accounts", id, "lists"], queryFn: () => api.get<PageOf<AccountList>>(under(id, "/lists")) }),
  importLists: (id: string) => api.post<PageOf<AccountList>>(under(id, "/lists/import")),
  mapList: (id: string, listId: string, categoryId: string | null) =>
    api.put<PageOf<AccountList>>(under(id, `/lists/${listId}`), { categoryId }),
  services: queryOptions({ queryKey: ["accounts", "services"], queryFn: () => api.get<PageOf<Service>>("/accounts/services") }),
  people: queryOptions({ queryKey: ["accounts", "people"], queryFn: () => api.get<PageOf<Person>>("/accounts/people") }),
  arrivals: queryOptions({ queryKey: ["accounts", "arrivals"], queryFn: () => api.get<Arrivals[]>("/webhooks/arrivals") }),
  askUsage: (id: string) => api.post<Usage>(under(id, "/usage")),
  create: (account: NewAccount) => api.post<AccountCard>("/accounts", account),
  change: (id: string, change: AccountChange) => api.patch<AccountCard>(under(id), change),
  remove: (id: string) => api.delete(under(id)),
  check: (id: string) => api.post<AccountCheck>(under(id, "/check")),
  rotateToken: (id: string) => api.post<AccountCard>(under(id, "/rotate-token")),
  approveHosts: (id: string, hosts: Omit<HostApproval, "requested" | "approvedBy" | "approvedAt">[]) =>
    api.put<PageOf<HostApproval>>(under(id, "/hosts"), { items: hosts }),
};
