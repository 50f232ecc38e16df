import { setDiagnostics, type Diagnostic as Mark } from "@codemirror/lint";
import { StateEffect, StateField, type ChangeDesc, type EditorState, type TransactionSpec } from "@codemirror/state";

/** What the language server says; null while there is none. */
export const setTypes = StateEffect.define<Mark[] | null>();
/** What the server's check of the module says; its own warnings of types are among it. */
export const setCheck = StateEffect.define<Mark[]>();

interface Findings {
  types: Mark[] | null;
  check: Mark[];
}

/** Both kinds of findings, where they are in the text as it is now. */
export const findings = StateField.define<Findings>({
  create: () => ({ types: null, check: [] }),
  update(value, transaction) {
    let next = value;
    if (transaction.docChanged) {
      next = { types: value.types && moved(value.types, transaction.changes), check: moved(value.check, transaction.changes) };
    }
    for (const effect of transaction.effects) {
      if (effect.is(setTypes)) next = { ...next, types: effect.value };
      if (effect.is(setCheck)) next = { ...next, check: effect.value };
    }
    return next;
  },
});

/** A change of the findings, with the marks that the editor shows because of it. */
export function withFindings(state: EditorState, effect: StateEffect<Mark[] | null> | StateEffect<Mark[]>): TransactionSpec {
  const known = state.field(findings);
  const types = effect.is(setTypes) ? effect.value : known.types;
  const check = effect.is(setCheck) ? effect.value : known.check;
  const shown = setDiagnostics(state, merged(types, check));
  const effects = shown.effects === undefined ? [] : [shown.effects].flat();
  return { ...shown, effects: [effect, ...effects] };
}

const OF_TYPES = new Set(["names", "types"]);
const OF_POLICY = new Set(["syntax", "policy"]);
const OF_SYNTAX = new Set(["parse-error", "invalid-syntax"]);

/** Each fact once: the language server is quicker than the check, and the policy's words come before the server's. */
export function merged(types: Mark[] | null, check: Mark[]): Mark[] {
  if (types === null) return check;
  const kept = check.filter((one) => !OF_TYPES.has(one.source ?? ""));
  const policy = kept.filter((one) => OF_POLICY.has(one.source ?? ""));
  const broken = policy.some((one) => one.source === "syntax" && one.severity === "error");
  const added = types.filter(
    (one) => !(broken && OF_SYNTAX.has(one.source ?? "")) && !policy.some((other) => meet(one, other)),
  );
  return [...kept, ...added];
}

function meet(one: Mark, other: Mark): boolean {
  return one.from < Math.max(other.to, other.from + 1) && other.from < Math.max(one.to, one.from + 1);
}

function moved(marks: Mark[], changes: ChangeDesc): Mark[] {
  return marks.map((mark) => ({ ...mark, from: changes.mapPos(mark.from, 1), to: Math.max(changes.mapPos(mark.from, 1), changes.mapPos(mark.to, -1)) }));
}
