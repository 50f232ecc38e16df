import { queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { Shape } from "./shapes";

export type Demo = Shape<"DemoCard">;
export type SentLetter = Shape<"DemoLetterSent">;
export type DemoLetter = Shape<"DemoLetter">;

export const demo = {
  query: queryOptions({ queryKey: ["demo"], queryFn: () => api.get<Demo>("/demo") }),
  /** Takes the demo's data away; the answer leads to a real first start. */
  remove: () => api.delete<{ setupPath: string }>("/demo"),
  /** Has the site send its letter, and the mail collector take it at once. */
  sendLetter: (kind: Shape<"DemoLetterBody">["kind"]) => api.post<SentLetter>("/demo/letters", { kind }),
  letter: (sent: SentLetter) =>
    queryOptions({
      queryKey: ["demo", "letter", sent.validity, sent.number],
      queryFn: () => api.get<DemoLetter>(`/demo/letters/${sent.validity}/${sent.number}`),
      // Whoever comes back has just done something with it.
      staleTime: 0,
    }),
  kill: () => api.post<void>("/demo/kill"),
};
