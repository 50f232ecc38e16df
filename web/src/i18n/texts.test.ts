import { describe, expect, it } from "vitest";
import en from "./en";
import ru from "./ru";

const PLURAL = /_(zero|one|two|few|many|other)$/;
const sources = import.meta.glob<string>("../**/*.{ts,tsx}", { eager: true, query: "?raw", import: "default" });

function keys(tree: object, prefix = ""): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "object" && value ? keys(value, `${prefix}${key}.`) : [prefix + key],
  );
}

const unique = (list: string[]) => [...new Set(list)].toSorted();
const withoutPlurals = (tree: object) => unique(keys(tree).map((key) => key.replace(PLURAL, "")));

describe("texts of the interface", () => {
  it("have the same keys in both languages", () => {
    expect(withoutPlurals(ru)).toEqual(withoutPlurals(en));
  });

  it("have every plural form that Russian and English count with", () => {
    const forms = (tree: object, wanted: string[]) =>
      unique(keys(tree).filter((key) => PLURAL.test(key)).map((key) => key.replace(PLURAL, ""))).flatMap((key) =>
        wanted.map((form) => `${key}_${form}`).filter((full) => !keys(tree).includes(full)),
      );
    expect({ ru: forms(ru, ["one", "few", "many", "other"]), en: forms(en, ["one", "other"]) }).toEqual({ ru: [], en: [] });
  });

  it("exist for every key that the code names", () => {
    const known = new Set(withoutPlurals(ru));
    const named = Object.entries(sources)
      .filter(([path]) => !path.includes(".test."))
      .flatMap(([, source]) => [...source.matchAll(/\bt\(\s*"([a-zA-Z][\w.]+)"/g)].map((match) => match[1] ?? ""));
    expect(unique(named).filter((key) => !known.has(key))).toEqual([]);
  });

  it("are all used by the code", () => {
    const code = Object.entries(sources)
      .filter(([path]) => !path.includes(".test."))
      .map(([, source]) => source)
      .join("\n");
    const dynamic = unique([...code.matchAll(/`([a-zA-Z][\w.]*\.)\$\{/g)].map((match) => match[1] ?? ""));
    // Looked up, for thousands of keys searched in all the code take seconds.
    const quoted = new Set([...code.matchAll(/(?<=")[\w.-]+(?=")/g)].map(([text]) => text));
    const unused = withoutPlurals(ru).filter((key) => !quoted.has(key) && !dynamic.some((prefix) => key.startsWith(prefix)));
    expect(unused).toEqual([]);
  });
});
