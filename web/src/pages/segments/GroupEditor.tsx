import { ActionIcon, Button, Checkbox, Group, SegmentedControl, Stack, Text, Tooltip } from "@mantine/core";
import { IconFolderPlus, IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Condition, RuleGroup, SegmentField } from "../../api/segments";
import { ConditionEditor } from "./ConditionEditor";
import classes from "./Builder.module.css";
import { EVERYBODY, startOf } from "./rule";

/** How deep groups may stand in one another here; the server takes a few levels more. */
const DEEPEST = 4;

interface Props {
  group: RuleGroup;
  fields: SegmentField[];
  onChange: (group: RuleGroup) => void;
  onRemove?: () => void;
  depth?: number;
}

/** Conditions and groups of them, all or any of which must hold; or none: "except those". */
export function GroupEditor({ group, fields, onChange, onRemove, depth = 0 }: Props) {
  const { t } = useTranslation();
  const put = (rules: RuleGroup["rules"]) => onChange({ ...group, rules });
  const replace = (index: number, changed: RuleGroup | Condition) => put(group.rules.map((one, place) => (place === index ? changed : one)));
  const remove = (index: number) => put(group.rules.filter((_, place) => place !== index));
  const [first] = fields;
  const add = () => first && put([...group.rules, startOf(first)]);
  const addGroup = () => first && put([...group.rules, { ...EVERYBODY, combinator: "or", rules: [startOf(first)] }]);
  return (
    <Stack gap="sm" className={depth > 0 ? classes.group : undefined} role="group" aria-label={t("segments.group")} data-not={group.not || undefined}>
      <Group gap="sm" justify="space-between" wrap="nowrap" align="flex-start">
        <Group gap="sm">
          <SegmentedControl
            size="xs"
            aria-label={t("segments.join")}
            value={group.combinator}
            onChange={(value) => onChange({ ...group, combinator: value as RuleGroup["combinator"] })}
            data={[
              { value: "and", label: t("segments.all") },
              { value: "or", label: t("segments.any") },
            ]}
          />
          {(depth > 0 || group.rules.length > 0) && (
            <Checkbox
              size="xs"
              label={t("segments.notGroup")}
              checked={group.not === true}
              onChange={(event) => onChange({ ...group, not: event.currentTarget.checked })}
            />
          )}
        </Group>
        {onRemove && <Remove label={t("segments.removeGroup")} onClick={onRemove} />}
      </Group>
      {group.rules.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("segments.noConditions")}
        </Text>
      )}
      {group.rules.map((part, index) =>
        // Conditions have no name but their place.
        "rules" in part ? (
          <GroupEditor
            // oxlint-disable-next-line react/no-array-index-key
            key={index}
            group={part}
            fields={fields}
            depth={depth + 1}
            onChange={(changed) => replace(index, changed)}
            onRemove={() => remove(index)}
          />
        ) : (
          // oxlint-disable-next-line react/no-array-index-key
          <Group key={index} gap={4} wrap="nowrap" align="flex-start" className={classes.condition}>
            <ConditionEditor fields={fields} condition={part} onChange={(changed) => replace(index, changed)} />
            <Remove label={t("segments.removeCondition")} onClick={() => remove(index)} />
          </Group>
        ),
      )}
      <Group gap="xs">
        <Button size="xs" variant="light" leftSection={<IconPlus size={14} />} onClick={add}>
          {t("segments.addCondition")}
        </Button>
        {depth < DEEPEST && (
          <Button size="xs" variant="subtle" leftSection={<IconFolderPlus size={14} />} onClick={addGroup}>
            {t("segments.addGroup")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function Remove({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="red" size={36} aria-label={label} onClick={onClick}>
        <IconTrash size={16} />
      </ActionIcon>
    </Tooltip>
  );
}
