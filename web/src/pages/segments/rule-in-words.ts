import type { TFunction } from "i18next";
import type { Condition, RuleGroup, SegmentField } from "../../api/segments";

/** A rule as a person would say it: «Город = Москва и Заказов ≥ 5». */
export function ruleInWords(rule: RuleGroup, fields: SegmentField[], categories: Map<string, string>, t: TFunction): string {
  if (rule.rules.length === 0) return t("segments.everybody");
  const parts = rule.rules.map((part) => {
    if (!("rules" in part)) return conditionInWords(part, fields, categories, t);
    const inner = ruleInWords(part, fields, categories, t);
    return part.rules.length > 1 ? `(${inner})` : inner;
  });
  const joined = parts.join(` ${t(`segments.combinator.${rule.combinator}`)} `);
  return rule.not ? t("segments.not", { rule: joined }) : joined;
}

function conditionInWords(condition: Condition, fields: SegmentField[], categories: Map<string, string>, t: TFunction): string {
  const field = fields.find((one) => one.name === condition.field);
  const operator = t(`segments.operator.${condition.operator}`, { defaultValue: condition.operator });
  const value = valueInWords(condition.value, field, categories, t);
  return [field?.title ?? condition.field, operator, value].filter(Boolean).join(" ");
}

function valueInWords(value: unknown, field: SegmentField | undefined, categories: Map<string, string>, t: TFunction): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "boolean") return t(value ? "common.yes" : "common.no");
  if (Array.isArray(value)) return value.map(String).join(", ");
  if (field?.value === "category") return `«${categories.get(String(value)) ?? String(value)}»`;
  return String(value);
}
