const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

/** A stretch of time by its two largest units: "2 h 5 min"; from a day on by one. */
export function duration(seconds: number, language: string): string {
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short" }).format(value);
  if (seconds < MINUTE_S) return unit(Math.max(0, Math.round(seconds)), "second");
  if (seconds < HOUR_S) return unit(Math.floor(seconds / MINUTE_S), "minute");
  if (seconds >= DAY_S) return unit(Math.floor(seconds / DAY_S), "day");
  const minutes = Math.floor((seconds % HOUR_S) / MINUTE_S);
  const hours = unit(Math.floor(seconds / HOUR_S), "hour");
  return minutes ? `${hours}\u00a0${unit(minutes, "minute")}` : hours;
}

/** Seconds between two instants. */
export const between = (from: string, to: string | number | Date) => (new Date(to).getTime() - new Date(from).getTime()) / 1000;
