import type { Diagnostic as Mark } from "@codemirror/lint";
import { forEachDiagnostic } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { describe, expect, it } from "vitest";
import { findings, merged, setCheck, setTypes, withFindings } from "./findings";

const mark = (from: number, to: number, source: string, severity: Mark["severity"] = "warning"): Mark => ({ from, to, severity, source, message: source });

describe("findings", () => {
  it("of the check alone are shown while there is no language server", () => {
    const check = [mark(0, 1, "names"), mark(2, 3, "policy", "error")];
    expect(merged(null, check)).toEqual(check);
  });

  it("of types come from the language server once it is there", () => {
    const missing = mark(0, 0, "missing", "error");
    expect(merged([mark(4, 6, "unknown-name")], [mark(4, 6, "names"), missing])).toEqual([missing, mark(4, 6, "unknown-name")]);
  });

  it("that the policy tells in its own words are told once", () => {
    const policy = mark(2, 8, "policy", "error");
    expect(merged([mark(5, 7, "missing-import"), mark(9, 10, "unknown-name")], [policy])).toEqual([policy, mark(9, 10, "unknown-name")]);
  });

  it("of a broken syntax are told by the check, wherever the language server sees them", () => {
    const syntax = mark(2, 3, "syntax", "error");
    expect(merged([mark(20, 21, "parse-error")], [syntax])).toEqual([syntax]);
  });

  it("stay where they belong while the text before them grows", () => {
    let state = EditorState.create({ doc: "a\nb = c", extensions: findings });
    state = state.update(withFindings(state, setCheck.of([mark(2, 3, "missing")]))).state;
    state = state.update({ changes: { from: 0, insert: "xx" } }).state;
    state = state.update(withFindings(state, setTypes.of([mark(8, 9, "unknown-name")]))).state;
    const shown: [number, number, string | undefined][] = [];
    forEachDiagnostic(state, (one, from, to) => shown.push([from, to, one.source]));
    expect(shown).toEqual([
      [4, 5, "missing"],
      [8, 9, "unknown-name"],
    ]);
  });
});
