import type { components } from "./schema";

type Schemas = components["schemas"];

/** A body or an answer of the API by its name; `schema.d.ts` is made from the server's OpenAPI document. */
export type Shape<Name extends keyof Schemas> = Schemas[Name];
