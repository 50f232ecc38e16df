import { queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import { remember, type Session } from "./session";
import type { Shape } from "./shapes";

export type Security = "starttls" | "tls" | "none";

/** Outgoing mail; a password that is left out stays. */
export type Smtp = Shape<"SmtpForm">;

export type SetupDefaults = Shape<"SetupCard">;

export type SetupForm = Shape<"SetupForm">;

export type OrganisationSettings = Shape<"SettingsCard">;

export type SettingsChanges = Shape<"SettingsChanges">;

/** Which walls of the sandbox stand on the server. */
export type Walls = Shape<"WallsCard">;

export const emptySmtp: Smtp = { host: "", port: 587, security: "starttls", sender: "", senderName: "", username: null };

export const organisation = {
  setup: (token: string) => queryOptions({ queryKey: ["setup", token], queryFn: () => api.get<SetupDefaults>("/setup", { token }) }),
  finishSetup: async (form: SetupForm) => remember(await api.post<Session>("/setup", form)),
  testLetter: (letter: { smtp: Smtp; to: string; token?: string }) => api.post<void>("/setup/test-letter", letter),
  settings: queryOptions({ queryKey: ["settings"], queryFn: () => api.get<OrganisationSettings>("/settings") }),
  walls: queryOptions({ queryKey: ["settings", "walls"], queryFn: () => api.get<Walls>("/settings/walls") }),
  change: (changes: SettingsChanges) => api.patch<OrganisationSettings>("/settings", changes),
};
