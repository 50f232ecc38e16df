import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";
import type { Shape } from "./shapes";

export type Collector = Shape<"CollectorShape">;
export type CollectorBody = Shape<"CollectorBody">;
export type CollectorRun = Shape<"CollectorRunShape">;
export type CollectedLetter = Shape<"CollectedLetter">;
export type MailboxCheck = Shape<"MailboxCheck">;
export type Job = Shape<"JobShape">;
export type Door = Shape<"DoorShape">;
export type DoorChange = Shape<"DoorChange">;
export type MappedNames = Shape<"MappedNames">;
export type Target = MappedNames["target"];
export type Channel = Shape<"ChannelShape">;
export type ChannelRule = Shape<"ChannelRuleShape">;
export type Partner = Shape<"PartnerShape">;
export type Assignment = Shape<"AssignmentShape">;
export type AssignmentBody = Shape<"AssignmentBody">;
export type IntakeSettings = Shape<"IntakeSettingsShape">;
export type Input = Shape<"InputRow">;
export type InputCard = Shape<"InputCard">;
export type InputReading = Shape<"InputReading">;

/** What our fields are called; those of lines and works stand inside of a document's lists. */
export const TARGETS: Target[] = [
  "title", "date", "description", "person", "company", "phone", "email", "inn", "country", "city", "ip", "site", "path", "partner",
  "responsible", "referrer", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "layouts", "layout.file", "lines",
  "line.item", "line.machine_code", "line.resolution", "line.material", "line.material_code", "line.width", "line.height", "line.quantity",
  "line.price", "line.amount", "line.is_service", "line.works", "work.kind", "work.quantity", "work.description",
];

interface Slice {
  offset: number;
  limit: number;
}

const MOVING_MS = 1000;
const RESTING_MS = 15_000;

/** Whether a collector is in its mailbox, or about to be. */
export const collects = (one: Collector | undefined) => Boolean(one && (one.running || one.asked));

const pace = (all: Collector[] | undefined) => (all?.some(collects) ? MOVING_MS : RESTING_MS);

export const collectors = {
  list: queryOptions({
    queryKey: ["mail-collectors"],
    queryFn: () => api.get<Shape<"CollectorList">>("/mail-collectors"),
    refetchInterval: (query) => pace(query.state.data?.items),
  }),
  card: (id: string) =>
    queryOptions({
      queryKey: ["mail-collectors", id],
      queryFn: () => api.get<Collector>(`/mail-collectors/${id}`),
      refetchInterval: (query) => pace(query.state.data && [query.state.data]),
    }),
  runs: (id: string, page: Slice) =>
    queryOptions({
      queryKey: ["mail-collectors", id, "runs", page],
      queryFn: () => api.get<PageOf<CollectorRun>>(`/mail-collectors/${id}/runs`, { ...page }),
      placeholderData: keepPreviousData,
    }),
  letters: (id: string, page: Slice & { notTaken: boolean }) =>
    queryOptions({
      queryKey: ["mail-collectors", id, "letters", page],
      queryFn: () => api.get<PageOf<CollectedLetter>>(`/mail-collectors/${id}/letters`, { ...page }),
      placeholderData: keepPreviousData,
    }),
  job: queryOptions({ queryKey: ["mail-collectors", "job"], queryFn: () => api.get<Job>("/mail-collectors/job") }),
  setJob: (job: Job) => api.put<Job>("/mail-collectors/job", job),
  check: (body: CollectorBody & { id: string | null }) => api.post<MailboxCheck>("/mail-collectors/check", body),
  create: (body: CollectorBody) => api.post<Collector>("/mail-collectors", body),
  change: (id: string, body: CollectorBody) => api.put<Collector>(`/mail-collectors/${id}`, body),
  collect: (id: string) => api.post<Collector>(`/mail-collectors/${id}/collect`),
  mark: (id: string, marked: boolean) =>
    marked ? api.post<Collector>(`/mail-collectors/${id}/removal-mark`) : api.delete<Collector>(`/mail-collectors/${id}/removal-mark`),
};

export const doors = {
  list: (page: Slice) =>
    queryOptions({
      queryKey: ["intake-doors", page],
      queryFn: () => api.get<PageOf<Door>>("/intake-doors", { ...page }),
      placeholderData: keepPreviousData,
    }),
  card: (id: string) => queryOptions({ queryKey: ["intake-doors", id], queryFn: () => api.get<Door>(`/intake-doors/${id}`) }),
  create: (title: string) => api.post<Door>("/intake-doors", { title }),
  change: (id: string, change: DoorChange) => api.patch<Door>(`/intake-doors/${id}`, change),
  close: (id: string) => api.delete(`/intake-doors/${id}`),
  rotate: (id: string) => api.post<Door>(`/intake-doors/${id}/rotate-token`),
  makeSecret: (id: string) => api.post<Shape<"DoorSecret">>(`/intake-doors/${id}/secret`),
  forgetSecret: (id: string) => api.delete(`/intake-doors/${id}/secret`),
  attempt: (id: string, example: Shape<"DoorTry">) => api.post<Shape<"DoorTried">>(`/intake-doors/${id}/try`, example),
};

const DIRECTORIES = { archived: true };

export const directories = {
  channels: queryOptions({ queryKey: ["lead-channels"], queryFn: () => api.get<Shape<"ChannelPage">>("/lead-channels", DIRECTORIES) }),
  addChannel: (body: Shape<"ChannelBody">) => api.post("/lead-channels", body),
  changeChannel: (id: string, change: Shape<"ChannelChange">) => api.patch(`/lead-channels/${id}`, change),
  mergeChannel: (id: string, intoId: string) => api.post(`/lead-channels/${id}/merge`, { intoId }),
  partners: queryOptions({ queryKey: ["lead-partners"], queryFn: () => api.get<Shape<"PartnerPage">>("/lead-partners", DIRECTORIES) }),
  addPartner: (body: Shape<"PartnerBody">) => api.post("/lead-partners", body),
  changePartner: (id: string, change: Shape<"PartnerChange">) => api.patch(`/lead-partners/${id}`, change),
  assignments: queryOptions({ queryKey: ["lead-assignments"], queryFn: () => api.get<Shape<"AssignmentPage">>("/lead-assignments") }),
  addAssignment: (body: AssignmentBody) => api.post("/lead-assignments", body),
  changeAssignment: (id: string, body: AssignmentBody) => api.put(`/lead-assignments/${id}`, body),
  removeAssignment: (id: string) => api.delete(`/lead-assignments/${id}`),
  orderAssignments: (ids: string[]) => api.put("/lead-assignments/order", { ids }),
  settings: queryOptions({ queryKey: ["lead-settings"], queryFn: () => api.get<IntakeSettings>("/lead-settings") }),
  changeSettings: (change: Shape<"IntakeSettingsChange">) => api.patch<IntakeSettings>("/lead-settings", change),
};

const BEING_READ_MS = 700;

export const inputs = {
  list: (filter: Slice & { state: string | undefined }) =>
    queryOptions({
      queryKey: ["inputs", filter],
      queryFn: () => api.get<Shape<"InputPage">>("/inputs", { ...filter }),
      placeholderData: keepPreviousData,
    }),
  card: (id: string) =>
    queryOptions({
      queryKey: ["inputs", id],
      queryFn: () => api.get<InputCard>(`/inputs/${id}`),
      refetchInterval: (query) => (query.state.data?.input.state === "new" ? BEING_READ_MS : false),
    }),
  readAgain: (id: string, { dry, text }: { dry: boolean; text: string | null }) =>
    api.post<Shape<"InputAgain">>(`/inputs/${id}/parse`, { text }, { dry }),
  readMany: (ids: string[]) => api.post<Shape<"ReadAgainMany">>("/inputs/parse", { ids }),
  setAside: (id: string) => api.post(`/inputs/${id}/set-aside`),
  mapName: (id: string, name: string, target: Target) => api.post(`/inputs/${id}/name`, { name, target }),
};

export const classic = {
  card: queryOptions({ queryKey: ["classic-key"], queryFn: () => api.get<Shape<"ClassicKeyShape">>("/intake/classic-key") }),
  make: () => api.post<Shape<"ClassicKeyMade">>("/intake/classic-key"),
  drop: () => api.delete("/intake/classic-key"),
};
