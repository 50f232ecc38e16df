import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";
import type { Shape } from "./shapes";

export type User = Shape<"UserCard">;

export type NewUser = Shape<"NewUserForm">;

export type UserChanges = Shape<"UserChanges">;

export type ApiKey = Shape<"KeyCard">;

export type KeyState = ApiKey["state"];

export type NewKey = Shape<"NewKey">;

export type AuditRow = Shape<"AuditRow">;

export type AuditVerdict = Shape<"AuditVerdict">;

export interface AuditFilter {
  userId?: string | undefined;
  by?: "key" | "system" | undefined;
  keyId?: string | undefined;
  action?: string | undefined;
  kind?: string | undefined;
  objectId?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

interface Slice {
  search?: string;
  offset: number;
  limit: number;
}

export const people = {
  users: (filter: Slice) =>
    queryOptions({
      queryKey: ["users", filter],
      queryFn: () => api.get<PageOf<User>>("/users", { ...filter }),
      placeholderData: keepPreviousData,
    }),
  user: (id: string) => queryOptions({ queryKey: ["users", id], queryFn: () => api.get<User>(`/users/${id}`) }),
  addUser: (user: NewUser) => api.post<User>("/users", user),
  changeUser: (id: string, changes: UserChanges) => api.patch<User>(`/users/${id}`, changes),
  keys: (filter: Slice & { state?: KeyState | undefined }) =>
    queryOptions({
      queryKey: ["keys", filter],
      queryFn: () => api.get<PageOf<ApiKey>>("/keys", { ...filter }),
      placeholderData: keepPreviousData,
    }),
  addKey: (key: Shape<"NewKeyForm">) => api.post<NewKey>("/keys", key),
  replaceKey: (id: string) => api.post<NewKey>(`/keys/${id}/replace`),
  revokeKey: (id: string) => api.delete(`/keys/${id}`),
  audit: (filter: Slice & AuditFilter) =>
    queryOptions({
      queryKey: ["audit", filter],
      queryFn: () => api.get<PageOf<AuditRow>>("/audit", { ...filter }),
      placeholderData: keepPreviousData,
    }),
  auditActions: queryOptions({ queryKey: ["audit-actions"], queryFn: () => api.get<Shape<"AuditAction">[]>("/audit/actions") }),
  verifyAudit: () => api.post<AuditVerdict>("/audit/verify"),
};
