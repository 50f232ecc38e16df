import { expect, it } from "vitest";
import { parseSearch, stringifySearch } from "./search";

it("an id of the server stays whole in an address", () => {
  expect(parseSearch("?webhook=382712346510503937&page=2")).toEqual({ webhook: "382712346510503937", page: 2 });
  expect(stringifySearch({ webhook: "382712346510503937", page: 2 })).toBe("?webhook=382712346510503937&page=2");
});

it("a text that looks like a number comes back as a text", () => {
  expect(parseSearch(stringifySearch({ search: "79", name: "1e3", flag: "true" }))).toEqual({ search: "79", name: "1e3", flag: "true" });
});
