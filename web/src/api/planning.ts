import { queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { CampaignCard } from "./campaigns";
import type { Shape } from "./shapes";

/** An account that a campaign may be sent by; `whyNot` says why it can't be chosen now. */
export type Offer = Shape<"OfferShape">;
export type Sender = Shape<"SenderShape">;
export type Tested = Shape<"TestedShape">;
export type Rhythm = Omit<Shape<"RhythmBody">, "enabled"> & { enabled: boolean };
export type Repeat = Shape<"RepeatShape">;

/** When a campaign goes: now and held for a moment, or at an instant that was chosen in a zone. */
export type When = { hold: true } | { at: string; zone: string };

export const planning = {
  services: queryOptions({ queryKey: ["campaigns", "services"], queryFn: () => api.get<Shape<"OfferPage">>("/campaigns/services") }),
  senders: (accountId: string) =>
    queryOptions({
      queryKey: ["campaigns", "senders", accountId],
      staleTime: 60_000,
      retry: false,
      queryFn: () => api.get<Shape<"SenderPage">>(`/campaigns/services/${accountId}/senders`),
    }),
  repeats: queryOptions({ queryKey: ["campaigns", "repeats"], queryFn: () => api.get<Shape<"RepeatPage">>("/campaigns/repeats") }),
  categories: queryOptions({
    queryKey: ["campaigns", "categories"],
    staleTime: 60_000,
    queryFn: async () => {
      const found = await api.get<Shape<"CategoryFiguresShape">[]>("/categories/figures");
      return new Map(found.map((each) => [each.id, each]));
    },
  }),
  issues: (categoryId: string) =>
    queryOptions({ queryKey: ["campaigns", "issues", categoryId], queryFn: () => api.get<Shape<"CategoryIssuesShape">>(`/categories/${categoryId}/issues`) }),
  test: (id: string, contacts: string[]) => api.post<Tested>(`/campaigns/${id}/test`, { contacts }),
  send: (id: string, when: When) => api.post<CampaignCard>(`/campaigns/${id}/send`, when),
  repeat: (id: string, rhythm: Rhythm) => api.put<Shape<"RepeatPage">>(`/campaigns/${id}/repeat`, rhythm),
  stopRepeating: (id: string) => api.delete(`/campaigns/${id}/repeat`),
};
