import type { LeadCard } from "../../api/leads";
import { useRight } from "../../api/session";

/** Whether this reader may make client, contact, deal and order of the lead, and nobody has. */
export function useMayConvert(lead: LeadCard): boolean {
  const rights = [useRight("leads.write"), useRight("contacts.write"), useRight("sales.write")];
  return lead.convertedAt === null && rights.every(Boolean);
}
