import { expect, it } from "vitest";
import { keyIn, parseSearch, stringifySearch } from "./search";

it("an id of the server stays whole in an address", () => {
  expect(parseSearch("?webhook=382712346510503937&page=2")).toEqual({ webhook: "382712346510503937", page: 2 });
  expect(stringifySearch({ webhook: "382712346510503937", page: 2 })).toBe("?webhook=382712346510503937&page=2");
});

it("a text that looks like a number comes back as a text", () => {
  expect(parseSearch(stringifySearch({ search: "79", name: "1e3", flag: "true" }))).toEqual({ search: "79", name: "1e3", flag: "true" });
});

it("a key in an address is the same with quotes and without", () => {
  const runs = ["?run=5", "?run=%225%22", "?run=382712346510503937", "?run=", "?other=5"].map((address) => keyIn((parseSearch(address) as { run?: unknown }).run));
  expect(runs).toEqual(["5", "5", "382712346510503937", undefined, undefined]);
});
