const DAY_MS = 86_400_000;

/** Minutes by which `zone` is ahead of UTC at `instant`. */
function offsetMinutes(instant: Date, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).formatToParts(instant);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const wall = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return Math.round((wall - instant.getTime()) / 60_000);
}

/** The wall-clock time of an instant in a zone, as `2026-11-27 10:00:00`. */
export function wallClockOf(instant: string | Date, zone: string): string {
  const moment = new Date(instant);
  const shifted = new Date(moment.getTime() + offsetMinutes(moment, zone) * 60_000);
  return shifted.toISOString().slice(0, 19).replace("T", " ");
}

/** What a wall-clock time means in a zone: one instant, none (the clocks skip it), or two (they show it twice). */
export interface Meant {
  kind: "plain" | "skipped" | "twice";
  /** The instants in order; a skipped time comes as much later as the clocks jump. */
  instants: string[];
}

/** Every instant of a wall-clock time in a zone. */
export function instantsOf(wallClock: string, zone: string): Meant {
  const asUtc = new Date(`${wallClock.replace(" ", "T").slice(0, 16)}:00Z`).getTime();
  const wall = new Date(asUtc).toISOString().slice(0, 16).replace("T", " ");
  const around = [-DAY_MS, DAY_MS].map((away) => offsetMinutes(new Date(asUtc + away), zone));
  const candidates = [...new Set(around)].map((offset) => new Date(asUtc - offset * 60_000)).sort((a, b) => a.getTime() - b.getTime());
  const found = candidates.filter((instant) => wallClockOf(instant, zone).slice(0, 16) === wall).map((instant) => instant.toISOString());
  if (found.length === 0) return { kind: "skipped", instants: [new Date(asUtc - (around[0] ?? 0) * 60_000).toISOString()] };
  return { kind: found.length === 1 ? "plain" : "twice", instants: found };
}

/** The first instant of a wall-clock time (`2026-11-27 10:00`) in a zone, as ISO 8601 in UTC. */
export function instantOf(wallClock: string, zone: string): string {
  return instantsOf(wallClock, zone).instants[0] as string;
}
