import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Texts } from "../i18n";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";

export interface Stop {
  categoryId: string | null;
  reason: "manual" | "spam" | "hard_bounce" | "unsubscribe";
  at: string;
}

export interface ContactAddress {
  id: string;
  address: string;
  primary: boolean;
  stops: Stop[];
}

export interface ContactRow {
  id: string;
  name: string;
  email: string | null;
  phone: string | null;
  emails: ContactAddress[];
  phones: ContactAddress[];
  company: { id: string; name: string } | null;
  ownerId: string | null;
  fields: Record<string, unknown>;
  blocked: boolean;
  unsubscribed: boolean;
  createdAt: string;
}

export interface Choice {
  categoryId: string;
  title: string;
  subscribed: boolean;
  state: "given" | "withdrawn" | null;
  at: string | null;
  how: string | null;
  fromWhere: string | null;
}

export interface ContactCard extends ContactRow {
  externalId: string | null;
  categories: Choice[];
  updatedAt: string;
}

export interface Category {
  id: string;
  title: string;
  description: string;
}

export interface ContactField {
  key: string;
  title: Texts;
  kind: "text" | "number" | "boolean" | "date" | "choice";
  options: string[];
}

export interface TimelineEntry {
  at: string;
  kind: string;
  title: string;
  link: string | null;
}

export interface ContactDraft {
  name?: string;
  emails?: string[];
  phones?: string[];
  fields?: Record<string, unknown>;
  blocked?: boolean;
}

export interface ContactFilter {
  search?: string;
  segmentId?: string;
  sort?: string;
  offset: number;
  limit: number;
}

export type AddressKind = "email" | "phone";

export const contacts = {
  list: (filter: ContactFilter) =>
    queryOptions({
      queryKey: ["contacts", "list", filter],
      queryFn: ({ signal }) => api.get<PageOf<ContactRow>>("/contacts", { ...filter }, signal),
      placeholderData: keepPreviousData,
    }),
  card: (id: string) => queryOptions({ queryKey: ["contacts", id], queryFn: () => api.get<ContactCard>(`/contacts/${id}`) }),
  timeline: (id: string) =>
    queryOptions({ queryKey: ["contacts", id, "timeline"], queryFn: () => api.get<TimelineEntry[]>(`/contacts/${id}/timeline`) }),
  fields: queryOptions({ queryKey: ["contact-fields"], staleTime: 60_000, queryFn: () => api.get<ContactField[]>("/contacts/fields") }),
  categories: queryOptions({ queryKey: ["categories"], staleTime: 60_000, queryFn: () => api.get<Category[]>("/categories") }),
  create: (draft: ContactDraft) => api.post<{ id: string }>("/contacts", draft),
  change: (id: string, draft: ContactDraft) => api.patch<ContactCard>(`/contacts/${id}`, draft),
  consent: (id: string, consent: { categoryId: string | null; state: "given" | "withdrawn"; how: string }) =>
    api.post<void>(`/contacts/${id}/consents`, consent),
  createCategory: (category: { title: string; description: string }) => api.post<{ id: string }>("/categories", category),
  stop: (stop: { kind: AddressKind; address: string; categoryId: string | null }) => api.post<void>("/stop-list", stop),
  lift: (stop: { kind: AddressKind; address: string; categoryId: string | null; how: string }) =>
    api.post<{ removed: number }>("/stop-list/remove", stop),
};
