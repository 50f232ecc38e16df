import { Badge, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { directories, type Partner } from "../../api/intake";
import { Dialog } from "../../ui/Dialog";
import { RowsLoading } from "../../ui/Loading";
import { tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows } from "../../ui/Rows";

function useRefresh() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ["lead-partners"] });
}

/** Sites of partners, by which their leads are known. */
export function Partners() {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const { data, error, refetch } = useQuery(directories.partners);
  const [edited, setEdited] = useState<Partner | "new">();
  const changing = useMutation({ mutationFn: ({ id, archived }: { id: string; archived: boolean }) => directories.changePartner(id, { archived }), onSuccess: refresh, onError: tellProblem });
  const rows = (data?.items ?? []).toSorted((one, other) => Number(one.archived) - Number(other.archived));
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setEdited("new")}>
      {t("intake.partner.add")}
    </Button>
  );
  return (
    <Panel title={t("intake.partner.title")} description={t("intake.partner.lead")} actions={add}>
      {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
      {!data && !error && <RowsLoading rows={2} />}
      {data && rows.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("intake.partner.none")}
        </Text>
      )}
      {rows.length > 0 && (
        <Rows<Partner>
          label={t("intake.partner.title")}
          rows={rows}
          columns={[
            {
              key: "title",
              title: t("common.name"),
              render: (one) => (
                <Group gap="xs">
                  <Text size="sm" fw={550}>
                    {one.title}
                  </Text>
                  {one.archived && <Badge color="gray">{t("intake.source.archived")}</Badge>}
                </Group>
              ),
            },
            { key: "site", title: t("intake.partner.site"), render: (one) => one.site },
            { key: "leads", title: t("intake.source.leads"), width: 90, align: "end", render: (one) => one.leads },
            {
              key: "actions",
              title: t("common.actions"),
              render: (one) => (
                <Group gap={6}>
                  {!one.archived && (
                    <Button size="compact-sm" variant="default" aria-label={t("intake.source.editNamed", { name: one.title })} onClick={() => setEdited(one)}>
                      {t("intake.source.edit")}
                    </Button>
                  )}
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={one.archived ? t("intake.source.restoreNamed", { name: one.title }) : t("intake.source.archiveNamed", { name: one.title })}
                    onClick={() => changing.mutate({ id: one.id, archived: !one.archived })}
                  >
                    {one.archived ? t("intake.source.restore") : t("intake.source.archive")}
                  </Button>
                </Group>
              ),
            },
          ]}
        />
      )}
      <Dialog opened={edited !== undefined} onClose={() => setEdited(undefined)} title={edited === "new" ? t("intake.partner.add") : t("intake.partner.change")}>
        {edited && <PartnerForm partner={edited === "new" ? undefined : edited} onClose={() => setEdited(undefined)} />}
      </Dialog>
    </Panel>
  );
}

function PartnerForm({ partner, onClose }: { partner: Partner | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const [title, setTitle] = useState(partner?.title ?? "");
  const [site, setSite] = useState(partner?.site ?? "");
  const saving = useMutation({
    mutationFn: () => (partner ? directories.changePartner(partner.id, { title, site }) : directories.addPartner({ title, site })),
    onSuccess: async () => {
      await refresh();
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput data-autofocus required label={t("common.name")} maxLength={200} value={title} onChange={(event) => setTitle(event.currentTarget.value)} />
        <TextInput required label={t("intake.partner.site")} placeholder="partner.example.org" maxLength={500} value={site} onChange={(event) => setSite(event.currentTarget.value)} />
        {saving.error && <ProblemPanel problem={saving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" loading={saving.isPending}>
            {t("common.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
