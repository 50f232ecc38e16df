import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { segments, type RuleGroup, type Segment } from "../../api/segments";
import { Dialog } from "../../ui/Dialog";
import { useFormat } from "../../ui/format";
import { tell } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { RuleEditor } from "./RuleEditor";

const COUNT_AFTER_MS = 350;
const EVERYBODY: RuleGroup = { combinator: "and", rules: [] };

/** Makes or changes a dynamic segment; how many contacts it has is counted as it is built. */
export function SegmentDialog({ segment, opened, onClose }: { segment: Segment | null; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState(segment?.name ?? "");
  const [rule, setRule] = useState<RuleGroup>(segment?.rule ?? EVERYBODY);
  const saving = useMutation({
    mutationFn: async () => {
      if (segment) await segments.change(segment.id, { name, rule });
      else await segments.create({ name, rule });
    },
    onSuccess: async () => {
      tell(t("common.saved"));
      onClose();
      await client.invalidateQueries({ queryKey: ["segments"] });
    },
  });
  const nested = rule.rules.some((part) => "rules" in part);
  return (
    <Dialog opened={opened} onClose={onClose} size="xl" title={t(segment ? "segments.edit" : "segments.add")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <Stack>
          {saving.error && <ProblemPanel problem={saving.error} />}
          <TextInput data-autofocus required label={t("common.name")} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          {nested ? <Alert color="blue">{t("segments.nested")}</Alert> : <RuleEditor rule={rule} onChange={setRule} />}
          <Group justify="space-between">
            <LiveCount rule={rule} enabled={opened} />
            <Button type="submit" disabled={!name.trim() || !complete(rule)} loading={saving.isPending}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

/** Whether every condition says what to compare with; half a rule is not worth asking the server about. */
function complete(rule: RuleGroup): boolean {
  return rule.rules.every((part) => {
    if ("rules" in part) return complete(part);
    if (part.operator === "null" || part.operator === "notNull") return true;
    return Array.isArray(part.value) ? part.value.length > 0 : part.value !== undefined && part.value !== "";
  });
}

function LiveCount({ rule, enabled }: { rule: RuleGroup; enabled: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [settled] = useDebouncedValue(rule, COUNT_AFTER_MS);
  const { data } = useQuery({ ...segments.countRule(settled), enabled: enabled && complete(settled) });
  return (
    <Text size="sm" aria-live="polite" className="numbers">
      {data ? t("segments.found", { count: data.count, shown: format.number(data.count) }) : t("segments.incomplete")}
    </Text>
  );
}
