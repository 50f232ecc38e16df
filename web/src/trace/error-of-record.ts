import type { CallError } from "../api/modules";

/** A stored failure as the trace shows it; what it does not know stays out. */
export function errorOfRecord(kind: string, stored: Record<string, unknown>): CallError {
  const text = (name: string) => (typeof stored[name] === "string" ? stored[name] : null);
  return {
    kind,
    message: text("message") ?? JSON.stringify(stored),
    line: typeof stored.line === "number" ? stored.line : null,
    path: text("path"),
    expected: text("expected"),
    got: text("got"),
  };
}
