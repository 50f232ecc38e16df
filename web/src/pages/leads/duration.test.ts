import { expect, test } from "vitest";
import { duration } from "./duration";

test("a stretch of time is told by its largest units", () => {
  const told = [20, 300, 7_500, 7_200, 190_000].map((seconds) => duration(seconds, "ru").replaceAll("\u00a0", " "));
  expect(told).toEqual(["20 с", "5 мин", "2 ч 5 мин", "2 ч", "2 дн."]);
});

test("English has its own words", () => {
  expect([duration(60, "en"), duration(86_400, "en")]).toEqual(["1 min", "1 day"]);
});
