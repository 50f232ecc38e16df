import { useMutation } from "@tanstack/react-query";
import { signInAs, type PlayedRole } from "../../api/session";
import { tellProblem } from "../../ui/notices";
import { useEntrance } from "../entry/use-entrance";

/** Becomes somebody of the demo and goes to a page of theirs. */
export function useVisit() {
  const enter = useEntrance();
  return useMutation({
    mutationFn: ({ role }: { role: PlayedRole; path: string }) => signInAs(role),
    onSuccess: (session, { path }) => enter(session, path),
    onError: tellProblem,
  });
}
