import type { Collector, CollectorBody, MappedNames } from "../../api/intake";
import { whole } from "./MappingEditor";

/** Ports of IMAP by the way of its encryption. */
export const PORTS = { tls: 993, starttls: 143 } as const;

/** A collector as it is being entered: numbers may be empty for a while. */
export type Draft = Pick<CollectorBody, "title" | "host" | "username"> & {
  port: number | string;
  portTyped: boolean;
  security: "tls" | "starttls";
  password: string;
  certificate: string | null;
  folder: string;
  keyword: string;
  fromDate: string | null;
  calendarId: string | null;
  responsibleId: string | null;
  channelId: string | null;
  mapping: MappedNames[];
  after: Collector["after"];
  mark: string;
  moveTo: string;
  deleteAfterDays: number | string;
  separateMailbox: boolean;
  everyMinutes: number | string;
  enabled: boolean;
};

export const draftOf = (one: Collector | undefined): Draft => ({
  title: one?.title ?? "",
  host: one?.host ?? "",
  port: one?.port ?? PORTS.tls,
  portTyped: false,
  security: one?.security ?? "tls",
  username: one?.username ?? "",
  password: "",
  certificate: one?.certificate ?? null,
  folder: one?.folder ?? "INBOX",
  keyword: one?.keyword ?? "ORDER",
  fromDate: one?.fromDate ?? null,
  calendarId: one?.calendarId ?? null,
  responsibleId: one?.responsibleId ?? null,
  channelId: one?.channelId ?? null,
  mapping: one?.mapping ?? [],
  after: one?.after ?? "keep",
  mark: one?.mark ?? "\\Flagged",
  moveTo: one?.moveTo ?? "",
  deleteAfterDays: one?.deleteAfterDays ?? 30,
  separateMailbox: one?.separateMailbox ?? false,
  everyMinutes: one?.everyMinutes ?? "",
  enabled: one?.enabled ?? true,
});

const number = (value: number | string) => (typeof value === "number" ? value : null);

/** What is sent; what belongs to another thing to do with collected letters is left out. */
export const bodyOf = (draft: Draft): CollectorBody => ({
  title: draft.title.trim(),
  kind: "site_requests",
  host: draft.host.trim(),
  port: number(draft.port) ?? PORTS[draft.security],
  security: draft.security,
  username: draft.username.trim(),
  password: draft.password || null,
  certificate: draft.certificate?.trim() ? draft.certificate : null,
  folder: draft.folder.trim() || "INBOX",
  keyword: draft.keyword.trim() || "ORDER",
  fromDate: draft.fromDate,
  calendarId: draft.calendarId,
  responsibleId: draft.responsibleId,
  channelId: draft.channelId,
  mapping: whole(draft.mapping),
  after: draft.after,
  mark: draft.after === "mark" ? draft.mark.trim() : null,
  moveTo: draft.after === "move" ? draft.moveTo.trim() : null,
  deleteAfterDays: draft.after === "delete" ? number(draft.deleteAfterDays) : null,
  separateMailbox: draft.after === "delete" && draft.separateMailbox,
  everyMinutes: number(draft.everyMinutes),
  enabled: draft.enabled,
});
