import { Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { syncs } from "../../api/syncs";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import { bodyOf, EMPTY, type Draft } from "./draft";
import { SyncForm } from "./SyncForm";

/** A new sync: it is kept as a draft, and its plan is shown before anything is transferred. */
export default function NewSync() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { segmentId, accountId } = useListState();
  const [draft, setDraft] = useState<Draft>({ ...EMPTY, segmentId: segmentId ?? null, accountId: accountId ?? null });
  const making = useMutation({
    mutationFn: () => syncs.create(bodyOf(draft)),
    onSuccess: async (made) => {
      client.setQueryData(syncs.card(made.id).queryKey, made);
      await client.invalidateQueries({ queryKey: ["syncs", "list"] });
      await navigate({ to: "/syncs/$id", params: { id: made.id } as never });
    },
  });
  return (
    <>
      <PageHeader title={t("syncs.add")} description={t("syncs.addHint")} back={{ to: "/syncs", label: t("syncs.title") }} />
      <SyncForm
        draft={draft}
        put={(change) => setDraft((before) => ({ ...before, ...change }))}
        problem={making.error}
        submit={t("syncs.showPlan")}
        hint={
          <Text size="sm" c="dimmed" ta="end">
            {t("syncs.showPlanHint")}
          </Text>
        }
        busy={making.isPending}
        back="/syncs"
        onSubmit={() => making.mutate()}
      />
    </>
  );
}
