import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ask, tell, tellProblem } from "../../ui/notices";

const TEXTS = {
  keys: { done: "keys.revoked", title: "keys.revokeTitle", text: "keys.revokeText", confirm: "keys.revoke" },
  embedding: { done: "embedding.revoked", title: "embedding.revokeTitle", text: "embedding.revokeText", confirm: "embedding.revoke" },
};

/** Asks whether a key is to be revoked, and revokes it; `area` names its texts, `list` the query that shows it. */
export function useRevoking(area: keyof typeof TEXTS, list: string, revoke: (id: string) => Promise<unknown>): (key: { id: string; name: string }) => void {
  const { t } = useTranslation();
  const texts = TEXTS[area];
  const client = useQueryClient();
  const revocation = useMutation({
    mutationFn: revoke,
    onSuccess: async () => {
      tell(t(texts.done));
      await client.invalidateQueries({ queryKey: [list] });
    },
    onError: tellProblem,
  });
  return ({ id, name }) =>
    ask({
      title: t(texts.title, { name }),
      text: t(texts.text),
      confirm: t(texts.confirm),
      danger: true,
      onConfirm: () => revocation.mutate(id),
    });
}
