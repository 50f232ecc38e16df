import { expect, test } from "vitest";
import { leadSearch, selectionOf } from "./search";

test("an address that makes no sense asks for nothing", () => {
  const found = leadSearch({ status: "lost", responsibleId: "x", from: "yesterday", warnings: "1", sort: "-created", page: "0" });
  expect(Object.values(found).filter((value) => value !== undefined)).toEqual([]);
});

test("a period holds its last day whole, by the organisation's clock", () => {
  const wanted = selectionOf(leadSearch({ from: "2026-11-20", to: "2026-11-21" }), "7", "Europe/Moscow");
  expect([wanted.from, wanted.to]).toEqual(["2026-11-19T21:00:00.000Z", "2026-11-21T21:00:00.000Z"]);
});

test("one's own leads are those that one is responsible for, whoever else was chosen", () => {
  const mine = selectionOf(leadSearch({ whose: "mine", responsibleId: "5" }), "7", "UTC");
  expect([mine.responsibleId, mine.unassigned]).toEqual(["7", null]);
  const nobodys = selectionOf(leadSearch({ whose: "nobodys" }), "7", "UTC");
  expect([nobodys.responsibleId, nobodys.unassigned]).toEqual([null, true]);
});

test("a client's card leads to the leads of that client alone", () => {
  expect(selectionOf(leadSearch({ clientId: "5" }), "7", "UTC").clientId).toBe("5");
});
