import type { ContractFunction } from "../../../api/contract";

/** Where the arguments of a run come from. */
export const ORIGINS = ["sample", "call", "webhook", "raw"] as const;
export type Origin = (typeof ORIGINS)[number];

export const PARSE_WEBHOOK = "CRM_Marketing_ParseWebhookRequest";

/** Origins that only the function for webhooks has. */
export const isWebhookOrigin = (origin: Origin) => origin === "webhook" || origin === "raw";

/** The contract's sample of a function's arguments as JSON. */
export function sampleText(described: ContractFunction): string {
  return JSON.stringify(Object.fromEntries(described.parameters.map((one) => [one.name, one.sample])), null, 2);
}

/** An object out of JSON; null where the text is anything else. */
export function asObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** A function's name without what all of them begin with. */
export const shortName = (name: string) => name.replace("CRM_Marketing_", "");
