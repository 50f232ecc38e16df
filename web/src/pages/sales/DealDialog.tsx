import { Button, Group, Select, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { deals, type Deal } from "../../api/sales";
import { useRight } from "../../api/session";
import { changes } from "../../forms/changes";
import { Dialog } from "../../ui/Dialog";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { CompanySelect } from "../companies/CompanySelect";
import { decimal, typed } from "./numbers";
import { ContactSelect, ResponsibleSelect, type Named } from "./Parties";

interface Props {
  deal: Deal | null;
  /** Whose the new deal is to be. */
  client?: Named | null;
  onClose: () => void;
  onSaved: (deal: Deal) => void;
}

interface Values {
  title: string;
  sum: string;
  stageId: string | null;
  client: Named | null;
  contact: Named | null;
  responsibleId: string | null;
}

const draftOf = (values: Values) => ({
  title: values.title,
  sum: decimal(values.sum) ?? null,
  clientId: values.client?.id ?? null,
  contactId: values.contact?.id ?? null,
  responsibleId: values.responsibleId,
});

/** A new deal, or other details of one that is there. */
export function DealDialog({ deal, client = null, onClose, onSaved }: Props) {
  const { t, i18n } = useTranslation();
  const cache = useQueryClient();
  const reads = useRight("contacts.read");
  const stages = (useQuery(deals.stages).data ?? []).filter((stage) => !stage.archived);
  const form = useForm<Values>({
    initialValues: {
      title: deal?.title ?? "",
      sum: typed(deal?.sum, i18n.language),
      stageId: null,
      client: deal?.client ?? client,
      contact: deal?.contact ?? null,
      responsibleId: deal?.responsible?.id ?? null,
    },
    validate: {
      title: (value) => (value.trim() ? null : t("sales.titleNeeded")),
      sum: (value) => (decimal(value) === undefined ? t("sales.numberNeeded") : null),
    },
  });
  const saving = useMutation({
    mutationFn: (values: Values) => {
      const draft = draftOf(values);
      if (!deal) return deals.create({ ...draft, stageId: values.stageId });
      return deals.change(deal.id, changes(draftOf(form.getInitialValues()), draft));
    },
    onSuccess: async (saved) => {
      onClose();
      onSaved(saved);
      await cache.invalidateQueries({ queryKey: ["deals"] });
      await cache.invalidateQueries({ queryKey: ["companies"] });
    },
  });
  return (
    <Dialog opened onClose={onClose} title={deal ? t("sales.dealNo", { number: deal.number }) : t("sales.newDeal")}>
      <form onSubmit={form.onSubmit((values) => saving.mutate(values))} noValidate>
        <Stack>
          {saving.error && <ProblemPanel problem={saving.error} />}
          <TextInput data-autofocus label={t("sales.dealTitle")} maxLength={500} {...form.getInputProps("title")} />
          <SimpleGrid cols={{ base: 1, xs: deal ? 1 : 2 }}>
            <TextInput label={t("sales.sumInRoubles")} inputMode="decimal" {...form.getInputProps("sum")} />
            {!deal && (
              <Select
                label={t("sales.stage")}
                placeholder={stages.find((stage) => stage.kind === "open")?.name}
                data={stages.map((stage) => ({ value: stage.id, label: stage.name }))}
                {...form.getInputProps("stageId")}
              />
            )}
          </SimpleGrid>
          {reads && (
            <>
              <CompanySelect label={t("sales.client")} value={form.values.client} onChange={(chosen) => form.setFieldValue("client", chosen)} />
              <ContactSelect value={form.values.contact} onChange={(chosen) => form.setFieldValue("contact", chosen)} />
            </>
          )}
          <ResponsibleSelect
            value={form.values.responsibleId}
            known={deal?.responsible ?? null}
            onChange={(id) => form.setFieldValue("responsibleId", id)}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={saving.isPending}>
              {t(deal ? "common.save" : "sales.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
