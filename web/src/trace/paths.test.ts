import { describe, expect, it } from "vitest";
import { beginsWith, reachable, steps } from "./paths";

describe("a path into a value", () => {
  it.each([
    ["$", []],
    ["$.sent", ["sent"]],
    ["$[0].name", [0, "name"]],
    ["$.items[12].links[0].url", ["items", 12, "links", 0, "url"]],
    ['$["odd name"][0]', ["odd name", 0]],
    ['$["say \\"no\\""].a', ['say "no"', "a"]],
    ["$['it']", ["it"]],
    ["$.Тема", ["Тема"]],
  ])("%s is taken apart", (path, expected) => {
    expect(steps(path)).toEqual(expected);
  });

  it.each(["", "sent", "$sent", "$.", "$[x]", "$[0"])("%s is no path", (path) => {
    expect(steps(path)).toBeNull();
  });

  it("ends where the value has no more of it", () => {
    expect(reachable({ a: [{ b: 1 }] }, ["a", 0, "b"])).toEqual(["a", 0, "b"]);
    expect(reachable({ a: [{}] }, ["a", 0, "b"])).toEqual(["a", 0]);
    expect(reachable(null, ["a"])).toEqual([]);
    expect(reachable("text", [0])).toEqual([]);
  });

  it("begins with its own beginning", () => {
    expect(beginsWith(["a", 0, "b"], ["a", 0])).toBe(true);
    expect(beginsWith(["a"], ["a", 0])).toBe(false);
    expect(beginsWith(["a", 1], ["a", 0])).toBe(false);
  });
});
