import { parseSearchWith, stringifySearchWith } from "@tanstack/react-router";

/** A value of an address as JSON, but a number only where JavaScript holds it exactly: ids are longer, and stay text. */
export function searchValue(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (typeof value === "number" && String(value) !== text) throw new SyntaxError(`${text} is no exact number`);
  return value;
}

/** A key in an address as text, whether it was written with quotes, as links here have it, or as a short number. */
export const keyIn = (value: unknown): string | undefined => (typeof value === "number" ? String(value) : typeof value === "string" && value ? value : undefined);

export const parseSearch = parseSearchWith(searchValue);
export const stringifySearch = stringifySearchWith(JSON.stringify, searchValue);
