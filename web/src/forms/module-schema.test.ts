import { describe, expect, it } from "vitest";
import { settingsForm, withoutEmptySecrets } from "./module-schema";

const settings = {
  type: "object",
  required: ["api_key"],
  properties: {
    api_key: { type: "string", secret: true, title: { ru: "Ключ", en: "Key" } },
    base_url: { type: "string" },
  },
};

describe("settings form of a module", () => {
  it("asks for a secret until one is stored, and never shows it", () => {
    const fresh = settingsForm(settings, [], "kept");
    const stored = settingsForm(settings, ["api_key"], "kept");
    expect([fresh.schema.required, stored.schema.required]).toEqual([["api_key"], []]);
    expect(stored.uiSchema.api_key).toMatchObject({ "ui:widget": "password", "ui:placeholder": "kept" });
  });

  it("speaks the reader's language and falls back to the setting's name", () => {
    const { properties } = settingsForm(settings, [], "").schema;
    expect([properties?.api_key, properties?.base_url]).toMatchObject([{ title: "Key" }, { title: "base_url" }]);
  });

  it("leaves an empty secret out of what is sent", () => {
    expect(withoutEmptySecrets({ api_key: "", base_url: "" }, ["api_key"])).toEqual({ base_url: "" });
  });
});
