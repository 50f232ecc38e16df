import { useQueryClient } from "@tanstack/react-query";
import { useEvents, type Connection } from "../../api/events";
import { hasEnded, syncs, type SyncRun } from "../../api/syncs";

/** Follows a run until it ends: where it is shown, alone or with its sync, it moves as it happens. */
export function useLiveRun(run: SyncRun | null | undefined): Connection {
  const client = useQueryClient();
  const live = run && !hasEnded(run);
  return useEvents<SyncRun>(live ? syncs.events(run.id) : null, "progress", (now) => {
    const before = client.getQueryData(syncs.run(now.id).queryKey) ?? client.getQueryData(syncs.card(now.syncId).queryKey)?.run;
    client.setQueryData(syncs.run(now.id).queryKey, now);
    client.setQueryData(syncs.card(now.syncId).queryKey, (card) => card && (card.run?.id === now.id ? { ...card, run: now } : card));
    if (before?.state === now.state) return;
    // What may be done, who is held back and the history depend on the state.
    void client.invalidateQueries({ queryKey: ["syncs"] });
    void client.invalidateQueries({ queryKey: ["sync-runs", now.id] });
  });
}
