import type { RJSFSchema } from "@rjsf/utils";
import type { Contract, ContractParameter } from "../../../api/contract";
import type { Language } from "../../../i18n";

interface Described {
  [keyword: string]: unknown;
}

/** One schema for all parameters of a function, with the contract's texts in the reader's language. */
export function argumentsSchema(contract: Contract, parameters: ContractParameter[], language: Language): RJSFSchema {
  const properties = Object.fromEntries(
    parameters.map((one) => {
      const { ru, en } = one.description as { ru: string; en: string };
      return [one.name, { ...(one.schema as Described), title: one.name, description: language === "ru" ? ru : en }];
    }),
  );
  const whole = { type: "object", properties, required: parameters.map((one) => one.name), $defs: contract.definitions };
  return translated(whole, language) as RJSFSchema;
}

/** The schema with `x-title-ru` and `x-description-ru` in place of the English texts, where the language asks for it. */
function translated(schema: unknown, language: Language): unknown {
  if (Array.isArray(schema)) return schema.map((one) => translated(one, language));
  if (typeof schema !== "object" || schema === null) return schema;
  const own = schema as Described;
  const result: Described = {};
  for (const [key, value] of Object.entries(own)) {
    if (!key.startsWith("x-")) result[key] = translated(value, language);
  }
  for (const key of ["title", "description"]) {
    const russian = own[`x-${key}-ru`];
    if (language === "ru" && typeof russian === "string" && typeof own[key] === "string") result[key] = russian;
  }
  return result;
}

/** Whether a form serves these parameters well: texts, numbers, choices, and lists of them. */
export function isPlain(contract: Contract, parameters: ContractParameter[]): boolean {
  return parameters.every((one) => isScalar(contract, one.schema) || isListOfScalars(contract, one.schema));
}

function isListOfScalars(contract: Contract, schema: object): boolean {
  const { type, items } = resolved(contract, schema);
  return type === "array" && typeof items === "object" && items !== null && isScalar(contract, items);
}

function isScalar(contract: Contract, schema: object): boolean {
  const { type, enum: values } = resolved(contract, schema);
  return values !== undefined || ["string", "integer", "number", "boolean"].includes(String(type));
}

function resolved(contract: Contract, schema: object): Described {
  const { $ref } = schema as { $ref?: string };
  return $ref ? ((contract.definitions[$ref.replace("#/$defs/", "")] ?? {}) as Described) : (schema as Described);
}
