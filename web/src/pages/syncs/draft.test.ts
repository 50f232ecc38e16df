import { describe, expect, it } from "vitest";
import type { Sync } from "../../api/syncs";
import { bodyOf, changeOf, draftOf, EMPTY, folded, lacking } from "./draft";

const SYNC: Sync = {
  id: "1", account: { id: "7", title: "Основной", moduleTitle: {} }, source: "segment", segmentId: "3", segmentName: "VIP",
  listExternalId: "L", listTitle: "VIP", mode: "exact", categoryId: "5", categoryTitle: "Новости", everyMinutes: 240, guardPercent: 20,
  overLimit: "nobody", firstBy: "newest", state: "on", nextAt: null, createdAt: "2026-11-22T10:00:00Z", updatedAt: "2026-11-22T10:00:00Z",
  run: null, alertsByMail: true, can: [],
};

describe("a sync that is set up", () => {
  it("says what it lacks, in the order of the form", () => {
    expect(lacking(EMPTY)).toEqual(["segment", "account"]);
    expect(lacking({ ...EMPTY, accountId: "7", segmentId: "3" })).toEqual(["list"]);
    expect(lacking({ ...EMPTY, accountId: "7", segmentId: "3", listExternalId: "L" })).toEqual([]);
    expect(lacking({ ...EMPTY, accountId: "7", source: "clients", makesList: true, listTitle: "  " })).toEqual(["listName"]);
    expect(lacking({ ...EMPTY, accountId: "7", source: "clients", makesList: true, listTitle: "Все" })).toEqual([]);
  });

  it("names no list that is to be made, no segment without need, no consent for who is taken out", () => {
    const body = bodyOf({ ...draftOf(SYNC), source: "contacts", makesList: true, mode: "subtract", listTitle: " Все " });
    expect([body.listExternalId, body.segmentId, body.categoryId, body.listTitle]).toEqual([null, null, null, "Все"]);
  });

  it("changes only what differs", () => {
    expect(changeOf(SYNC, draftOf(SYNC))).toEqual({});
    expect(changeOf(SYNC, { ...draftOf(SYNC), everyMinutes: null, guardPercent: 5 })).toEqual({ everyMinutes: null, guardPercent: 5 });
  });

  it("takes names for the same whatever their case", () => {
    expect(folded(" Ёлка VIP ")).toBe(folded("елка vip"));
  });
});
