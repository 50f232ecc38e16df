import { Validator, type OutputUnit, type Schema } from "@cfworker/json-schema";
import {
  createErrorHandler,
  getDefaultFormState,
  toErrorSchema,
  unwrapErrorHandler,
  validationDataMerge,
  type RJSFSchema,
  type RJSFValidationError,
  type ValidatorType,
} from "@rjsf/utils";
import i18n from "../i18n";

// Findings that say something to a person; the others (`properties`, `allOf`) only repeat that something inside is wrong.
const SAID = new Set([
  "required", "type", "enum", "const", "format", "pattern", "minLength", "maxLength", "minimum", "maximum",
  "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "additionalProperties",
]);

/** Those whose sentence tells the limit. */
const LIMITED = new Set(["minLength", "maxLength", "minimum", "maximum"]);

function findings(schema: RJSFSchema, data: unknown): OutputUnit[] {
  const { errors } = new Validator(schema as Schema, "2020-12", false).validate(data === undefined ? {} : data);
  return errors.filter((unit) => SAID.has(unit.keyword));
}

/** What the schema says at the place of a finding: so many characters, the smallest number. */
function limitOf(unit: OutputUnit, schema: RJSFSchema): number | undefined {
  const steps = unit.keywordLocation.replace(/^#\/?/, "").split("/").map(unescaped);
  let place: unknown = schema;
  for (const step of steps) place = (place as Record<string, unknown> | undefined)?.[step];
  return typeof place === "number" ? place : undefined;
}

function toError(unit: OutputUnit, schema: RJSFSchema): RJSFValidationError {
  const path = unit.instanceLocation.split("/").slice(1).map(unescaped);
  const missing = unit.keyword === "required" ? /"([^"]+)"/.exec(unit.error)?.[1] : undefined;
  if (missing) path.push(missing);
  const limit = LIMITED.has(unit.keyword) ? limitOf(unit, schema) : undefined;
  const key = `forms.error.${unit.keyword}`;
  const message = limit === undefined ? i18n.t(key, { defaultValue: unit.error }) : i18n.t(key, { count: limit });
  return {
    name: unit.keyword,
    property: path.length ? `.${path.join(".")}` : "",
    message,
    stack: message,
    params: {},
    schemaPath: unit.keywordLocation,
  };
}

const unescaped = (part: string) => part.replace(/~1/g, "/").replace(/~0/g, "~");

/**
 * Validator of RJSF that interprets the schema. The usual one, Ajv, compiles with `new Function`, which a content
 * security policy of `script-src 'self'` refuses.
 */
export const validator: ValidatorType = {
  isValid: (schema, data, root) => {
    const whole = { ...(schema as RJSFSchema), definitions: root?.definitions, $defs: root?.$defs };
    return findings(whole as RJSFSchema, data).length === 0;
  },
  rawValidation: (schema, data) => ({ errors: findings(schema as RJSFSchema, data) as never[] }),
  validateFormData(data, schema, customValidate, transformErrors, uiSchema) {
    const found = findings(schema as RJSFSchema, data).map((unit) => toError(unit, schema as RJSFSchema));
    const errors = transformErrors ? transformErrors(found, uiSchema) : found;
    const result = { errors, errorSchema: toErrorSchema(errors) };
    if (!customValidate) return result;
    const state = getDefaultFormState(this, schema, data, schema, true);
    const own = unwrapErrorHandler(customValidate(state as never, createErrorHandler(state as never), uiSchema));
    return validationDataMerge(result as never, own as never) as typeof result;
  },
};
