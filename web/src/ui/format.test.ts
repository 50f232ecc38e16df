import { describe, expect, it } from "vitest";
import { formats, phone } from "./format";
import { instantOf, wallClockOf } from "./zones";

describe("formats", () => {
  const russian = formats("ru", "Europe/Moscow");

  it("says of a moment no more than today needs", () => {
    const now = new Date("2026-11-23T09:00:00Z");
    const said = ["2026-11-23T03:52:00Z", "2026-11-22T21:30:00Z", "2026-11-22T13:54:00Z", "2025-11-22T13:54:00Z"].map((at) => russian.moment(at, now));
    expect(said).toEqual(["06:52", "00:30", "22 нояб., 16:54", "22 нояб. 2025 г., 16:54"]);
    expect(russian.moment(null, now)).toBe("—");
  });
  it("show an instant in the organisation's zone, not the browser's", () => {
    expect(russian.exact("2026-11-21T21:30:05Z")).toBe("22.11.2026, 00:30:05");
  });

  it("name the month in English, where figures alone are read both ways", () => {
    expect(formats("en", "Europe/Moscow").exact("2026-11-01T21:30:05Z").replace("\u202f", " ")).toBe("Nov 2, 2026, 12:30:05 AM");
  });

  it("write a time of day with 12 or with 24 hours", () => {
    expect([russian.clock("18:05"), formats("en", "Europe/Moscow").clock("18:05").replace("\u202f", " "), russian.clock(null)]).toEqual(["18:05", "6:05 PM", "—"]);
  });

  it("group thousands and show shares as the language does", () => {
    expect([russian.number(10_000), russian.share(1, 3), russian.share(1, 0)]).toEqual(["10\u00a0000", "33,3\u00a0%", "—"]);
  });
});

describe("phones", () => {
  it("are written as in Russia, and elsewhere as they are kept", () => {
    expect([phone("+79452469178"), phone("+4930901820")]).toEqual(["+7\u00a0945\u00a0246-91-78", "+4930901820"]);
  });
});

describe("zones", () => {
  it("turn a wall-clock time into the instant and back", () => {
    expect(instantOf("2026-11-27 10:00", "Europe/Moscow")).toBe("2026-11-27T07:00:00.000Z");
    expect(wallClockOf("2026-11-27T07:00:00Z", "Europe/Moscow")).toBe("2026-11-27 10:00:00");
  });

  it("know daylight saving time", () => {
    expect(instantOf("2026-07-01 12:00", "Europe/Berlin")).toBe("2026-07-01T10:00:00.000Z");
    expect(instantOf("2026-12-01 12:00", "Europe/Berlin")).toBe("2026-12-01T11:00:00.000Z");
  });
});
