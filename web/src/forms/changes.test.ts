import { expect, test } from "vitest";
import { changes } from "./changes";

test("only what differs was changed", () => {
  const before = { title: "Баннер", sum: "10", clientId: null as string | null, layouts: ["a"] };
  expect(changes(before, { ...before })).toEqual({});
  expect(changes(before, { ...before, layouts: ["a"], sum: "12" })).toEqual({ sum: "12" });
  expect(changes({ ...before, clientId: "7" }, { ...before, layouts: [] })).toEqual({ clientId: null, layouts: [] });
});
