import { Alert, Button, Group, List, Select, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { contacts } from "../../api/contacts";
import { stopList } from "../../api/stop-list";
import { Dialog } from "../../ui/Dialog";
import { useFormat } from "../../ui/format";
import { ProblemPanel } from "../../ui/ProblemPanel";

interface Props {
  opened: boolean;
  onClose: () => void;
}

/** Lines of pasted text become entries; each line that does not fit is told with its reason. */
export function AddStops({ opened, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} onClose={onClose} title={t("stopList.addTitle")} size="lg">
      {opened && <Lines onClose={onClose} />}
    </Dialog>
  );
}

function Lines({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const categories = useQuery(contacts.categories).data ?? [];
  const [text, setText] = useState("");
  const [categoryId, setCategory] = useState<string | null>(null);
  const lines = text.split(/[\n;,]+/).map((line) => line.trim()).filter(Boolean);
  const adding = useMutation({
    mutationFn: async () => {
      const results = await stopList.add(lines, categoryId);
      return results.map((result, place) => ({ ...result, line: lines[place] ?? "" }));
    },
    onSuccess: async (results) => {
      setText(results.filter(({ error }) => error).map(({ line }) => line).join("\n"));
      await Promise.all(["stop-list", "contacts"].map((key) => client.invalidateQueries({ queryKey: [key] })));
    },
  });
  const count = (status: string) => format.number(adding.data?.filter((one) => one.status === status).length ?? 0);
  const wrong = adding.data?.filter(({ error }) => error) ?? [];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (lines.length > 0) adding.mutate();
      }}
    >
      <Stack>
        {adding.error && <ProblemPanel problem={adding.error} />}
        {adding.data && (
          <Alert color={wrong.length > 0 ? "orange" : "teal"} role="status" title={t("stopList.addedTitle", { added: count("added"), known: count("unchanged") })}>
            {wrong.length > 0 && (
              <Stack gap={4}>
                <Text size="sm">{t("stopList.notAdded")}</Text>
                <List size="sm" mah={160} style={{ overflowY: "auto" }}>
                  {wrong.map(({ index, line, error }) => (
                    <List.Item key={index} style={{ overflowWrap: "anywhere" }}>
                      {line}: {error?.code === "invalid_address" ? t("stopList.noAddress") : error?.detail}
                    </List.Item>
                  ))}
                </List>
              </Stack>
            )}
          </Alert>
        )}
        <Textarea
          data-autofocus
          label={t("stopList.lines")}
          description={t("stopList.linesHint")}
          placeholder={"anna@example.ru\n+7 916 000-00-01"}
          autosize
          minRows={5}
          maxRows={12}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Select
          label={t("stopList.category")}
          placeholder={t("stopList.allCategories")}
          clearable
          value={categoryId}
          data={categories.map(({ id, title }) => ({ value: id, label: title }))}
          onChange={setCategory}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("common.close")}
          </Button>
          <Button type="submit" disabled={lines.length === 0} loading={adding.isPending}>
            {t("stopList.addCount", { count: lines.length })}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
