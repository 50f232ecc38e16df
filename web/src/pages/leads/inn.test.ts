import { expect, test } from "vitest";
import { isInn } from "./inn";

test("check digits tell an INN from a mistyped one", () => {
  expect(["7709745454", "500100732259"].map(isInn)).toEqual([true, true]);
  expect(["7709745455", "500100732258", "770974545", "0000000000", "77097454x4"].map(isInn)).toEqual([false, false, false, false, false]);
});
