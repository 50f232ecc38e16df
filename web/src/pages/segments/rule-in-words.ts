import type { TFunction } from "i18next";
import type { Condition, RuleGroup, SegmentField } from "../../api/segments";

/** What keys in values stand for: names by `category:7`, `campaign:12`, `segment:3`. */
export type Names = Map<string, string>;

/** A rule as a person would say it: «Город = Москва и Заказов ≥ 5». */
export function ruleInWords(rule: RuleGroup, fields: SegmentField[], names: Names, t: TFunction): string {
  if (rule.rules.length === 0) return t("segments.everybody");
  const parts = rule.rules.map((part) => {
    if (!("rules" in part)) return conditionInWords(part, fields, names, t);
    const inner = ruleInWords(part, fields, names, t);
    return part.rules.length > 1 && !part.not ? `(${inner})` : inner;
  });
  const joined = parts.join(` ${t(`segments.combinator.${rule.combinator}`)} `);
  return rule.not ? t("segments.not", { rule: joined }) : joined;
}

export function conditionInWords(condition: Condition, fields: SegmentField[], names: Names, t: TFunction): string {
  const field = fields.find((one) => one.name === condition.field);
  const value = valueInWords(condition.value, field, names, t);
  const phrase = t(`segments.words.${condition.operator}`, { value, count: Number(condition.value), defaultValue: "" });
  if (phrase) return `${field?.title ?? condition.field} ${phrase}`;
  const operator = operatorInWords(condition.operator, field, t);
  return [field?.title ?? condition.field, operator, value].filter(Boolean).join(" ");
}

function valueInWords(value: unknown, field: SegmentField | undefined, names: Names, t: TFunction): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "boolean") return t(value ? "common.yes" : "common.no");
  if (Array.isArray(value)) return value.map(String).join(", ");
  const known = names.get(`${field?.value}:${String(value)}`);
  return known === undefined ? String(value) : `«${known}»`;
}

/** How a field is compared: some kinds of values have their own word for it. */
export function operatorInWords(operator: string, field: SegmentField | undefined, t: TFunction): string {
  return t([`segments.operatorOf.${field?.value}.${operator}`, `segments.operator.${operator}`], { defaultValue: operator });
}
