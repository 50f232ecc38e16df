import { parseSearchWith, stringifySearchWith } from "@tanstack/react-router";

/** A value of an address as JSON, but a number only where JavaScript holds it exactly: ids are longer, and stay text. */
export function searchValue(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (typeof value === "number" && String(value) !== text) throw new SyntaxError(`${text} is no exact number`);
  return value;
}

export const parseSearch = parseSearchWith(searchValue);
export const stringifySearch = stringifySearchWith(JSON.stringify, searchValue);
