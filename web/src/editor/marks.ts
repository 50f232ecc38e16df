import type { Diagnostic as Mark } from "@codemirror/lint";
import type { Text } from "@codemirror/state";

/** A finding of the server about a module's text; lines and columns count from 1. */
export interface Diagnostic {
  line: number;
  column: number;
  endLine: number | null;
  endColumn: number | null;
  severity: "error" | "warning" | "info";
  kind: string;
  message: string;
}

/** Offset of a line and column in a text; what lies outside is brought to the nearest end. */
export function position(text: Text, line: number, column: number): number {
  const found = text.line(Math.min(Math.max(line, 1), text.lines));
  return Math.min(found.from + Math.max(column - 1, 0), found.to);
}

/** Marks for CodeMirror; a finding without an end covers the rest of its line. */
export function marks(text: Text, diagnostics: Diagnostic[]): Mark[] {
  return diagnostics.map((found) => {
    const from = position(text, found.line, found.column);
    const end = found.endLine === null ? text.lineAt(from).to : position(text, found.endLine, found.endColumn ?? 1);
    return { from, to: Math.max(from, end), severity: found.severity, message: found.message, source: found.kind };
  });
}
