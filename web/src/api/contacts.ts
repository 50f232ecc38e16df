import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";
import type { Shape } from "./shapes";

export type Stop = Shape<"StopShape">;

export type ContactAddress = Shape<"AddressShape">;

export type ContactRow = Shape<"ContactRow">;

export type Choice = Shape<"ChoiceShape">;

export type ContactCard = Shape<"ContactCard">;

export type Category = Shape<"CategoryShape">;

export type ContactField = Shape<"FieldShape">;

export type AddressKind = "email" | "phone";

export const contacts = {
  list: (filter: { search: string; offset: number; limit: number }) =>
    queryOptions({
      queryKey: ["contacts", "list", filter],
      queryFn: ({ signal }) => api.get<PageOf<ContactRow>>("/contacts", { ...filter }, signal),
      placeholderData: keepPreviousData,
    }),
  card: (id: string) => queryOptions({ queryKey: ["contacts", id], queryFn: () => api.get<ContactCard>(`/contacts/${id}`) }),
  fields: queryOptions({ queryKey: ["contact-fields"], staleTime: 60_000, queryFn: () => api.get<ContactField[]>("/contacts/fields") }),
  categories: queryOptions({ queryKey: ["categories"], staleTime: 60_000, queryFn: () => api.get<Category[]>("/categories") }),
  create: (draft: Shape<"ContactBody">) => api.post<{ id: string }>("/contacts", draft),
  change: (id: string, draft: Shape<"ContactChange">) => api.patch<ContactCard>(`/contacts/${id}`, draft),
  createCategory: (category: { title: string; description: string }) => api.post<{ id: string }>("/categories", category),
  stop: (stop: { kind: AddressKind; address: string; categoryId: string | null }) => api.post<void>("/stop-list", stop),
  lift: (stop: { kind: AddressKind; address: string; categoryId: string | null; how: string }) =>
    api.post<{ removed: number }>("/stop-list/remove", stop),
};
