export const VIEWS = ["month", "week", "agenda"] as const;
export type View = (typeof VIEWS)[number];

/** What the calendar's address holds: how it is shown, around which day, and the event that is open. */
export interface CalendarSearch {
  view?: View;
  /** As YYYY-MM-DD. */
  date?: string;
  event?: string;
}

/** Takes from an address what the calendar understands. */
export function calendarSearch(raw: Record<string, unknown>): CalendarSearch {
  const view = VIEWS.find((each) => each === raw.view);
  const date = typeof raw.date === "string" && isDay(raw.date) ? raw.date : undefined;
  const event = raw.event === undefined ? "" : String(raw.event);
  return { view, date, event: /^\d{1,19}$/.test(event) ? event : undefined };
}

function isDay(text: string): boolean {
  if (!/^[12]\d{3}-\d\d-\d\d$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
