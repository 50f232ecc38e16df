import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { Shape } from "./shapes";

export type Calendar = Shape<"CalendarShape">;
export type Colour = Calendar["colour"];
export type CalendarEvent = Shape<"CalendarEventShape">;
export type EventBody = Shape<"CalendarEventBody">;

export const COLOURS: Colour[] = ["blue", "teal", "green", "yellow", "orange", "red", "grape", "gray"];

/** Calendars that one question may name. */
export const NAMED = 100;

interface Asked {
  from: string;
  to: string;
  /** Keys with commas between; all calendars without any. */
  calendar: string;
}

const LOOK_MS = 30_000;

export const calendars = {
  list: (archived = false) =>
    queryOptions({ queryKey: ["calendars", { archived }], queryFn: () => api.get<Shape<"CalendarPage">>("/calendars", { archived }) }),
  add: (calendar: { title: string; colour: Colour }) => api.post<Calendar>("/calendars", calendar),
  openOwn: () => api.post<Calendar>("/calendars/own"),
  change: (id: string, changes: Shape<"CalendarChange">) => api.patch<Calendar>(`/calendars/${id}`, changes),
  archive: (id: string) => api.delete(`/calendars/${id}`),
  link: (id: string) => queryOptions({ queryKey: ["calendars", id, "link"], queryFn: () => api.get<Shape<"CalendarLink">>(`/calendars/${id}/link`) }),
  makeLink: (id: string) => api.post<Shape<"CalendarLink">>(`/calendars/${id}/link`),
  dropLink: (id: string) => api.delete(`/calendars/${id}/link`),
  /** Events of a time; leads come in while somebody looks, so it is asked anew. */
  events: (asked: Asked) =>
    queryOptions({
      queryKey: ["calendar-events", asked],
      queryFn: () => api.get<Shape<"CalendarEventPage">>("/calendar-events", { ...asked }),
      placeholderData: keepPreviousData,
      refetchInterval: LOOK_MS,
    }),
  event: (id: string) => queryOptions({ queryKey: ["calendar-events", id], queryFn: () => api.get<CalendarEvent>(`/calendar-events/${id}`) }),
  addEvent: (event: EventBody) => api.post<CalendarEvent>("/calendar-events", event),
  changeEvent: (id: string, changes: Shape<"CalendarEventChange">) => api.patch<CalendarEvent>(`/calendar-events/${id}`, changes),
  deleteEvent: (id: string) => api.delete(`/calendar-events/${id}`),
};
