import type { Condition, RuleGroup, SegmentField } from "../../api/segments";

export const EVERYBODY: RuleGroup = { combinator: "and", rules: [] };

/** Operators that compare with nothing. */
const ALONE = new Set(["null", "notNull", "ever", "never"]);
/** Operators that compare with a number whatever the field holds. */
const COUNTED = new Set(["lastDays", "beforeDays", "nextDays", "yearlyNextDays", "inLast"]);

export type Editor = "none" | "count" | "several" | SegmentField["value"];

/** What a value is entered with. */
export function editorOf(field: SegmentField, operator: string): Editor {
  if (ALONE.has(operator)) return "none";
  if (COUNTED.has(operator)) return "count";
  if ((operator === "in" || operator === "notIn") && field.value !== "segment") return "several";
  return field.value;
}

/** A new condition on a field, as its first operator has it. */
export function startOf(field: SegmentField): Condition {
  return withOperator(field, { field: field.name, operator: "" }, field.operators[0] ?? "=");
}

/** The condition compared in another way; its value stays where it still fits. */
export function withOperator(field: SegmentField, condition: Condition, operator: string): Condition {
  const editor = editorOf(field, operator);
  const kept = condition.operator !== "" && editorOf(field, condition.operator) === editor ? condition.value : undefined;
  if (editor === "none") return { field: field.name, operator };
  return { field: field.name, operator, value: kept ?? initial(editor) };
}

function initial(editor: Editor): unknown {
  if (editor === "count") return 3;
  if (editor === "boolean") return true;
  return editor === "several" ? [] : "";
}

/** Whether every condition says what to compare with; half a rule is not worth asking the server about. */
export function complete(rule: RuleGroup): boolean {
  return rule.rules.every((part) => {
    if ("rules" in part) return complete(part);
    if (ALONE.has(part.operator)) return true;
    return Array.isArray(part.value) ? part.value.length > 0 : part.value !== undefined && part.value !== null && part.value !== "";
  });
}
