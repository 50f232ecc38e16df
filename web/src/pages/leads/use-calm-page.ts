import { useState } from "react";
import type { Lead, LeadPage } from "../../api/leads";

export interface CalmPage {
  page: LeadPage | undefined;
  /** Leads that have come since, and are not shown yet. */
  waiting: Lead[];
  /** Shows the list as it is now. */
  refresh: () => void;
}

interface Kept {
  question: string;
  page: LeadPage;
}

/**
 * A page that changes in place while nobody is at it. While somebody is, its rows stay where they are and only tell
 * what became of them; what has come meanwhile waits.
 */
export function useCalmPage(newest: LeadPage | undefined, question: string, held: boolean): CalmPage {
  const [kept, setKept] = useState<Kept>();
  if (newest && (kept?.question !== question || (!held && kept.page !== newest))) setKept({ question, page: newest });
  const refresh = () => setKept(undefined);
  if (!kept || !newest || kept.page === newest) return { page: kept?.page ?? newest, waiting: [], refresh };
  const now = new Map(newest.items.map((lead) => [lead.id, lead]));
  const shown = new Set(kept.page.items.map(({ id }) => id));
  return {
    page: { ...newest, items: kept.page.items.map((lead) => now.get(lead.id) ?? lead) },
    waiting: newest.items.filter(({ id }) => !shown.has(id)),
    refresh,
  };
}
