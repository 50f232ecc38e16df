import { ActionIcon, Button, Group, NumberInput, Paper, SegmentedControl, Select, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { contacts } from "../../api/contacts";
import { segments, type Condition, type RuleGroup, type SegmentField } from "../../api/segments";

/** Operators that compare with nothing. */
const ALONE = new Set(["null", "notNull"]);
const SEVERAL = new Set(["in", "notIn"]);

/** A list of conditions, all or any of which must hold. */
export function RuleEditor({ rule, onChange }: { rule: RuleGroup; onChange: (rule: RuleGroup) => void }) {
  const { t } = useTranslation();
  const fields = useQuery(segments.fields).data ?? [];
  const conditions = rule.rules as Condition[];
  const put = (rules: Condition[]) => onChange({ ...rule, rules });
  const add = () => {
    const [first] = fields;
    if (first) put([...conditions, startOf(first)]);
  };
  return (
    <Stack gap="sm">
      <SegmentedControl
        w="fit-content"
        aria-label={t("segments.join")}
        value={rule.combinator}
        onChange={(value) => onChange({ ...rule, combinator: value as RuleGroup["combinator"] })}
        data={[
          { value: "and", label: t("segments.all") },
          { value: "or", label: t("segments.any") },
        ]}
      />
      {conditions.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("segments.noConditions")}
        </Text>
      )}
      {conditions.map((condition, index) => (
        // Conditions have no name but their place.
        // oxlint-disable-next-line react/no-array-index-key
        <Paper key={index} p="xs" bg="var(--vestnik-canvas)">
          <Group gap="xs" align="flex-start">
            <ConditionEditor
              fields={fields}
              condition={condition}
              onChange={(changed) => put(conditions.map((one, place) => (place === index ? changed : one)))}
            />
            <ActionIcon
              variant="subtle"
              color="red"
              size={36}
              aria-label={t("segments.removeCondition", { number: index + 1 })}
              onClick={() => put(conditions.filter((_, place) => place !== index))}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        </Paper>
      ))}
      <Button variant="light" w="fit-content" leftSection={<IconPlus size={16} />} onClick={add}>
        {t("segments.addCondition")}
      </Button>
    </Stack>
  );
}

interface EditorProps {
  fields: SegmentField[];
  condition: Condition;
  onChange: (condition: Condition) => void;
}

function ConditionEditor({ fields, condition, onChange }: EditorProps) {
  const { t } = useTranslation();
  const field = fields.find((one) => one.name === condition.field);
  return (
    <>
      <Select
        flex="1 1 160px"
        searchable
        allowDeselect={false}
        aria-label={t("segments.field")}
        value={condition.field}
        data={fields.map((one) => ({ value: one.name, label: one.title }))}
        onChange={(name) => {
          const chosen = fields.find((one) => one.name === name);
          if (chosen) onChange(startOf(chosen));
        }}
      />
      <Select
        flex="1 1 140px"
        allowDeselect={false}
        aria-label={t("segments.operatorLabel")}
        value={condition.operator}
        data={(field?.operators ?? []).map((one) => ({ value: one, label: t(`segments.operator.${one}`) }))}
        onChange={(operator) => operator && onChange(withOperator(condition, operator))}
      />
      {field && !ALONE.has(condition.operator) && <ValueEditor field={field} condition={condition} onChange={onChange} />}
    </>
  );
}

function ValueEditor({ field, condition, onChange }: Omit<EditorProps, "fields"> & { field: SegmentField }) {
  const { t } = useTranslation();
  const categories = useQuery(contacts.categories).data ?? [];
  const { value, operator } = condition;
  const set = (changed: unknown) => onChange({ ...condition, value: changed });
  const shared = { flex: "2 1 160px", "aria-label": t("segments.value") };
  if (SEVERAL.has(operator)) {
    return <TagsInput {...shared} data={field.options} value={(value as string[]) ?? []} onChange={set} acceptValueOnBlur />;
  }
  if (operator === "lastDays" || field.value === "number") {
    return <NumberInput {...shared} value={value as number} onChange={set} />;
  }
  if (field.value === "boolean") {
    const options = ["true", "false"].map((one) => ({ value: one, label: t(one === "true" ? "common.yes" : "common.no") }));
    return <Select {...shared} allowDeselect={false} data={options} value={String(value)} onChange={(chosen) => set(chosen === "true")} />;
  }
  if (field.value === "category") {
    const options = categories.map((one) => ({ value: one.id, label: one.title }));
    return <Select {...shared} allowDeselect={false} data={options} value={(value as string) ?? null} onChange={set} />;
  }
  if (field.value === "choice") return <Select {...shared} data={field.options} value={(value as string) ?? null} onChange={set} />;
  const type = field.value === "date" ? "date" : "text";
  return <TextInput {...shared} type={type} value={String(value ?? "")} onChange={(event) => set(event.currentTarget.value)} />;
}

function startOf(field: SegmentField): Condition {
  return withOperator({ field: field.name, operator: "", value: field.value === "boolean" ? true : undefined }, field.operators[0] ?? "=");
}

function withOperator(condition: Condition, operator: string): Condition {
  if (ALONE.has(operator)) return { field: condition.field, operator };
  if (SEVERAL.has(operator) !== Array.isArray(condition.value)) return { ...condition, operator, value: SEVERAL.has(operator) ? [] : "" };
  return { ...condition, operator };
}
