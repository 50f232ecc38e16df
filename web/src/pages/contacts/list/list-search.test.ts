import { describe, expect, it } from "vitest";
import { contactSearch, prune } from "./list-search";

describe("the address of the list of contacts", () => {
  it("keeps what it understands and drops the rest", () => {
    const raw = { search: "иван", filters: { hasEmail: true }, sort: "-created", cursor: "abc", columns: ["email", 7], page: 3 };
    expect(contactSearch(raw)).toEqual({ search: "иван", filters: { hasEmail: true }, sort: "-created", cursor: "abc", columns: ["email"] });
  });
  it("reads nothing out of nonsense", () => {
    const nothing = { search: undefined, filters: undefined, sort: undefined, cursor: undefined, columns: undefined };
    expect(contactSearch({ search: "", filters: "x", sort: "shoe", cursor: 7, columns: "email" })).toEqual(nothing);
  });
  it("takes a segment that a link names", () => {
    expect(contactSearch({ segmentId: 12 }).filters).toEqual({ segmentId: "12" });
  });
  it("forgets filters that ask for nothing", () => {
    expect(prune({ state: undefined, hasEmail: false, fields: { city: {}, vip: { flag: true } } })).toEqual({
      hasEmail: false,
      fields: { vip: { flag: true } },
    });
  });
});
