import { Alert, Box, Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { modules, type ModuleCard, type Version } from "../../api/modules";
import { CodeEditor } from "../../editor/CodeEditor";
import { Dialog } from "../../ui/Dialog";
import { tell } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";

interface Props {
  card: ModuleCard;
  saved: Version;
  opened: boolean;
  onClose: () => void;
}

/** The module's module.json as a text: saved with the newest version's code as the next version. */
export function EditManifest({ card, saved, opened, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} onClose={onClose} title="module.json" size="xl">
      <Text size="sm" c="dimmed" mb="sm">
        {t("studio.manifestHint")}
      </Text>
      <ManifestText key={saved.id} card={card} saved={saved} onClose={onClose} />
    </Dialog>
  );
}

function ManifestText({ card, saved, onClose }: Omit<Props, "opened">) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const before = JSON.stringify(saved.manifest, null, 2);
  const [text, setText] = useState(before);
  const manifest = parsed(text);
  const saving = useMutation({
    mutationFn: () => modules.save(card.id, { source: saved.source, note: "module.json", manifest: manifest ?? {} }),
    onSuccess: async (version) => {
      tell(t("studio.savedDraft", { number: version.number }));
      onClose();
      client.setQueryData(modules.version(card.id, version.id).queryKey, version);
      await client.invalidateQueries({ queryKey: ["modules"] });
    },
  });
  const save = () => saving.mutate();
  return (
    <Stack>
      <Box h="min(60vh, 480px)">
        <CodeEditor language="json" label="module.json" value={text} onChange={setText} onSave={save} />
      </Box>
      {!manifest && <Alert color="yellow">{t("studio.manifestNoJson")}</Alert>}
      {saving.error && <ProblemPanel problem={saving.error} />}
      <Group justify="flex-end">
        <Button onClick={save} loading={saving.isPending} disabled={!manifest || text === before}>
          {t("studio.save")}
        </Button>
      </Group>
    </Stack>
  );
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
