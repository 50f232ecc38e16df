import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { leads, type Lead, type LeadAct } from "../../api/leads";
import { tell, tellProblem } from "../../ui/notices";
import { AssignDialog } from "./AssignDialog";
import { CloseDialog } from "./CloseDialog";

type Some = Pick<Lead, "id" | "number" | "responsible">;
interface Doing {
  of: Some[];
  act: LeadAct;
}

export interface Acts {
  /** Does a thing to leads; what lacks its person or its result is asked for first. */
  start: (of: Some[], act: LeadAct) => void;
  busy: boolean;
  /** The windows that ask; they stand on the page beside everything else. */
  windows: ReactNode;
}

/** Everything that is done to one lead or to several, from the list, the card and the keyboard. */
export function useActs(after?: () => void): Acts {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [asking, setAsking] = useState<Doing>();
  const doing = useMutation({
    mutationFn: async ({ of, act }: Doing) => {
      const [only, ...others] = of;
      if (!only) return null;
      if (others.length > 0) return leads.actOnMany(of.map(({ id }) => id), act);
      client.setQueryData(leads.card(only.id).queryKey, await leads.act(only.id, act));
      return null;
    },
    onSuccess: (many, { of, act }) => {
      setAsking(undefined);
      if (!many) return tell(t(`leads.did.${act.action}`, { number: of[0]?.number }));
      tell([t("leads.changed", { count: many.changed }), many.skipped > 0 && t("leads.skipped", { count: many.skipped })].filter(Boolean).join(" "));
    },
    onError: tellProblem,
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ["leads"] });
      after?.();
    },
  });
  const start = (of: Some[], act: LeadAct) => {
    if (of.length === 0 || doing.isPending) return;
    const lacks = (act.action === "assign" && !act.userId) || (act.action === "close" && !act.result);
    if (lacks) setAsking({ of, act });
    else doing.mutate({ of, act });
  };
  const close = () => setAsking(undefined);
  const windows = (
    <>
      {asking?.act.action === "assign" && (
        <AssignDialog of={asking.of} busy={doing.isPending} onClose={close} onChosen={(userId) => start(asking.of, { action: "assign", userId })} />
      )}
      {asking?.act.action === "close" && (
        <CloseDialog of={asking.of} busy={doing.isPending} onClose={close} onChosen={(result) => start(asking.of, { action: "close", result })} />
      )}
    </>
  );
  return { start, busy: doing.isPending, windows };
}
