import { Button, Group, Stack, TagsInput, TextInput } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { contacts } from "../../api/contacts";
import { Dialog } from "../../ui/Dialog";
import { ProblemPanel } from "../../ui/ProblemPanel";

export function NewContact({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const form = useForm({
    initialValues: { name: "", emails: [] as string[], phones: [] as string[] },
    validate: { name: (value) => (value.trim() ? null : t("contacts.nameNeeded")) },
  });
  const creation = useMutation({
    mutationFn: contacts.create,
    onSuccess: async ({ id }) => {
      await client.invalidateQueries({ queryKey: ["contacts"] });
      await navigate({ to: "/contacts/$id", params: { id } });
    },
  });
  return (
    <Dialog opened={opened} onClose={onClose} title={t("contacts.add")}>
      <form onSubmit={form.onSubmit((values) => creation.mutate(values))} noValidate>
        <Stack>
          {creation.error && <ProblemPanel problem={creation.error} />}
          <TextInput data-autofocus label={t("contacts.name")} {...form.getInputProps("name")} />
          <AddressFields emails={form.getInputProps("emails")} phones={form.getInputProps("phones")} />
          <Group justify="flex-end">
            <Button type="submit" loading={creation.isPending}>
              {t("contacts.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

type Bound = ReturnType<UseFormReturnType<object>["getInputProps"]>;

/** Several addresses of each kind; the first of each is the primary one. */
export function AddressFields({ emails, phones }: { emails: Bound; phones: Bound }) {
  const { t } = useTranslation();
  return (
    <>
      <TagsInput label={t("contacts.emails")} description={t("contacts.firstIsPrimary")} acceptValueOnBlur splitChars={[",", ";", " "]} {...emails} />
      <TagsInput label={t("contacts.phones")} acceptValueOnBlur splitChars={[",", ";"]} {...phones} />
    </>
  );
}
