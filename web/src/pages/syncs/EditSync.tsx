import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { syncs, type Sync } from "../../api/syncs";
import { Field } from "../../ui/Field";
import { PageLoading } from "../../ui/Loading";
import { tell } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";
import { changeOf, draftOf } from "./draft";
import { SyncForm } from "./SyncForm";
import { useSource } from "./words";

const route = getRouteApi("/inside/syncs/$id/edit");

export default function EditSync() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery({ ...syncs.card(id), refetchInterval: false });
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  return data ? <Form key={data.id} sync={data} /> : <PageLoading />;
}

function Form({ sync }: { sync: Sync }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(() => draftOf(sync));
  const saving = useMutation({
    mutationFn: async () => {
      const change = changeOf(sync, draft);
      return Object.keys(change).length > 0 ? syncs.change(sync.id, change) : sync;
    },
    onSuccess: async (saved) => {
      client.setQueryData(syncs.card(saved.id).queryKey, saved);
      await client.invalidateQueries({ queryKey: ["syncs"] });
      if (saved.state !== "draft") tell(t("common.saved"));
      await navigate({ to: "/syncs/$id", params: { id: saved.id } as never });
    },
  });
  return (
    <>
      <PageHeader title={t("syncs.editNamed", { name: sync.listTitle })} back={{ to: `/syncs/${sync.id}`, label: sync.listTitle }} />
      <SyncForm
        draft={draft}
        put={(change) => setDraft((before) => ({ ...before, ...change }))}
        fixed={<Fixed sync={sync} />}
        problem={saving.error}
        submit={sync.state === "draft" ? t("syncs.showPlan") : t("common.save")}
        busy={saving.isPending}
        back={`/syncs/${sync.id}`}
        onSubmit={() => saving.mutate()}
      />
    </>
  );
}

/** Who is synced where stays: another list is another sync. */
function Fixed({ sync }: { sync: Sync }) {
  const { t } = useTranslation();
  const source = useSource();
  return (
    <Panel description={t("syncs.fixedHint")} title={t("syncs.fixed")}>
      <Field label={t("syncs.source")}>{source(sync)}</Field>
      <Field label={t("syncs.account")}>{sync.account.title}</Field>
      <Field label={t("syncs.list")}>{sync.listTitle}</Field>
    </Panel>
  );
}
