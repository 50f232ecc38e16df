import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { modules } from "../../api/modules";
import { Dialog } from "../../ui/Dialog";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { copyName, MODULE_NAME } from "./module-name";
import { useOpenModule } from "./use-open-module";

interface Props {
  opened: boolean;
  onClose: () => void;
  id: string;
  name: string;
}

/** A module of one's own with the same text: the catalogue's updates leave it alone. */
export function ForkModule({ opened, onClose, id, name }: Props) {
  const { t } = useTranslation();
  const open = useOpenModule();
  const form = useForm({
    initialValues: { name: copyName(name) },
    validate: { name: (value) => (MODULE_NAME.test(value) ? null : t("modules.nameRule")) },
  });
  const forking = useMutation({
    mutationFn: (values: { name: string }) => modules.fork(id, values.name),
    onSuccess: async (module) => {
      onClose();
      await open(t("modules.forked"))(module);
    },
  });
  return (
    <Dialog opened={opened} onClose={onClose} title={t("modules.fork")}>
      <form onSubmit={form.onSubmit((values) => forking.mutate(values))} noValidate>
        <Stack>
          <Text size="sm" c="dimmed">
            {t("modules.forkHint")}
          </Text>
          {forking.error && <ProblemPanel problem={forking.error} />}
          <TextInput data-autofocus label={t("modules.nameField")} description={t("modules.nameHint")} {...form.getInputProps("name")} />
          <Group justify="flex-end">
            <Button type="submit" loading={forking.isPending}>
              {t("modules.forkAction")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
