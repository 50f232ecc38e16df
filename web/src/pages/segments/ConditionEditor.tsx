import { Group, NumberInput, Select, TagsInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { campaigns } from "../../api/campaigns";
import { contactList } from "../../api/contact-list";
import { contacts } from "../../api/contacts";
import { segments, type Condition, type SegmentField } from "../../api/segments";
import { DayPicker } from "../../ui/DayPicker";
import { editorOf, startOf, withOperator } from "./rule";
import { operatorInWords } from "./rule-in-words";

interface Props {
  fields: SegmentField[];
  condition: Condition;
  onChange: (condition: Condition) => void;
}

const GROUPS = ["contact", "company", "subscription", "campaign", "field"] as const;

/** One condition: which field, how it is compared, and with what. */
export function ConditionEditor({ fields, condition, onChange }: Props) {
  const { t, i18n } = useTranslation();
  const field = fields.find((one) => one.name === condition.field);
  const choices = GROUPS.map((group) => ({
    group: t(`segments.fieldGroup.${group}`),
    items: fields.filter((one) => one.group === group).map((one) => ({ value: one.name, label: one.title })),
  })).filter((one) => one.items.length > 0);
  const operators = (field?.operators ?? []).map((one) => ({ value: one, label: operatorInWords(one, field, i18n.t.bind(i18n)) }));
  return (
    <Group gap="xs" flex={1} align="flex-start">
      <Select
        flex="1 1 220px"
        searchable
        allowDeselect={false}
        maxDropdownHeight={320}
        aria-label={t("segments.field")}
        value={condition.field}
        data={choices}
        onChange={(name) => {
          const chosen = fields.find((one) => one.name === name);
          if (chosen && name !== condition.field) onChange(startOf(chosen));
        }}
      />
      {operators.length > 1 && (
        <Select
          flex="1 1 190px"
          allowDeselect={false}
          aria-label={t("segments.operatorLabel")}
          value={condition.operator}
          data={operators}
          onChange={(operator) => operator && field && onChange(withOperator(field, condition, operator))}
        />
      )}
      {field && <ValueEditor field={field} condition={condition} onChange={onChange} />}
    </Group>
  );
}

function ValueEditor({ field, condition, onChange }: Omit<Props, "fields"> & { field: SegmentField }) {
  const { t } = useTranslation();
  const { value, operator } = condition;
  const set = (changed: unknown) => onChange({ ...condition, value: changed });
  const shared = { flex: "1 1 150px", "aria-label": t("segments.value") };
  switch (editorOf(field, operator)) {
    case "none":
      return null;
    case "count":
      return <NumberInput {...shared} min={1} max={operator === "inLast" ? 100 : 36_525} allowDecimal={false} value={value as number} onChange={set} />;
    case "number":
      return <NumberInput {...shared} value={value as number} onChange={set} />;
    case "several":
      return <TagsInput {...shared} data={field.options} value={(value as string[]) ?? []} onChange={set} acceptValueOnBlur />;
    case "boolean": {
      const options = [true, false].map((one) => ({ value: String(one), label: t(one ? "common.yes" : "common.no") }));
      return <Select {...shared} allowDeselect={false} data={options} value={String(value)} onChange={(chosen) => set(chosen === "true")} />;
    }
    case "category":
    case "segment":
    case "campaign":
    case "owner":
      return <KeyEditor kind={field.value as Kind} value={(value as string) || null} onChange={set} />;
    case "choice":
      return <Select {...shared} data={field.options} value={(value as string) || null} onChange={set} />;
    case "date":
      return <DayPicker {...shared} clearable={false} value={value ? String(value) : null} onChange={(chosen) => set(chosen ?? "")} />;
    default:
      return <TextInput {...shared} value={String(value ?? "")} onChange={(event) => set(event.currentTarget.value)} />;
  }
}

type Kind = "category" | "segment" | "campaign" | "owner";
const HINTS = {
  category: "segments.chooseCategory",
  segment: "segments.chooseSegment",
  campaign: "segments.chooseCampaign",
  owner: "segments.chooseOwner",
} as const;

/** A value that is one of ours: a category, a segment made by hand, a campaign that was sent, a user. */
function KeyEditor({ kind, value, onChange }: { kind: Kind; value: string | null; onChange: (value: string | null) => void }) {
  const { t } = useTranslation();
  const categories = useQuery({ ...contacts.categories, enabled: kind === "category" }).data ?? [];
  const lists = useQuery({ ...segments.list, enabled: kind === "segment" }).data?.items ?? [];
  const sent = useQuery({ ...campaigns.list({ offset: 0, limit: 200 }), enabled: kind === "campaign" }).data?.items ?? [];
  const owners = useQuery({ ...contactList.owners, enabled: kind === "owner" }).data ?? [];
  const options = {
    owner: owners.map((one) => ({ value: one.id, label: one.name })),
    category: categories.map((one) => ({ value: one.id, label: one.title })),
    segment: lists.filter((one) => one.kind === "static").map((one) => ({ value: one.id, label: one.name })),
    campaign: sent.filter((one) => one.state !== "draft").map((one) => ({ value: one.id, label: one.name })),
  }[kind];
  return (
    <Select
      flex="2 1 170px"
      searchable
      allowDeselect={false}
      aria-label={t("segments.value")}
      placeholder={t(HINTS[kind])}
      data={options}
      value={value}
      onChange={onChange}
    />
  );
}
