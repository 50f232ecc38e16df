import { queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { Shape } from "./shapes";

export type Demo = Shape<"DemoCard">;

export const demo = {
  query: queryOptions({ queryKey: ["demo"], queryFn: () => api.get<Demo>("/demo") }),
  /** Takes the demo's data away; the answer leads to a real first start. */
  remove: () => api.delete<{ setupPath: string }>("/demo"),
  kill: () => api.post<void>("/demo/kill"),
};
