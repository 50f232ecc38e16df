import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";
import type { Shape } from "./shapes";

export type User = Shape<"UserCard">;

export type NewUser = Shape<"NewUserForm">;

export type UserChanges = Shape<"UserChanges">;

export type ApiKey = Shape<"KeyCard">;

export type AuditRow = Shape<"AuditRow">;

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
  addUser: (user: NewUser) => api.post<User>("/users", user),
  changeUser: (id: string, changes: UserChanges) => api.patch<User>(`/users/${id}`, changes),
  keys: queryOptions({ queryKey: ["keys"], queryFn: () => api.get<PageOf<ApiKey>>("/keys", { limit: 200 }) }),
  addKey: (key: { name: string; rights: string[] }) => api.post<{ id: string; key: string }>("/keys", key),
  revokeKey: (id: string) => api.delete(`/keys/${id}`),
  audit: (filter: Slice & { userId?: string | undefined }) =>
    queryOptions({
      queryKey: ["audit", filter],
      queryFn: () => api.get<PageOf<AuditRow>>("/audit", { ...filter }),
      placeholderData: keepPreviousData,
    }),
};
