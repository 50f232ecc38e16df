import { Button, Group, SegmentedControl, SimpleGrid, Stack, TagsInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { companies, type Company } from "../../api/card";
import { changes } from "../../forms/changes";
import { Dialog } from "../../ui/Dialog";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { ResponsibleSelect } from "../sales/Parties";

interface Props {
  company: Company | null;
  opened: boolean;
  onClose: () => void;
  onSaved: (company: Company) => void;
}

export const KINDS: Company["kind"][] = ["company", "person"];
const ADDRESSES = 20;

const draftOf = <T extends { inn: string; kpp: string }>(values: T) => ({ ...values, inn: values.inn.trim() || null, kpp: values.kpp.trim() || null });

/** A new client, or other details of one that is there. */
export function CompanyDialog({ company, opened, onClose, onSaved }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm({
    initialValues: {
      name: company?.name ?? "",
      kind: company?.kind ?? ("company" as Company["kind"]),
      inn: company?.inn ?? "",
      kpp: company?.kpp ?? "",
      responsibleId: company?.responsible?.id ?? null,
      emails: company?.emails ?? [],
      phones: company?.phones ?? [],
    },
    validate: { name: (value) => (value.trim() ? null : t("companies.nameNeeded")) },
  });
  const saving = useMutation({
    mutationFn: (values: typeof form.values) => {
      const draft = draftOf(values);
      if (!company) return companies.create(draft);
      const { name, kind, inn, kpp, updatedAt } = company;
      return companies.change(company.id, { name, kind, inn, kpp, ...changes(draftOf(form.getInitialValues()), draft), unchangedSince: updatedAt });
    },
    // Somebody else may have been faster: what is typed stays, and goes over the card as it is now.
    onError: () => company && client.invalidateQueries({ queryKey: ["companies"] }),
    onSuccess: async (saved) => {
      onClose();
      onSaved(saved);
      for (const room of ["companies", "contacts"]) await client.invalidateQueries({ queryKey: [room] });
    },
  });
  const { kind, responsibleId } = form.values;
  return (
    <Dialog opened={opened} onClose={onClose} title={company?.name ?? t("companies.add")}>
      <form
        onSubmit={(event) => {
          event.stopPropagation(); // it may stand inside of a contact's form
          form.onSubmit((values) => saving.mutate(values))(event);
        }}
        noValidate
      >
        <Stack>
          {saving.error && <ProblemPanel problem={saving.error} />}
          <SegmentedControl
            aria-label={t("companies.kind")}
            value={kind}
            data={KINDS.map((value) => ({ value, label: t(`companies.kinds.${value}`) }))}
            onChange={(value) => form.setFieldValue("kind", value as Company["kind"])}
          />
          <TextInput data-autofocus label={t("companies.name")} {...form.getInputProps("name")} />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput label={t("companies.inn")} description={t("companies.innHint")} inputWrapperOrder={["label", "input", "description", "error"]} inputMode="numeric" {...form.getInputProps("inn")} />
            {kind === "company" && (
              <TextInput label={t("companies.kpp")} inputWrapperOrder={["label", "input", "description", "error"]} {...form.getInputProps("kpp")} />
            )}
          </SimpleGrid>
          <ResponsibleSelect
            value={responsibleId}
            known={company?.responsible ?? null}
            onChange={(id) => form.setFieldValue("responsibleId", id)}
          />
          <TagsInput label={t("companies.emails")} placeholder={t("companies.addressesHint")} maxTags={ADDRESSES} acceptValueOnBlur {...form.getInputProps("emails")} />
          <TagsInput label={t("companies.phones")} placeholder={t("companies.addressesHint")} maxTags={ADDRESSES} acceptValueOnBlur {...form.getInputProps("phones")} />
          <Group justify="flex-end">
            <Button type="submit" loading={saving.isPending}>
              {t(company ? "common.save" : "companies.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
