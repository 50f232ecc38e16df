import { describe, expect, it } from "vitest";
import { after, fates } from "./example";

describe("the example of the three modes", () => {
  it("ends as the product says", () => {
    expect([after("exact"), after("merge"), after("subtract")]).toEqual([
      ["c", "d", "e"],
      ["a", "b", "c", "d", "e"],
      ["a", "b"],
    ]);
  });

  it("shows who leaves the list", () => {
    const gone = (mode: "exact" | "merge" | "subtract") => fates(mode).filter(({ fate }) => fate === "goes").map(({ who }) => who);
    expect([gone("exact"), gone("merge"), gone("subtract")]).toEqual([["a", "b"], [], ["c"]]);
  });
});
