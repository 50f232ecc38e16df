import { queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import { remember, type Session } from "./session";
import type { Shape } from "./shapes";

export type OpenSession = Shape<"OpenSession">;

/** Whose sessions: a user's, or one's own. */
type Whose = string | null;

const sessionsOf = (whose: Whose) => (whose === null ? "/sessions" : `/users/${whose}/sessions`);

/** What a person sees and changes of themselves, and an administrator of others. */
export const profile = {
  rename: async (name: string) => remember(await api.patch<Session>("/session/user", { name })),
  changePassword: (passwords: Shape<"OwnPassword">) => api.post("/session/password", passwords),
  sessions: (whose: Whose) =>
    queryOptions({ queryKey: ["sessions", whose], queryFn: () => api.get<Shape<"OpenSessionList">>(sessionsOf(whose)) }),
  endSession: (whose: Whose, id: string) => api.delete(`${sessionsOf(whose)}/${id}`),
  endSessions: (whose: Whose) => api.delete<Shape<"EndedSessions">>(sessionsOf(whose)),
};
