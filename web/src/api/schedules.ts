import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";
import type { Shape } from "./shapes";

/** A file that is fetched by its address again and again. */
export type Schedule = Shape<"ScheduleShape">;

/** One time that it was fetched, and what became of its rows. */
export type ScheduleRun = Shape<"ScheduleRunShape">;

export type ScheduleBody = Shape<"ScheduleBody">;

const MOVING_MS = 1000;
const RESTING_MS = 10_000;

/** Whether something happens at this moment: a file comes in, or its rows are brought in. */
export const moves = (run: ScheduleRun | null | undefined) =>
  (run?.state === "fetching" && !run.againAt) || run?.importState === "running" || run?.importState === "undoing";

const pace = (runs: (ScheduleRun | null | undefined)[] | undefined) => (runs?.some(moves) ? MOVING_MS : RESTING_MS);

export const schedules = {
  list: (page: { offset: number; limit: number }) =>
    queryOptions({
      queryKey: ["schedules", "list", page],
      queryFn: () => api.get<PageOf<Schedule>>("/imports/schedules", page),
      placeholderData: keepPreviousData,
      refetchInterval: (query) => pace(query.state.data?.items.map((one) => one.run)),
    }),
  card: (id: string) =>
    queryOptions({
      queryKey: ["schedules", id],
      queryFn: () => api.get<Schedule>(`/imports/schedules/${id}`),
      refetchInterval: (query) => pace([query.state.data?.run]),
    }),
  runs: (id: string, page: { offset: number; limit: number }) =>
    queryOptions({
      queryKey: ["schedules", id, "runs", page],
      queryFn: () => api.get<PageOf<ScheduleRun>>(`/imports/schedules/${id}/runs`, page),
      placeholderData: keepPreviousData,
      refetchInterval: (query) => pace(query.state.data?.items),
    }),
  create: (body: ScheduleBody) => api.post<Schedule>("/imports/schedules", body),
  change: (id: string, body: ScheduleBody) => api.put<Schedule>(`/imports/schedules/${id}`, body),
  pause: (id: string) => api.post<Schedule>(`/imports/schedules/${id}/pause`),
  resume: (id: string) => api.post<Schedule>(`/imports/schedules/${id}/resume`),
  run: (id: string, anyway: boolean) => api.post<Schedule>(`/imports/schedules/${id}/run`, { anyway }),
  setUp: (id: string) => api.post<Schedule>(`/imports/schedules/${id}/set-up`),
  remove: (id: string) => api.delete(`/imports/schedules/${id}`),
};
