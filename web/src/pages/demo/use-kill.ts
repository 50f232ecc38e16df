import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { demo } from "../../api/demo";
import { Problem } from "../../api/client";
import { tell, tellProblem } from "../../ui/notices";

const TRY_AGAIN_MS = 300;
const GIVE_UP_AFTER_MS = 60_000;

/** Kills the server's process and waits until it answers again. */
export function useKill(): { kill: () => void; busy: boolean; seconds: number | null } {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const killing = useMutation({
    mutationFn: async () => {
      const started = Date.now();
      await demo.kill().catch(expectDeath);
      await answersAgain();
      return (Date.now() - started) / 1000;
    },
    onSuccess: async (seconds) => {
      tell(t("demo.alive", { seconds: inSeconds(seconds, i18n.language) }));
      await client.invalidateQueries();
    },
    onError: tellProblem,
  });
  return { kill: () => killing.mutate(), busy: killing.isPending, seconds: killing.data ?? null };
}

/** A process that is killed cannot answer: a lost connection is what we asked for. */
function expectDeath(problem: unknown): void {
  if (problem instanceof Problem && (problem.status === 0 || problem.status >= 502)) return;
  throw problem;
}

async function answersAgain(): Promise<void> {
  const deadline = Date.now() + GIVE_UP_AFTER_MS;
  // The dying process may still answer once: give it a moment.
  await pause(TRY_AGAIN_MS * 2);
  while (Date.now() < deadline) {
    try {
      const answer = await fetch("/readyz", { cache: "no-store" });
      if (answer.ok) return;
    } catch {
      // Not up yet.
    }
    await pause(TRY_AGAIN_MS);
  }
  throw new Problem(0, { code: "offline" });
}

export function inSeconds(seconds: number, language: string): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(seconds);
}

const pause = (ms: number) => new Promise((resolve) => window.setTimeout(resolve, ms));
