import { queryOptions, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { chooseLanguage, type Language } from "../i18n";
import { api, Problem, keepCsrfToken } from "./client";
import type { Shape } from "./shapes";

export type Role = "administrator" | "integrator" | "marketer" | "editor" | "sales_manager" | "connector";
export const ROLES: Role[] = ["administrator", "integrator", "marketer", "editor", "sales_manager", "connector"];

/** The roles that the demo has a person for; the last is given beside another. */
export type PlayedRole = Exclude<Role, "connector">;

export type Theme = "auto" | "light" | "dark";

type Card = Shape<"SessionCard">;

/** A signed-in person; a machine with a key, which has no name to sign in with, never sees these pages. */
export type SessionUser = Card["user"] & { id: string; email: string; role: Role };
export type Session = Card & { user: SessionUser; csrf: string };

/** What a page may know before anyone signs in. */
export type Welcome = Shape<"Welcome">;

export const welcomeQuery = queryOptions({ queryKey: ["welcome"], queryFn: () => api.get<Welcome>("/session/welcome") });

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: Infinity,
  queryFn: async (): Promise<Session | null> => {
    try {
      const session = remember(await api.get<Session>("/session"));
      // It may have been chosen in another browser; what the server writes is in it anyway.
      await chooseLanguage(session.user.language);
      return session;
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 401) return null;
      throw problem;
    }
  },
});

/** Who was here last: pages are drawn for them until the router has left for the page of signing in. */
let latest: Session | null = null;

export function remember(session: Session): Session {
  keepCsrfToken(session.csrf);
  latest = session;
  return session;
}

export const signIn = async (email: string, password: string) =>
  remember(await api.post<Session>("/session", { email, password }));
export const signInAs = async (role: Role) => remember(await api.post<Session>("/session/demo", { role }));
export const signOut = () => api.delete("/session");

/** The signed-in person; only pages inside the shell call it, where the router has made sure of one. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(sessionQuery);
  const session = data ?? latest;
  if (!session) throw new Error("this page needs a session");
  return session;
}

export function useRight(right: string): boolean {
  return useSession().user.rights.includes(right);
}

interface Preferences {
  language?: Language;
  theme?: Theme;
}

/** What a visitor chose before signing in. */
let early: Preferences = {};

/** Keeps a choice in the person's account, or until somebody signs in on this page. */
async function keep(choice: Preferences, session: Session | null | undefined): Promise<void> {
  if (session) await api.patch("/session/user", choice);
  else early = { ...early, ...choice };
}

/** The session as its person wants it: what was chosen on the way in wins over what the account says. */
export async function withEarlyChoices(session: Session): Promise<Session> {
  const choices = early;
  early = {};
  return Object.keys(choices).length > 0 ? remember(await api.patch<Session>("/session/user", choices)) : session;
}

/** Keeps light or dark in the person's account. */
export function useThemeChoice(): (theme: Theme) => Promise<void> {
  const client = useQueryClient();
  return (theme) => keep({ theme }, client.getQueryData(sessionQuery.queryKey));
}

/** Changes the language of the page now and of the person's account behind it. */
export function useLanguageChoice(): (language: Language) => Promise<void> {
  const client = useQueryClient();
  return async (language) => {
    await chooseLanguage(language);
    await keep({ language }, client.getQueryData(sessionQuery.queryKey));
    await client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" });
  };
}
