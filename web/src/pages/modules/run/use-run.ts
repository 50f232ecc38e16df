import { useMutation, useQueryClient, type UseMutationResult } from "@tanstack/react-query";
import { useState } from "react";
import { modules, type CallError, type RunRequest, type RunResult } from "../../../api/modules";

interface Run {
  run: UseMutationResult<RunResult, Error, RunRequest>;
  /** The request that a live account would get, and that a person must allow first. */
  asked: CallError | null;
  allow: () => void;
  decline: () => void;
}

/** Runs a function; before anything but a reading request goes to a live account it asks. */
export function useRun(moduleId: string): Run {
  const client = useQueryClient();
  const [asked, setAsked] = useState<CallError | null>(null);
  const run = useMutation({
    mutationFn: (request: RunRequest) => modules.run(moduleId, request),
    onSuccess: async (result) => {
      if (result.error?.kind === "needs_consent") setAsked(result.error);
      await client.invalidateQueries({ queryKey: ["modules", moduleId, "calls", "list"] });
    },
  });
  return {
    run,
    asked,
    allow: () => {
      setAsked(null);
      if (run.variables) run.mutate({ ...run.variables, allowWrites: true });
    },
    decline: () => setAsked(null),
  };
}
