import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Language } from "../i18n";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";
import type { Role } from "./session";

export interface User {
  id: string;
  name: string;
  email: string;
  role: Role | null;
  roles: Role[];
  language: Language;
  disabled: boolean;
  createdAt: string;
  seenAt: string | null;
}

export interface NewUser {
  name: string;
  email: string;
  password: string;
  roles: Role[];
}

export interface UserChanges {
  name?: string;
  email?: string;
  roles?: Role[];
  disabled?: boolean;
  password?: string;
}

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  rights: string[];
  createdAt: string;
  usedAt: string | null;
}

export interface AuditRow {
  id: string;
  at: string;
  userId: string | null;
  userName: string | null;
  keyId: string | null;
  action: string;
  kind: string;
  objectId: string | null;
  fields: string[];
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
  addUser: (user: NewUser) => api.post<User>("/users", user),
  changeUser: (id: string, changes: UserChanges) => api.patch<User>(`/users/${id}`, changes),
  keys: queryOptions({ queryKey: ["keys"], queryFn: () => api.get<PageOf<ApiKey>>("/keys", { limit: 200 }) }),
  addKey: (key: { name: string; rights: string[] }) => api.post<{ id: string; key: string }>("/keys", key),
  revokeKey: (id: string) => api.delete(`/keys/${id}`),
  audit: (filter: Slice) =>
    queryOptions({
      queryKey: ["audit", filter],
      queryFn: () => api.get<PageOf<AuditRow>>("/audit", { ...filter }),
      placeholderData: keepPreviousData,
    }),
};
