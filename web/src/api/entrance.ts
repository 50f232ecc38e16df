import { queryOptions } from "@tanstack/react-query";
import type { Language } from "../i18n";
import { api } from "./client";
import { remember, type Role, type Session } from "./session";
import type { Shape } from "./shapes";

export type Invitation = Shape<"InvitationCard">;

export type Invited = Shape<"Invited">;

/** States in which a letter is on its way, so that the list changes by itself. */
const MOVING = new Set<Invitation["state"]>(["sending", "delayed"]);
const MOVING_MS = 3_000;

/** Ways in by a link in a letter, for who has no session, and who is invited to one. */
export const entrance = {
  forgotten: (email: string) => api.post("/session/forgotten", { email }),
  /** Whose password a link resets. Looking at it does not use it up. */
  resetLink: (token: string) =>
    queryOptions({
      queryKey: ["reset-link", token],
      queryFn: () => api.post<Shape<"ResetCard">>("/session/reset/check", { token }),
      staleTime: Infinity,
    }),
  reset: (token: string, password: string) => api.post("/session/reset", { token, password }),
  /** What a link invites to. Looking at it does not use it up. */
  invitationLink: (token: string) =>
    queryOptions({
      queryKey: ["invitation-link", token],
      queryFn: () => api.post<Shape<"InvitationOffer">>("/session/invitation/check", { token }),
      staleTime: Infinity,
    }),
  accept: async (token: string, name: string, password: string) =>
    remember(await api.post<Session>("/session/invitation", { token, name, password })),
  invitations: queryOptions({
    queryKey: ["invitations"],
    queryFn: () => api.get<Shape<"InvitationList">>("/invitations"),
    refetchInterval: ({ state }) => (state.data?.items.some((each) => MOVING.has(each.state)) ? MOVING_MS : false),
  }),
  invite: (form: { email: string; roles: Role[]; language: Language }) => api.post<Invited>("/invitations", form),
  sendAgain: (id: string) => api.post<Invited>(`/invitations/${id}/send-again`),
  withdraw: (id: string) => api.delete(`/invitations/${id}`),
};
