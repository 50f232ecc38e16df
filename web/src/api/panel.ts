import { queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";
import type { Shape } from "./shapes";

export type PanelCard = Shape<"PanelCard">;
export type PanelAccount = Shape<"PanelAccount">;
export type PanelBlock = Shape<"PanelBlock">;
export type PanelList = Shape<"PanelList">;
export type PanelCampaign = Shape<"PanelCampaign">;
export type PanelActivity = Shape<"PanelActivity">;
export type PanelChoice = Shape<"PanelChoice">;
export type PanelChoices = Shape<"PanelChoices">;
export type PanelChange = Shape<"PanelChange">;
export type PanelChanges = Shape<"PanelChanges">;
export type PanelResult = Shape<"PanelResult">;
export type PanelSaved = Shape<"PanelSaved">;
export type EmbedKey = Shape<"EmbedKeyRow">;
export type NewEmbedKey = Shape<"EmbedKeyForm">;

/** The provider panel of a contact, as pages of people who are signed in ask for it. */
export const panel = {
  card: (contactId: string) => api.get<PanelCard>(`/contacts/${contactId}/panel`),
  block: (contactId: string, accountId: string, email: string, fresh: boolean) =>
    api.get<PanelBlock>(`/contacts/${contactId}/panel/${accountId}`, asked(email, fresh)),
  choices: (contactId: string, accountId: string, email: string) =>
    api.get<PanelChoices>(`/contacts/${contactId}/panel/${accountId}/lists`, asked(email, false)),
  save: (contactId: string, accountId: string, changes: PanelChanges) =>
    api.post<PanelSaved>(`/contacts/${contactId}/panel/${accountId}/subscriptions`, changes),
};

/** What a question for an address says. */
export const asked = (email: string, fresh: boolean): Record<string, string | boolean> => (fresh ? { email, fresh } : { email });

export const embedKeys = {
  list: queryOptions({ queryKey: ["embed-keys"], queryFn: () => api.get<PageOf<EmbedKey>>("/embed-keys", { limit: 200 }) }),
  add: (key: NewEmbedKey) => api.post<Shape<"EmbedKeyMade">>("/embed-keys", key),
  revoke: (id: string) => api.delete(`/embed-keys/${id}`),
};
