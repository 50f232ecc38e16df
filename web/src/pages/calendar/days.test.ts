import { describe, expect, it } from "vitest";
import type { CalendarEvent } from "../../api/calendars";
import { addMonths, beside, daysOf, onDay, placed, step, timeOf } from "./days";
import { calendarSearch } from "./search";

const ZONE = "Europe/Moscow";

function event(startsAt: string, endsAt: string | null = null, allDay = false): CalendarEvent {
  const rest = { description: "", personId: null, person: null, sourceKind: null, sourceId: null, path: null, updatedAt: startsAt };
  return { id: startsAt, calendarId: "1", title: startsAt, startsAt, endsAt, allDay, ...rest };
}

describe("the days of a view", () => {
  it("are whole weeks from Monday on for a month", () => {
    const shown = daysOf("month", "2026-11-22");
    expect([shown[0], shown.at(-1), shown.length]).toEqual(["2026-10-26", "2026-12-06", 42]);
    expect(daysOf("month", "2027-02-10")).toHaveLength(28);
  });

  it("are those from Monday to Sunday for a week", () => {
    expect(daysOf("week", "2026-11-22")).toEqual([16, 17, 18, 19, 20, 21, 22].map((day) => `2026-11-${day}`));
  });

  it("follow each other", () => {
    expect(addMonths("2026-01-31", 1)).toBe("2026-02-28");
    expect([step("month", "2026-12-31", 1), step("week", "2026-11-22", -1), step("agenda", "2026-11-22", 1)]).toEqual([
      "2027-01-31",
      "2026-11-15",
      "2026-12-22",
    ]);
  });

  it("are asked for from midnight to midnight in the organisation's zone", () => {
    expect(timeOf(["2026-11-22"], ZONE)).toEqual({ from: "2026-11-21T21:00:00.000Z", to: "2026-11-22T21:00:00.000Z" });
    expect(timeOf(["2026-03-29"], "Europe/Berlin")).toEqual({ from: "2026-03-28T23:00:00.000Z", to: "2026-03-29T22:00:00.000Z" });
  });
});

describe("an event", () => {
  it("lies on the days of the organisation's zone", () => {
    const late = placed(event("2026-11-22T22:30:00Z", "2026-11-22T23:00:00Z"), ZONE);
    expect([late.first, late.last, late.begins, late.ends]).toEqual(["2026-11-23", "2026-11-23", 90, 120]);
  });

  it("that ends at midnight has nothing of the next day", () => {
    expect(placed(event("2026-11-22T18:00:00Z", "2026-11-22T21:00:00Z"), ZONE)).toMatchObject({ last: "2026-11-22", ends: 1440 });
  });

  it("of whole days has its last day", () => {
    expect(placed(event("2026-11-21T21:00:00Z", "2026-11-22T21:00:00Z", true), ZONE)).toMatchObject({ first: "2026-11-22", last: "2026-11-23" });
  });

  it("of whole days stands before those of hours", () => {
    const all = [event("2026-11-22T06:00:00Z"), event("2026-11-20T21:00:00Z", "2026-11-22T21:00:00Z", true), event("2026-11-22T05:00:00Z")];
    const here = onDay(all.map((one) => placed(one, ZONE)), "2026-11-22").map((one) => one.event.startsAt);
    expect(here).toEqual(["2026-11-20T21:00:00Z", "2026-11-22T05:00:00Z", "2026-11-22T06:00:00Z"]);
  });
});

describe("events at the same time", () => {
  const at = (...times: [string, string][]) => times.map(([from, to]) => placed(event(`2026-11-22T${from}:00Z`, `2026-11-22T${to}:00Z`), "UTC"));

  it("stand beside each other, and alone where they are alone", () => {
    const { blocks, more } = beside(at(["10:00", "12:00"], ["11:00", "13:00"], ["15:00", "16:00"]));
    expect(blocks.map(({ column, columns }) => [column, columns])).toEqual([[0, 2], [1, 2], [0, 1]]);
    expect(more).toEqual([]);
  });

  it("are counted where they are very many", () => {
    const { blocks, more } = beside(at(["10:00", "11:00"], ["10:00", "11:00"], ["10:10", "11:00"], ["10:20", "11:00"], ["10:30", "11:00"]));
    expect(blocks.map(({ column, columns }) => [column, columns])).toEqual([[0, 3], [1, 3]]);
    expect(more).toEqual([{ count: 3, top: 610, columns: 3 }]);
  });
});

describe("the calendar's address", () => {
  it("keeps what it understands", () => {
    expect(calendarSearch({ view: "week", date: "2026-11-22", event: "12" })).toEqual({ view: "week", date: "2026-11-22", event: "12" });
    expect(calendarSearch({ view: "year", date: "2026-02-30", event: "x" })).toEqual({ view: undefined, date: undefined, event: undefined });
  });
});
