import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { removedPercent, syncs, type Sync } from "../../api/syncs";
import { useFormat } from "../../ui/format";
import { ask, tell, tellProblem } from "../../ui/notices";

export type Act = "run" | "confirm" | "stop" | "on" | "off" | "delete" | "recompute";

/** What a person may do with a sync; what can't be taken back asks first and says how many it concerns. */
export function useActs(sync: Sync) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const navigate = useNavigate();
  const removals = sync.run?.counts.remove ?? 0;
  const doing = useMutation({
    mutationFn: async (act: Act): Promise<void> => {
      if (act === "run") await syncs.start(sync.id);
      else if (act === "confirm") await syncs.confirm(sync.id, removals);
      else if (act === "stop") await syncs.stop(sync.id);
      else if (act === "recompute") await syncs.recompute(sync.id);
      else if (act === "delete") await syncs.remove(sync.id);
      else await syncs.change(sync.id, { state: act });
    },
    onSuccess: async (_, act) => {
      tell(t(`syncs.did.${act === "delete" && sync.state === "draft" ? "discard" : act}`));
      if (act === "delete") {
        client.removeQueries({ queryKey: syncs.card(sync.id).queryKey });
        await navigate({ to: "/syncs" });
      }
    },
    onError: tellProblem,
    onSettled: () => client.invalidateQueries({ queryKey: ["syncs"] }),
  });
  const people = { count: removals, shown: format.number(removals), list: sync.listTitle };
  const start = (act: Act) => {
    if (act === "confirm" && removals > 0) {
      return ask({
        title: t("syncs.ask.confirmTitle", people),
        text: `${t("syncs.ask.confirmShare", { percent: sync.run ? removedPercent(sync.run) : 0 })} ${t("syncs.ask.confirmText", { add: format.number(sync.run?.counts.add ?? 0) })}`,
        confirm: t("syncs.ask.confirm", people),
        danger: true,
        onConfirm: () => doing.mutate(act),
      });
    }
    if (act === "delete" && sync.state !== "draft") {
      return ask({ title: t("syncs.ask.deleteTitle"), text: t("syncs.ask.deleteText"), confirm: t("common.delete"), danger: true, onConfirm: () => doing.mutate(act) });
    }
    doing.mutate(act);
  };
  return { start, busy: doing.isPending ? doing.variables : null };
}
