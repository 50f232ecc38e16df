import { queryOptions } from "@tanstack/react-query";
import type { Language } from "../i18n";
import { api } from "./client";
import { remember, type Session } from "./session";

export type Security = "starttls" | "tls" | "none";

export interface Smtp {
  host: string;
  port: number;
  security: Security;
  sender: string;
  senderName: string;
  username: string | null;
  /** Left out: the stored one stays. */
  password?: string | null;
}

export interface SetupDefaults {
  language: Language;
  timezone: string;
  baseUrl: string;
  timezones: string[];
}

export interface SetupForm {
  token: string;
  organisation: string;
  language: Language;
  timezone: string;
  baseUrl: string;
  name: string;
  email: string;
  password: string;
  smtp: Smtp | null;
}

export interface OrganisationSettings {
  name: string;
  language: Language;
  timezone: string;
  baseUrl: string;
  demo: boolean;
  smtp: (Omit<Smtp, "password"> & { hasPassword: boolean }) | null;
}

export interface SettingsChanges {
  name?: string;
  language?: Language;
  timezone?: string;
  baseUrl?: string;
  smtp?: Smtp | null;
}

export const emptySmtp: Smtp = { host: "", port: 587, security: "starttls", sender: "", senderName: "", username: null };

export const organisation = {
  setup: (token: string) => queryOptions({ queryKey: ["setup", token], queryFn: () => api.get<SetupDefaults>("/setup", { token }) }),
  finishSetup: async (form: SetupForm) => remember(await api.post<Session>("/setup", form)),
  testLetter: (letter: { smtp: Smtp; to: string; token?: string }) => api.post<void>("/setup/test-letter", letter),
  settings: queryOptions({ queryKey: ["settings"], queryFn: () => api.get<OrganisationSettings>("/settings") }),
  change: (changes: SettingsChanges) => api.patch<OrganisationSettings>("/settings", changes),
};
