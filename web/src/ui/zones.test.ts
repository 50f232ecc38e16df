import { expect, test } from "vitest";
import { instantsOf, wallClockOf } from "./zones";

test("an ordinary time is one instant", () => {
  expect(instantsOf("2026-11-27 10:00:00", "Europe/Moscow")).toEqual({ kind: "plain", instants: ["2026-11-27T07:00:00.000Z"] });
  expect(instantsOf("2026-11-27 10:00:00", "Asia/Yekaterinburg")).toEqual({ kind: "plain", instants: ["2026-11-27T05:00:00.000Z"] });
});

test("a time that the clocks skip comes as much later", () => {
  const meant = instantsOf("2026-03-29 02:30", "Europe/Berlin");
  expect(meant).toEqual({ kind: "skipped", instants: ["2026-03-29T01:30:00.000Z"] });
  expect(wallClockOf(meant.instants[0] as string, "Europe/Berlin")).toBe("2026-03-29 03:30:00");
});

test("a time that the clocks show twice is two instants", () => {
  expect(instantsOf("2026-10-25 02:30", "Europe/Berlin")).toEqual({
    kind: "twice",
    instants: ["2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z"],
  });
});

test("zones west of Greenwich change their clocks in the evening of UTC", () => {
  expect(instantsOf("2026-11-01 01:30", "America/New_York").kind).toBe("twice");
  expect(instantsOf("2026-03-08 02:30", "America/New_York")).toEqual({ kind: "skipped", instants: ["2026-03-08T07:30:00.000Z"] });
});
