import { QueryClient } from "@tanstack/react-query";
import { Problem } from "./client";

const RETRIES = 2;

/** The page's cache of answers. What the server refused is not asked again; a lost connection is. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, problem) => failures < RETRIES && problem instanceof Problem && (problem.status === 0 || problem.status >= 502),
    },
  },
});
