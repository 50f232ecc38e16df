import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { modules } from "../../api/modules";
import { Dialog } from "../../ui/Dialog";
import { tellProblem } from "../../ui/notices";
import { MODULE_NAME } from "./module-name";
import { useOpenModule } from "./use-open-module";

/** A module from the scaffold: every function of the contract, ready to be filled in. */
export function NewModule({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const open = useOpenModule();
  const form = useForm({
    initialValues: { title: "", name: "" },
    validate: {
      title: (value) => (value.trim() ? null : t("modules.titleNeeded")),
      name: (value) => (MODULE_NAME.test(value) ? null : t("modules.nameRule")),
    },
  });
  const creation = useMutation({ mutationFn: modules.create, onSuccess: open(t("modules.created")), onError: tellProblem });
  return (
    <Dialog opened={opened} onClose={onClose} title={t("modules.new")}>
      <form onSubmit={form.onSubmit((values) => creation.mutate(values))} noValidate>
        <Stack>
          <Text size="sm" c="dimmed">
            {t("modules.newHint")}
          </Text>
          <TextInput data-autofocus label={t("modules.titleField")} placeholder={t("modules.titleSample")} {...form.getInputProps("title")} />
          <TextInput label={t("modules.nameField")} description={t("modules.nameHint")} placeholder="my_service" {...form.getInputProps("name")} />
          <Group justify="flex-end">
            <Button type="submit" loading={creation.isPending}>
              {t("modules.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
