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

/** The instant of a wall-clock time (`2026-11-27 10:00`) in a zone, as ISO 8601 in UTC. */
export function instantOf(wallClock: string, zone: string): string {
  const asUtc = new Date(`${wallClock.replace(" ", "T").slice(0, 16)}:00Z`);
  const guess = new Date(asUtc.getTime() - offsetMinutes(asUtc, zone) * 60_000);
  // A second look settles the hours around a change of daylight saving time.
  return new Date(asUtc.getTime() - offsetMinutes(guess, zone) * 60_000).toISOString();
}

/** The wall-clock time of an instant in a zone, as `2026-11-27 10:00:00`. */
export function wallClockOf(instant: string | Date, zone: string): string {
  const moment = new Date(instant);
  const shifted = new Date(moment.getTime() + offsetMinutes(moment, zone) * 60_000);
  return shifted.toISOString().slice(0, 19).replace("T", " ");
}
