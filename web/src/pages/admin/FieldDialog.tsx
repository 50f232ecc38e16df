import { Button, Group, Select, Stack, TagsInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { fields, type FieldDefinition, type FieldKind } from "../../api/card";
import { localised } from "../../i18n";
import { Dialog } from "../../ui/Dialog";
import { tell } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";

const KINDS: FieldKind[] = ["text", "number", "boolean", "date", "choice"];

/** A new field, or another name and other options for one that is there. */
export function FieldDialog({ field, opened, onClose }: { field: FieldDefinition | null; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm({
    initialValues: {
      ru: field?.title.ru ?? "",
      en: field?.title.en ?? "",
      key: field?.key ?? "",
      kind: field?.kind ?? ("text" as FieldKind),
      options: field?.options ?? [],
    },
    validate: {
      ru: (value) => (value.trim() ? null : t("fields.nameNeeded")),
      en: (value) => (value.trim() ? null : t("fields.nameNeeded")),
      key: (value) => (field || /^[a-z][a-z0-9_]{0,62}$/.test(value) ? null : t("fields.keyWrong")),
      options: (value, all) => (all.kind !== "choice" || value.length > 0 ? null : t("fields.optionsNeeded")),
    },
  });
  const saving = useMutation({
    mutationFn: ({ ru, en, key, kind, options }: typeof form.values) => {
      const chosen = kind === "choice" ? { options } : {};
      return field
        ? fields.change(field.id, { title: { ru, en }, ...chosen })
        : fields.create({ key, kind, title: { ru, en }, ...chosen });
    },
    onSuccess: async () => {
      tell(t(field ? "common.saved" : "fields.created"));
      onClose();
      await client.invalidateQueries({ queryKey: ["contact-fields"] });
    },
  });
  const title = field ? t("fields.editTitle", { name: localised(field.title) }) : t("fields.add");
  return (
    <Dialog opened={opened} onClose={onClose} title={title}>
      <form onSubmit={form.onSubmit((values) => saving.mutate(values))} noValidate>
        <Stack>
          {saving.error && <ProblemPanel problem={saving.error} />}
          <TextInput data-autofocus label={t("fields.nameRu")} {...form.getInputProps("ru")} />
          <TextInput label={t("fields.nameEn")} {...form.getInputProps("en")} />
          {!field && <TextInput label={t("fields.key")} description={t("fields.keyHint")} placeholder="city" {...form.getInputProps("key")} />}
          {!field && (
            <Select
              label={t("fields.kind")}
              description={t("fields.kindHint")}
              allowDeselect={false}
              data={KINDS.map((kind) => ({ value: kind, label: t(`fields.kinds.${kind}`) }))}
              {...form.getInputProps("kind")}
            />
          )}
          {form.values.kind === "choice" && (
            <TagsInput
              label={t("fields.options")}
              description={t(field ? "fields.optionsKept" : "fields.optionsHint")}
              acceptValueOnBlur
              {...form.getInputProps("options")}
            />
          )}
          <Group justify="flex-end">
            <Button type="submit" loading={saving.isPending}>
              {t(field ? "common.save" : "fields.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
