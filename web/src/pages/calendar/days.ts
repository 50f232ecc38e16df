import type { CalendarEvent } from "../../api/calendars";
import { instantOf, wallClockOf } from "../../ui/zones";
import type { View } from "./search";

/** Days of an agenda. */
export const AGENDA_DAYS = 30;
const DAY_MS = 86_400_000;
const MINUTES = 24 * 60;

/** A day is text, YYYY-MM-DD: of the organisation's zone, and in no zone once it is one. */
export type Day = string;

const utc = (day: Day) => new Date(`${day}T00:00:00Z`);
const text = (date: Date): Day => date.toISOString().slice(0, 10);

export const today = (zone: string): Day => wallClockOf(new Date(), zone).slice(0, 10);

export const addDays = (day: Day, count: number): Day => text(new Date(utc(day).getTime() + count * DAY_MS));

/** The same day of another month, or its last where it is shorter. */
export function addMonths(day: Day, count: number): Day {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  const last = new Date(Date.UTC(year, month - 1 + count + 1, 0));
  return text(new Date(Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), Math.min(date, last.getUTCDate()))));
}

const monday = (day: Day): Day => addDays(day, -((utc(day).getUTCDay() + 6) % 7));

/** The days that a view shows around one: whole weeks from Monday on, or the next weeks one by one. */
export function daysOf(view: View, day: Day): Day[] {
  if (view === "agenda") return days(day, AGENDA_DAYS);
  if (view === "week") return days(monday(day), 7);
  const first = `${day.slice(0, 7)}-01`;
  const begin = monday(first);
  const after = addDays(monday(addDays(addMonths(first, 1), -1)), 7);
  return days(begin, (utc(after).getTime() - utc(begin).getTime()) / DAY_MS);
}

const days = (from: Day, count: number): Day[] => Array.from({ length: count }, (_, number) => addDays(from, number));

/** Where back and forward lead. */
export function step(view: View, day: Day, direction: 1 | -1): Day {
  if (view === "month") return addMonths(day, direction);
  return addDays(day, direction * (view === "week" ? 7 : AGENDA_DAYS));
}

/** From the first moment of the first day to the first after the last. */
export function timeOf(shown: Day[], zone: string): { from: string; to: string } {
  const [first, last] = [shown[0] as Day, shown.at(-1) as Day];
  return { from: instantOf(`${first} 00:00`, zone), to: instantOf(`${addDays(last, 1)} 00:00`, zone) };
}

/** An event on the days of the organisation's zone, both of them its own; minutes count from midnight. */
export interface Placed {
  event: CalendarEvent;
  first: Day;
  last: Day;
  begins: number;
  /** On the last day; the beginning where it has no end. */
  ends: number;
}

export function placed(event: CalendarEvent, zone: string): Placed {
  const [first, begins] = split(wallClockOf(event.startsAt, zone));
  const [end, ends] = event.endsAt ? split(wallClockOf(event.endsAt, zone)) : [first, begins];
  // What ends at midnight has nothing of the day that begins then.
  if (!event.allDay && ends === 0 && end > first) return { event, first, last: addDays(end, -1), begins, ends: MINUTES };
  return { event, first, last: end, begins, ends };
}

function split(wall: string): [Day, number] {
  return [wall.slice(0, 10), Number(wall.slice(11, 13)) * 60 + Number(wall.slice(14, 16))];
}

/** It stands above the hours: whole days, or from one day into another. */
export const isLong = (one: Placed): boolean => one.event.allDay || one.first !== one.last;

/** What lies on a day, in the order in which it is read. */
export function onDay(all: Placed[], day: Day): Placed[] {
  return all
    .filter((one) => one.first <= day && day <= one.last)
    .toSorted((a, b) => Number(isLong(b)) - Number(isLong(a)) || a.begins - b.begins || a.event.title.localeCompare(b.event.title));
}

/** A place beside others at the same time: of so many columns the one of this number, from 0. */
export interface Block {
  one: Placed;
  top: number;
  bottom: number;
  column: number;
  columns: number;
}
/** What has no place of its own any more. */
export interface More {
  count: number;
  top: number;
  columns: number;
}

/** So much of the hours an event takes at least, to be read. */
const LEAST_MINUTES = 40;
const COLUMNS = 3;

/** Puts the events of one day beside each other where they overlap; of very many the last column counts the rest. */
export function beside(events: Placed[]): { blocks: Block[]; more: More[] } {
  const blocks: Block[] = [];
  const more: More[] = [];
  let group: Block[] = [];
  const close = () => {
    const wanted = Math.max(0, ...group.map((block) => block.column + 1));
    const columns = Math.min(wanted, COLUMNS);
    const kept = wanted > COLUMNS ? COLUMNS - 1 : COLUMNS;
    const rest = group.filter((block) => block.column >= kept);
    blocks.push(...group.filter((block) => block.column < kept).map((block) => ({ ...block, columns })));
    if (rest.length > 0) more.push({ count: rest.length, top: Math.min(...rest.map((block) => block.top)), columns });
    group = [];
  };
  for (const one of events.filter((each) => !isLong(each)).toSorted((a, b) => a.begins - b.begins || b.ends - a.ends)) {
    const top = Math.min(one.begins, MINUTES - LEAST_MINUTES);
    const bottom = Math.max(one.ends, top + LEAST_MINUTES);
    if (group.every((block) => block.bottom <= top)) close();
    let column = 0;
    while (group.some((block) => block.column === column && block.bottom > top)) column += 1;
    group.push({ one, top, bottom, column, columns: 1 });
  }
  close();
  return { blocks, more };
}
