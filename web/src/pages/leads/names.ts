import type { Lead } from "../../api/leads";
import { phone } from "../../ui/format";

/** What a lead is called beside its number: its subject, else who wrote, else the letter's own; may be "". */
export function nameOf(lead: Pick<Lead, "title" | "person" | "company" | "email" | "phone" | "subject">): string {
  return lead.title || lead.person || lead.company || lead.email || (lead.phone && phone(lead.phone)) || lead.subject;
}
