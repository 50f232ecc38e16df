import type { Exchange } from "../api/modules";

export interface Bar {
  exchange: Exchange;
  host: string;
  path: string;
  /** Milliseconds after the first request began. */
  startMs: number;
  /** Where the bar begins and how long it is, in percent of the whole. */
  left: number;
  width: number;
  /** Share of the bar until the first byte of the answer, in percent. */
  waiting: number;
}

export interface Waterfall {
  bars: Bar[];
  totalMs: number;
}

const NARROWEST = 0.8;

/** Requests of a call as bars over time, in the order in which they began. */
export function waterfall(exchanges: Exchange[]): Waterfall {
  const began = exchanges.map((one) => new Date(one.startedAt).getTime());
  const first = Math.min(...began);
  const totalMs = Math.max(...exchanges.map((one, index) => (began[index] as number) - first + one.wallMs), 0);
  const share = (ms: number) => (totalMs > 0 ? (ms / totalMs) * 100 : 0);
  const bars = exchanges
    .map((exchange, index): Bar => {
      const startMs = (began[index] as number) - first;
      const width = Math.min(100, Math.max(share(exchange.wallMs), NARROWEST));
      return {
        exchange,
        ...place(exchange.url),
        startMs,
        width,
        left: Math.min(share(startMs), 100 - width),
        waiting: exchange.wallMs > 0 ? Math.min(100, (untilAnswer(exchange) / exchange.wallMs) * 100) : 100,
      };
    })
    .toSorted((one, other) => one.startMs - other.startMs);
  return { bars, totalMs };
}

function untilAnswer({ timings, wallMs }: Exchange): number {
  const { dns = 0, connect = 0, tls = 0, ttfb } = timings;
  return ttfb === undefined ? wallMs : dns + connect + tls + ttfb;
}

function place(url: string): { host: string; path: string } {
  const parts = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)$/i.exec(url);
  return parts ? { host: parts[1] ?? "", path: parts[2] || "/" } : { host: "", path: url };
}
