import { describe, expect, it } from "vitest";
import type { Contract } from "../../../api/contract";
import { argumentsSchema, isPlain } from "./arguments-schema";

const contract: Contract = {
  functions: [],
  types: [],
  operations: [],
  constants: {},
  definitions: {
    Id: { type: "string", title: "Identifier", "x-title-ru": "Идентификатор" },
    Kind: { enum: ["email", "sms"], "x-members": [] },
    Request: { type: "object", properties: { title: { type: "string", title: "Title", "x-title-ru": "Название" } } },
  },
};
const parameter = (name: string, schema: object) => ({ name, schema, sample: null, description: { ru: "Что это", en: "What it is" } });

describe("arguments as a form", () => {
  it("speak the reader's language and carry no extensions", () => {
    const schema = argumentsSchema(contract, [parameter("id", { $ref: "#/$defs/Id" })], "ru");
    expect(schema).toEqual({
      type: "object",
      properties: { id: { $ref: "#/$defs/Id", title: "id", description: "Что это" } },
      required: ["id"],
      $defs: {
        Id: { type: "string", title: "Идентификатор" },
        Kind: { enum: ["email", "sms"] },
        Request: { type: "object", properties: { title: { type: "string", title: "Название" } } },
      },
    });
    expect(argumentsSchema(contract, [], "en").$defs?.Id).toEqual({ type: "string", title: "Identifier" });
  });

  it("are plain when every parameter is a value, a choice or a list of them", () => {
    expect(isPlain(contract, [])).toBe(true);
    expect(isPlain(contract, [parameter("n", { type: "integer" }), parameter("kind", { $ref: "#/$defs/Kind" })])).toBe(true);
    expect(isPlain(contract, [parameter("ids", { type: "array", items: { $ref: "#/$defs/Id" } })])).toBe(true);
    expect(isPlain(contract, [parameter("request", { $ref: "#/$defs/Request" })])).toBe(false);
    expect(isPlain(contract, [parameter("all", { type: "array", items: { $ref: "#/$defs/Request" } })])).toBe(false);
    expect(isPlain(contract, [parameter("cursor", { anyOf: [{ type: "null" }, { type: "string" }] })])).toBe(false);
  });
});
