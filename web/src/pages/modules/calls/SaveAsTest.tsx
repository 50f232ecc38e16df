import { Button, Checkbox, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { modules, type RecordingCard } from "../../../api/modules";
import { Dialog } from "../../../ui/Dialog";
import { tell } from "../../../ui/notices";
import { ProblemPanel } from "../../../ui/ProblemPanel";
import { shortName } from "../run/inputs";
import { proposedName, TEST_NAME } from "./test-names";

interface Props {
  opened: boolean;
  onClose: () => void;
  moduleId: string;
  call: RecordingCard;
}

/** Keeps a recorded call as a test of the module: what came out then is what must come out. */
export function SaveAsTest({ opened, onClose, moduleId, call }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm({
    initialValues: { name: proposedName(shortName(call.function), call.id), replacePersonalData: true },
    validate: { name: (value) => (TEST_NAME.test(value) ? null : t("studio.testNameRule")) },
  });
  const saving = useMutation({
    mutationFn: (test: { name: string; replacePersonalData: boolean }) => modules.saveAsTest(moduleId, call.id, test),
    onSuccess: async (_, { name }) => {
      tell(t("studio.testSaved", { name }));
      onClose();
      await client.invalidateQueries({ queryKey: ["modules", moduleId, "tests"] });
    },
  });
  return (
    <Dialog opened={opened} onClose={onClose} title={t("studio.saveAsTest")}>
      <form onSubmit={form.onSubmit((values) => saving.mutate(values))} noValidate>
        <Stack>
          <Text size="sm" c="dimmed">
            {t("studio.testHint")}
          </Text>
          {saving.error && <ProblemPanel problem={saving.error} />}
          <TextInput data-autofocus label={t("studio.testName")} description={t("studio.testNameRule")} {...form.getInputProps("name")} />
          <Checkbox
            label={t("studio.replacePersonalData")}
            description={t("studio.replacePersonalDataHint")}
            {...form.getInputProps("replacePersonalData", { type: "checkbox" })}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={saving.isPending}>
              {t("studio.saveTest")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
