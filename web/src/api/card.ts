import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { address, api } from "./client";
import type { ContactCard, ContactRow } from "./contacts";
import type { Shape } from "./shapes";

export type Owner = Shape<"OwnerShape">;
export type Company = Shape<"ClientShape">;
export type CompanyCard = Shape<"ClientCard">;
export type Relatives = Shape<"RelativesShape">;
export type CompanyDraft = Shape<"ClientBody">;
export type FieldDefinition = Shape<"DefinitionShape">;
export type NewField = Shape<"DefinitionBody">;
export type FieldChange = Shape<"DefinitionChange">;
export type FieldKind = FieldDefinition["kind"];
export type ConsentRow = Shape<"ConsentShape">;
export type TimelinePage = Shape<"TimelinePage">;
export type DuplicateGroup = Shape<"DuplicateGroup">;
export type Erasure = Shape<"ErasureShape">;
export type Ground = DuplicateGroup["ground"];

/** Which clients: by words, and by each filter that is given. */
export interface CompanyFilter {
  search?: string;
  kind?: string | undefined;
  responsibleId?: string | undefined;
  namePending?: "true" | undefined;
}
interface Slice {
  search?: string;
  offset: number;
  limit: number;
}

export const card = {
  owners: queryOptions({ queryKey: ["contact-owners"], staleTime: 60_000, queryFn: () => api.get<Owner[]>("/contacts/owners") }),
  timeline: (id: string) =>
    infiniteQueryOptions({
      queryKey: ["contacts", id, "timeline"],
      initialPageParam: "",
      queryFn: ({ pageParam }) => api.get<TimelinePage>(`/contacts/${id}/timeline`, { cursor: pageParam }),
      getNextPageParam: (page: TimelinePage) => page.next,
    }),
  consents: (id: string, categoryId: string | undefined, offset: number, limit: number) =>
    queryOptions({
      queryKey: ["contacts", id, "consents", categoryId, offset],
      queryFn: () => api.get<PageOf<ConsentRow>>(`/contacts/${id}/consents`, { categoryId, offset, limit }),
      placeholderData: keepPreviousData,
    }),
  consent: (id: string, consent: { categoryId: string | null; state: "given" | "withdrawn"; how: string; fromWhere: string }) =>
    api.post<void>(`/contacts/${id}/consents`, consent),
};

export const companies = {
  list: (filter: Slice & CompanyFilter) =>
    queryOptions({
      queryKey: ["companies", "list", filter],
      queryFn: ({ signal }) => api.get<PageOf<Company>>("/companies", { ...filter }, signal),
      placeholderData: keepPreviousData,
    }),
  card: (id: string) => queryOptions({ queryKey: ["companies", id], queryFn: () => api.get<CompanyCard>(`/companies/${id}`) }),
  file: (filter: CompanyFilter) => address("/companies/export", { ...filter }),
  contacts: (id: string, filter: Slice) =>
    queryOptions({
      queryKey: ["companies", id, "contacts", filter],
      queryFn: () => api.get<PageOf<ContactRow>>(`/companies/${id}/contacts`, { ...filter }),
      placeholderData: keepPreviousData,
    }),
  create: (draft: CompanyDraft) => api.post<Company>("/companies", draft),
  change: (id: string, draft: CompanyDraft) => api.put<Company>(`/companies/${id}`, draft),
};

export const fields = {
  list: queryOptions({ queryKey: ["contact-fields", "all"], queryFn: () => api.get<FieldDefinition[]>("/contact-fields") }),
  create: (field: NewField) => api.post<FieldDefinition>("/contact-fields", field),
  change: (id: string, change: FieldChange) => api.patch<FieldDefinition>(`/contact-fields/${id}`, change),
  order: (ids: string[]) => api.put<void>("/contact-fields/order", { ids }),
};

export const duplicates = {
  groups: (ground: Ground) =>
    infiniteQueryOptions({
      queryKey: ["contacts", "duplicates", ground],
      initialPageParam: "",
      queryFn: ({ pageParam }) => api.get<Shape<"DuplicatePage">>("/contacts/duplicates", { ground, cursor: pageParam }),
      getNextPageParam: (page: Shape<"DuplicatePage">) => page.next,
    }),
  of: (id: string) =>
    queryOptions({ queryKey: ["contacts", id, "duplicates"], queryFn: () => api.get<ContactRow[]>(`/contacts/${id}/duplicates`) }),
  distinct: infiniteQueryOptions({
    queryKey: ["contacts", "distinct"],
    initialPageParam: "",
    queryFn: ({ pageParam }) => api.get<Shape<"DistinctPage">>("/contacts/duplicates/distinct", { cursor: pageParam || undefined }),
    getNextPageParam: (page: Shape<"DistinctPage">) => page.next,
  }),
  sayDistinct: ({ ground, sharedId, contacts }: DuplicateGroup) =>
    api.post<{ id: string }>("/contacts/duplicates/distinct", { ground, sharedId, contactIds: contacts.map((one) => one.id) }),
  takeBack: (id: string) => api.delete(`/contacts/duplicates/distinct/${id}`),
  merge: (id: string, body: Partial<Shape<"MergeBody">> & { otherIds: string[] }) => api.post<ContactCard>(`/contacts/${id}/merge`, body),
};

export const privacy = {
  fileOf: (id: string) => address(`/contacts/${id}/personal-data`),
  erase: (id: string) => api.post<Erasure>(`/contacts/${id}/erase`),
  erasures: (filter: Slice) =>
    queryOptions({
      queryKey: ["erasures", filter],
      queryFn: () => api.get<PageOf<Erasure>>("/erasures", { ...filter }),
      placeholderData: keepPreviousData,
    }),
};
