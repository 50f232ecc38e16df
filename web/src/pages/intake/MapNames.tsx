import { Button, Group, Select, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { inputs, TARGETS, type InputCard, type Target } from "../../api/intake";
import { tell } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";

/** Teaches this source a name that the site has for one of our fields; names that look alike are proposed. */
export function MapNames({ card }: { card: InputCard }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const near = (card.reading?.warnings ?? []).filter((warning) => warning.name && warning.target);
  const unknown = Object.keys(card.reading?.fields?.extra ?? {}).filter((name) => near.every((one) => one.name !== name));
  const [name, setName] = useState(near[0]?.name ?? unknown[0] ?? "");
  const [target, setTarget] = useState<Target | null>((near[0]?.target as Target | undefined) ?? null);
  const mapping = useMutation({
    mutationFn: (one: { name: string; target: Target }) => inputs.mapName(card.input.id, one.name, one.target),
    onSuccess: async () => {
      tell(t("intake.map.done"));
      await client.invalidateQueries({ queryKey: ["inputs", card.input.id] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (target) mapping.mutate({ name: name.trim(), target });
  };
  return (
    <Panel title={t("intake.map.title")} description={t("intake.map.hint")}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          {(near.length > 0 || unknown.length > 0) && (
            <Group gap="xs">
              {[...near.map((one) => ({ name: one.name ?? "", target: one.target as Target | null })), ...unknown.map((one) => ({ name: one, target: null }))].map((one) => (
                <Button
                  key={one.name}
                  size="compact-sm"
                  variant="default"
                  onClick={() => {
                    setName(one.name);
                    setTarget(one.target);
                  }}
                >
                  {one.name}
                </Button>
              ))}
            </Group>
          )}
          <Group gap="sm" align="flex-end">
            <TextInput required flex="1 1 180px" label={t("intake.map.name")} maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} />
            <Select required flex="1 1 180px" searchable label={t("intake.map.target")} data={TARGETS.map((value) => ({ value, label: t(`intake.target.${value}`) }))} value={target} onChange={(value) => setTarget(value as Target | null)} />
            <Button type="submit" variant="default" disabled={!target} loading={mapping.isPending}>
              {t("intake.map.do")}
            </Button>
          </Group>
          {mapping.error && <ProblemPanel problem={mapping.error} />}
        </Stack>
      </form>
    </Panel>
  );
}
