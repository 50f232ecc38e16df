import type { RJSFSchema, UiSchema } from "@rjsf/utils";
import { localised, type Texts } from "../i18n";

type Property = Record<string, unknown>;

export interface SettingsForm {
  schema: RJSFSchema;
  uiSchema: UiSchema;
  secrets: string[];
}

/**
 * The settings form of a module: titles in the reader's language, secret fields as write-only passwords. A secret that
 * holds a value may stay empty: the server keeps the old one.
 */
export function settingsForm(settings: Record<string, unknown>, secretsSet: string[], kept: string): SettingsForm {
  const properties = (settings.properties ?? {}) as Record<string, Property>;
  const secrets = Object.keys(properties).filter((name) => isSecret(properties[name] as Property));
  const uiSchema: UiSchema = {};
  for (const name of secrets) {
    uiSchema[name] = { "ui:widget": "password", "ui:options": { autocomplete: "new-password" } };
    if (secretsSet.includes(name)) (uiSchema[name] as UiSchema)["ui:placeholder"] = kept;
  }
  for (const [name, property] of Object.entries(properties)) {
    const titles = property.enumTitles as Texts[] | undefined;
    if (titles) uiSchema[name] = { ...uiSchema[name], "ui:enumNames": titles.map(localised) };
  }
  const schema: RJSFSchema = {
    ...settings,
    type: "object",
    title: undefined,
    properties: Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, readable(name, property)])),
    required: ((settings.required ?? []) as string[]).filter((name) => !secretsSet.includes(name)),
  };
  return { schema, uiSchema, secrets };
}

function isSecret(property: Property): boolean {
  return property.secret === true || property["x-secret"] === true || property.writeOnly === true;
}

function readable(name: string, property: Property): RJSFSchema {
  return {
    ...property,
    title: localised(property.title as Texts) || name,
    description: localised(property.description as Texts),
  } as RJSFSchema;
}

/** What is sent: secrets that were left empty are left out, so that they stay as they are. */
export function withoutEmptySecrets(values: Record<string, unknown>, secrets: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => !(secrets.includes(name) && !value)));
}
