import { Text } from "@codemirror/state";
import { describe, expect, it } from "vitest";
import { marks, position } from "./marks";

const text = Text.of(["import os", "x = 1"]);
const finding = { line: 1, column: 8, endLine: 1, endColumn: 10, severity: "error", kind: "policy", message: "no" } as const;

describe("marks", () => {
  it("cover the columns that the server named", () => {
    expect(marks(text, [finding])).toEqual([{ from: 7, to: 9, severity: "error", message: "no", source: "policy" }]);
  });

  it("cover the rest of the line when no end is known", () => {
    expect(marks(text, [{ ...finding, column: 1, endLine: null, endColumn: null }])[0]).toMatchObject({ from: 0, to: 9 });
  });

  it("stay inside a text that has become shorter since it was checked", () => {
    expect([position(text, 99, 99), position(text, 0, 0)]).toEqual([text.length, 0]);
  });
});
