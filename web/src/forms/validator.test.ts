import { describe, expect, it } from "vitest";
import { validator } from "./validator";

const schema = {
  type: "object",
  required: ["host"],
  properties: { host: { type: "string" }, port: { type: "integer", minimum: 1 } },
} as const;

describe("validator of forms", () => {
  const errorsOf = (data: object) => validator.validateFormData(data, schema as never).errors;

  it("names each wrong field and says what is wrong in the reader's language", () => {
    expect(errorsOf({ port: 0 }).map(({ property, message }) => [property, message])).toEqual([
      [".host", "Fill in this field"],
      [".port", "The number has to be 1 or more"],
    ]);
  });

  it("finds nothing in a right value", () => {
    expect(errorsOf({ host: "api.example.com", port: 443 })).toEqual([]);
  });
});
