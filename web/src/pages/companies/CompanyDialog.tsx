import { Button, Group, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { companies, type Company } from "../../api/card";
import { Dialog } from "../../ui/Dialog";
import { ProblemPanel } from "../../ui/ProblemPanel";

interface Props {
  company: Company | null;
  opened: boolean;
  onClose: () => void;
  onSaved: (company: Company) => void;
}

/** A new company, or other details of one that is there. */
export function CompanyDialog({ company, opened, onClose, onSaved }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm({
    initialValues: { name: company?.name ?? "", inn: company?.inn ?? "", kpp: company?.kpp ?? "" },
    validate: { name: (value) => (value.trim() ? null : t("companies.nameNeeded")) },
  });
  const saving = useMutation({
    mutationFn: ({ name, inn, kpp }: typeof form.values) => {
      const draft = { name, kind: company?.kind ?? ("company" as const), inn: inn.trim() || null, kpp: kpp.trim() || null };
      return company ? companies.change(company.id, draft) : companies.create(draft);
    },
    onSuccess: async (saved) => {
      onClose();
      onSaved(saved);
      await client.invalidateQueries({ queryKey: ["companies"] });
      await client.invalidateQueries({ queryKey: ["contacts"] });
    },
  });
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
          <TextInput data-autofocus label={t("companies.name")} {...form.getInputProps("name")} />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput label={t("companies.inn")} description={t("companies.innHint")} inputWrapperOrder={["label", "input", "description", "error"]} inputMode="numeric" {...form.getInputProps("inn")} />
            <TextInput label={t("companies.kpp")} inputWrapperOrder={["label", "input", "description", "error"]} {...form.getInputProps("kpp")} />
          </SimpleGrid>
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
