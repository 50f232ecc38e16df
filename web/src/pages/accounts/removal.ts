import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { accounts } from "../../api/accounts";
import { ask, tellProblem } from "../../ui/notices";

/** Asks whether an account is to be deleted, and deletes it. */
export function useRemoval(gone: () => Promise<void> = async () => {}): (account: { id: string; title: string }) => void {
  const { t } = useTranslation();
  const client = useQueryClient();
  const removal = useMutation({
    mutationFn: accounts.remove,
    onSuccess: async () => {
      await gone();
      await client.invalidateQueries({ queryKey: ["accounts"] });
    },
    onError: tellProblem,
  });
  return ({ id, title }) =>
    ask({
      title: t("accounts.deleteTitle", { name: title }),
      text: t("accounts.deleteText"),
      confirm: t("common.delete"),
      danger: true,
      onConfirm: () => removal.mutate(id),
    });
}
