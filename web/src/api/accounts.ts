import { queryOptions } from "@tanstack/react-query";
import type { Texts } from "../i18n";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";

export interface AccountRow {
  id: string;
  title: string;
  moduleId: string;
  moduleName: string;
  moduleTitle: Texts;
  state: string;
  campaignTypes: string[];
  checkedAt: string | null;
  createdAt: string;
}

export interface AccountCard extends AccountRow {
  settings: Record<string, unknown>;
  settingsSchema: Record<string, unknown>;
  /** Names of the secret settings that hold a value; the values never leave the server. */
  secretsSet: string[];
  webhookUrl: string;
  checkMessage: string | null;
}

export interface NewAccount {
  moduleId: string;
  title: string;
  settings: Record<string, unknown>;
}

export interface HostApproval {
  pattern: string;
  scheme: "https" | "http";
  port: number;
  privateNetwork: boolean;
  /** Names of the secrets that may be sent there. */
  secrets: string[];
  approved: boolean;
  requested: boolean;
  approvedBy: string | null;
  approvedAt: string | null;
}

export interface AccountList {
  id: string;
  externalId: string;
  title: string;
  categoryId: string | null;
  categoryName: string | null;
}

export interface AccountCheck {
  ok: boolean;
  message: string;
}

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
  create: (account: NewAccount) => api.post<AccountCard>("/accounts", account),
  change: (id: string, change: Partial<Pick<NewAccount, "title" | "settings">>) => api.patch<AccountCard>(under(id), change),
  remove: (id: string) => api.delete(under(id)),
  check: (id: string) => api.post<AccountCheck>(under(id, "/check")),
  rotateToken: (id: string) => api.post<AccountCard>(under(id, "/rotate-token")),
  approveHosts: (id: string, hosts: Omit<HostApproval, "requested" | "approvedBy" | "approvedAt">[]) =>
    api.put<PageOf<HostApproval>>(under(id, "/hosts"), { items: hosts }),
};
