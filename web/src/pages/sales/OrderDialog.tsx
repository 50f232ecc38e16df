import { Button, Group, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { orders, type Deal, type OrderCard } from "../../api/sales";
import { useRight } from "../../api/session";
import { changes } from "../../forms/changes";
import { DayPicker } from "../../ui/DayPicker";
import { Dialog } from "../../ui/Dialog";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { CompanySelect } from "../companies/CompanySelect";
import { ContactSelect, DealSelect, ResponsibleSelect, type Named } from "./Parties";

interface Props {
  order: OrderCard | null;
  /** Of which the new order is to be. */
  deal?: Deal;
  onClose: () => void;
  onSaved: (order: OrderCard) => void;
}

interface Values {
  title: string;
  client: Named | null;
  contact: Named | null;
  deal: Named | null;
  responsibleId: string | null;
  dueOn: string | null;
  description: string;
  layouts: string;
}

const dealName = (of: { id: string; number: number; title: string } | null | undefined): Named | null =>
  of ? { id: of.id, name: `№ ${of.number} ${of.title}` } : null;

const draftOf = (values: Values) => ({
  title: values.title,
  clientId: values.client?.id ?? null,
  contactId: values.contact?.id ?? null,
  dealId: values.deal?.id ?? null,
  responsibleId: values.responsibleId,
  dueOn: values.dueOn,
  description: values.description,
  layouts: values.layouts.split("\n").map((each) => each.trim()).filter(Boolean),
});

/** A new order, or other details of one that is there; its lines are edited on its card. */
export function OrderDialog({ order, deal, onClose, onSaved }: Props) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const reads = useRight("contacts.read");
  const form = useForm<Values>({
    initialValues: {
      title: order?.title ?? deal?.title ?? "",
      client: order?.client ?? deal?.client ?? null,
      contact: order?.contact ?? deal?.contact ?? null,
      deal: dealName(order ? order.deal : deal),
      responsibleId: (order ? order.responsible : deal?.responsible)?.id ?? null,
      dueOn: order?.dueOn ?? null,
      description: order?.description ?? "",
      layouts: order?.layouts.join("\n") ?? "",
    },
    validate: { title: (value) => (value.trim() ? null : t("sales.titleNeeded")) },
  });
  const saving = useMutation({
    mutationFn: (values: Values) => {
      const draft = draftOf(values);
      return order ? orders.change(order.id, changes(draftOf(form.getInitialValues()), draft)) : orders.create(draft);
    },
    onSuccess: async (saved) => {
      onClose();
      onSaved(saved);
      await cache.invalidateQueries({ queryKey: ["orders"] });
      await cache.invalidateQueries({ queryKey: ["companies"] });
    },
  });
  return (
    <Dialog opened onClose={onClose} title={order ? t("sales.orderNo", { number: order.number }) : t("sales.newOrder")} size="lg">
      <form onSubmit={form.onSubmit((values) => saving.mutate(values))} noValidate>
        <Stack>
          {saving.error && <ProblemPanel problem={saving.error} />}
          <TextInput data-autofocus label={t("sales.orderTitle")} maxLength={500} {...form.getInputProps("title")} />
          {reads && (
            <>
              <CompanySelect label={t("sales.client")} value={form.values.client} onChange={(chosen) => form.setFieldValue("client", chosen)} />
              <ContactSelect value={form.values.contact} onChange={(chosen) => form.setFieldValue("contact", chosen)} />
            </>
          )}
          <DealSelect value={form.values.deal} onChange={(chosen) => form.setFieldValue("deal", chosen)} />
          <ResponsibleSelect
            value={form.values.responsibleId}
            known={order?.responsible ?? null}
            onChange={(id) => form.setFieldValue("responsibleId", id)}
          />
          <DayPicker label={t("sales.due")} description={t("sales.dueHint")} value={form.values.dueOn} onChange={(day) => form.setFieldValue("dueOn", day)} />
          <Textarea label={t("sales.description")} autosize minRows={2} maxRows={8} {...form.getInputProps("description")} />
          <Textarea
            label={t("sales.layouts")}
            description={t("sales.layoutsHint")}
            inputWrapperOrder={["label", "input", "description", "error"]}
            autosize
            minRows={2}
            maxRows={8}
            {...form.getInputProps("layouts")}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={saving.isPending}>
              {t(order ? "common.save" : "sales.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
