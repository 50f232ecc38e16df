import { useQuery } from "@tanstack/react-query";
import { api, Problem } from "../../api/client";
import type { Session } from "../../api/session";

/** Whether this installation is a demo: the refusal of an unknown session says so. */
export function useDemoOffered(): boolean {
  const { data } = useQuery({
    queryKey: ["demo-offered"],
    queryFn: async () => {
      try {
        return (await api.get<Session>("/session")).demo;
      } catch (problem) {
        if (problem instanceof Problem && problem.status === 401) return problem.fields.demo === true;
        throw problem;
      }
    },
  });
  return data ?? false;
}
