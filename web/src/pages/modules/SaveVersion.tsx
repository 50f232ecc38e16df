import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { modules, type CheckResult, type ModuleCard } from "../../api/modules";
import { Dialog } from "../../ui/Dialog";
import { tell } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";

interface Props {
  opened: boolean;
  onClose: () => void;
  card: ModuleCard;
  /** What the saved version will be called. */
  number: number;
  source: string;
  check: CheckResult | undefined;
}

/** Makes the text in the editor the module's next version: a draft until it is published. */
export function SaveVersion({ opened, onClose, card, number, source, check }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [note, setNote] = useState("");
  const errors = check?.diagnostics.filter((found) => found.severity === "error").length ?? 0;
  const saving = useMutation({
    mutationFn: () => modules.save(card.id, { source, note }),
    onSuccess: async (version) => {
      tell(t("studio.savedDraft", { number: version.number }));
      setNote("");
      onClose();
      client.setQueryData(modules.version(card.id, version.id).queryKey, version);
      await client.invalidateQueries({ queryKey: ["modules"] });
    },
  });
  return (
    <Dialog opened={opened} onClose={onClose} title={t("studio.saveTitle", { number })}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <Stack>
          <Text size="sm" c="dimmed">
            {t(card.liveVersionId ? "studio.saveHint" : "studio.saveFirstHint")}
          </Text>
          {errors > 0 && !saving.error && (
            <Alert color="yellow" icon={<IconAlertTriangle size={18} />}>
              {t("studio.saveWithErrors", { count: errors })}
            </Alert>
          )}
          {saving.error && <ProblemPanel problem={saving.error} />}
          <TextInput
            data-autofocus
            label={t("studio.note")}
            description={t("studio.noteHint")}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={saving.isPending}>
              {t("studio.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
