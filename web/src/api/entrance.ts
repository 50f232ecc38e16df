import { queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { Shape } from "./shapes";

/** Ways in by a link in a letter, for who has no session. */
export const entrance = {
  forgotten: (email: string) => api.post("/session/forgotten", { email }),
  /** Whose password a link resets. Looking at it does not use it up. */
  resetLink: (token: string) =>
    queryOptions({
      queryKey: ["reset-link", token],
      queryFn: () => api.post<Shape<"ResetCard">>("/session/reset/check", { token }),
      staleTime: Infinity,
    }),
  reset: (token: string, password: string) => api.post("/session/reset", { token, password }),
};
