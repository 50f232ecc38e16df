import { describe, expect, it } from "vitest";
import type { Exchange } from "../api/modules";
import { waterfall } from "./waterfall";

function exchange(startedAt: string, wallMs: number, more: Partial<Exchange> = {}): Exchange {
  return {
    startedAt,
    method: "GET",
    url: "https://api.example.com:8443/lists?a=1",
    requestHeaders: {},
    requestBody: null,
    status: 200,
    responseHeaders: {},
    responseBody: "",
    responseBytes: 0,
    resolvedAddress: "192.0.2.1",
    timings: { total: wallMs },
    wallMs,
    error: null,
    ...more,
  };
}

describe("a waterfall of requests", () => {
  it("lays them over the time from the first start to the last end, the earliest first", () => {
    const { bars, totalMs } = waterfall([
      exchange("2026-11-21T10:00:00.060+00:00", 40),
      exchange("2026-11-21T10:00:00.000+00:00", 50, { timings: { dns: 1, connect: 4, ttfb: 20, total: 50 } }),
    ]);
    expect(totalMs).toBe(100);
    expect(bars.map(({ startMs, left, width, waiting }) => ({ startMs, left, width, waiting }))).toEqual([
      { startMs: 0, left: 0, width: 50, waiting: 50 },
      { startMs: 60, left: 60, width: 40, waiting: 100 },
    ]);
    expect(bars[0]).toMatchObject({ host: "api.example.com:8443", path: "/lists?a=1" });
  });

  it("keeps a request that took no time visible and inside", () => {
    const { bars } = waterfall([exchange("2026-11-21T10:00:00Z", 1000), exchange("2026-11-21T10:00:01Z", 0)]);
    expect(bars[1]).toMatchObject({ left: 99.2, width: 0.8 });
  });

  it("of no requests is empty, of one at no time is whole", () => {
    expect(waterfall([])).toEqual({ bars: [], totalMs: 0 });
    expect(waterfall([exchange("2026-11-21T10:00:00Z", 0)]).bars[0]).toMatchObject({ left: 0, startMs: 0 });
  });

  it("takes an address that is none as a path", () => {
    expect(waterfall([exchange("2026-11-21T10:00:00Z", 1, { url: "nonsense" })]).bars[0]).toMatchObject({ host: "", path: "nonsense" });
  });
});
