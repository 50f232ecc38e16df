import { describe, expect, it } from "vitest";
import { decimal, numbers, typed } from "./numbers";

describe("numbers of orders", () => {
  it("are taken as people type them", () => {
    expect(["1 250,50", "3.2", "", "12 000", "-4"].map(decimal)).toEqual(["1250.50", "3.2", null, "12000", "-4"]);
    expect(["ten", "1,2,3", "1.", "1e5"].map(decimal)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("are shown to their last digit", () => {
    expect(numbers("en").number("123456789012345.123456")).toBe("123,456,789,012,345.123456");
    expect(numbers("ru").money("1250.5", "RUB").replace(/\s/g, " ")).toBe("1 250,50 ₽");
    expect(numbers("ru").money("1250", "RUB").replace(/\s/g, " ")).toBe("1 250 ₽");
    expect(numbers("ru").size({ width: "3", height: "1.5" })).toBe("3 × 1,5");
    expect(numbers("ru").size({ width: null, height: null })).toBe("—");
  });

  it("go back into a field as they are typed", () => {
    expect([typed("1250.5", "ru"), typed("1250.5", "en"), typed(null, "ru")]).toEqual(["1250,5", "1250.5", ""]);
  });
});
