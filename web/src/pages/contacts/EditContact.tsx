import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { contacts, type ContactCard } from "../../api/contacts";
import { Dialog } from "../../ui/Dialog";
import { tell } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { AddressFields } from "./NewContact";

export function EditContact({ contact, opened, onClose }: { contact: ContactCard; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm({
    initialValues: {
      name: contact.name,
      emails: contact.emails.map((one) => one.address),
      phones: contact.phones.map((one) => one.address),
    },
    validate: { name: (value) => (value.trim() ? null : t("contacts.nameNeeded")) },
  });
  const saving = useMutation({
    mutationFn: (draft: typeof form.values) => contacts.change(contact.id, draft),
    onSuccess: async () => {
      tell(t("common.saved"));
      onClose();
      await client.invalidateQueries({ queryKey: ["contacts"] });
    },
  });
  return (
    <Dialog opened={opened} onClose={onClose} title={t("contacts.edit")}>
      <form onSubmit={form.onSubmit((values) => saving.mutate(values))} noValidate>
        <Stack>
          {saving.error && <ProblemPanel problem={saving.error} />}
          <TextInput data-autofocus label={t("contacts.name")} {...form.getInputProps("name")} />
          <AddressFields emails={form.getInputProps("emails")} phones={form.getInputProps("phones")} />
          <Group justify="flex-end">
            <Button type="submit" loading={saving.isPending}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
