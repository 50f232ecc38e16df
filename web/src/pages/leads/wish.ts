import type { Conversion, LeadCard, LeadMatch } from "../../api/leads";

/** What stands for a part of a conversion: one that is there by its id, a new one, or none. */
export type Choice = string;
export const NEW: Choice = "new";
export const NONE: Choice = "none";
/** One that nothing led to: a person searched for it. */
export const OTHER: Choice = "other";

interface Named {
  id: string;
  name: string;
}

export interface Found {
  id: string;
  name: string;
  /** Why it is offered; the lead's own has no reason. */
  why: string | null;
}

export interface Draft {
  client: Choice;
  clientKind: "company" | "person";
  otherClient: Named | null;
  clientName: string;
  clientInn: string;
  contact: Choice;
  otherContact: Named | null;
  contactName: string;
  deal: boolean;
  dealTitle: string;
  dealSum: string;
  order: boolean;
  orderTitle: string;
}

/** Clients or contacts that the lead has, or may be of, each once and the lead's own first. */
export function foundFor(lead: LeadCard, kind: "client" | "contact"): Found[] {
  const own = lead[kind];
  const matches = lead.matches.filter((match: LeadMatch) => match.kind === kind);
  const all: Found[] = [...(own ? [{ ...own, why: null }] : []), ...matches.map(({ id, name, text }) => ({ id, name, why: text }))];
  return all.filter((one, place) => all.findIndex(({ id }) => id === one.id) === place);
}

/** A wish to begin with: what is found is chosen, what is missing is made of the lead's own words. */
export function draftOf(lead: LeadCard, called: string): Draft {
  const client = foundFor(lead, "client")[0];
  const contact = foundFor(lead, "contact")[0];
  const isFirm = Boolean(lead.company || lead.inn);
  return {
    client: client?.id ?? (isFirm ? NEW : NONE),
    clientKind: isFirm || !lead.person ? "company" : "person",
    otherClient: null,
    clientName: lead.company || lead.person || called,
    clientInn: lead.remarks.some(({ code }) => code === "wrong_inn") ? "" : lead.inn,
    contact: contact?.id ?? NEW,
    otherContact: null,
    contactName: lead.person || lead.email || lead.phone || called,
    deal: true,
    dealTitle: called,
    dealSum: "",
    order: false,
    orderTitle: called,
  };
}

type Lack = "name" | "inn" | "sum" | "client" | "choice";

/** What is missing or can't be, by the draft's part. */
export function lacks(draft: Draft, isInn: (text: string) => boolean): Partial<Record<keyof Draft, Lack>> {
  const wrong: Partial<Record<keyof Draft, Lack>> = {};
  if (draft.client === NEW && !draft.clientName.trim()) wrong.clientName = "name";
  if (draft.client === NEW && draft.clientInn.trim() && !isInn(draft.clientInn.replaceAll(/\s/g, ""))) wrong.clientInn = "inn";
  if (draft.contact === NEW && !draft.contactName.trim()) wrong.contactName = "name";
  if (draft.client === OTHER && !draft.otherClient) wrong.otherClient = "choice";
  if (draft.contact === OTHER && !draft.otherContact) wrong.otherContact = "choice";
  if (draft.deal && draft.dealSum.trim() && sumOf(draft.dealSum) === null) wrong.dealSum = "sum";
  if ((draft.deal || draft.order) && draft.client === NONE && draft.contact === NONE) wrong.client = "client";
  return wrong;
}

/** A sum as people type it, "12 500,50", as the server reads it; null when it is none. */
export function sumOf(text: string): string | null {
  const plain = text.replaceAll(/[\s\u00a0\u202f]/g, "").replace(",", ".");
  return /^\d{1,12}(\.\d{1,2})?$/.test(plain) ? plain : null;
}

/** The server's words for a draft; what is left as it was is left out. */
export function wishOf(draft: Draft, lead: LeadCard): Conversion {
  const { client, contact } = draft;
  return {
    client:
      client === NEW
        ? { name: draft.clientName.trim(), kind: draft.clientKind, inn: draft.clientInn.replaceAll(/\s/g, "") || null }
        : client === NONE
          ? null
          : { id: client === OTHER ? draft.otherClient?.id : client },
    contact: contact === NEW ? { name: draft.contactName.trim() } : contact === NONE ? null : { id: contact === OTHER ? draft.otherContact?.id : contact },
    deal: draft.deal ? { title: draft.dealTitle.trim(), sum: sumOf(draft.dealSum) } : null,
    order: draft.order && lead.orderId === null ? { title: draft.orderTitle.trim() } : null,
  } as Conversion;
}
