import { snippet, type Completion, type CompletionContext, type CompletionResult, type CompletionSource } from "@codemirror/autocomplete";
import { LSPPlugin } from "@codemirror/lsp-client";
import type { EditorState } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import type { Contract, ContractFunction } from "../api/contract";
import { localised } from "../i18n";
import { importOf } from "./imports";
import { keyCompletions } from "./keys";

const OBJECTS = ["settings", "sealed", "storage", "log"];

/**
 * Completions from the contract: functions that are missing as snippets, and names of the SDK that are not imported yet,
 * with their import. What the text has already the language server knows better; while there is none, all of it is here.
 */
export function contractCompletions(contract: Contract, settingNames: string[]): CompletionSource {
  const names: Completion[] = [
    ...contract.types.map((type) => ({ label: type.name, type: "type", detail: localised(type.title) })),
    ...contract.operations.map((name) => ({ label: name, type: "function" })),
    ...OBJECTS.map((label) => ({ label, type: "variable" })),
  ];
  return (context) => {
    const served = context.view !== undefined && LSPPlugin.get(context.view) !== null;
    const inside = served ? null : afterDot(context, contract, settingNames);
    return keyCompletions(context, contract) ?? inside ?? plainName(context, names, contract.functions, served);
  };
}

function plainName(context: CompletionContext, names: Completion[], functions: ContractFunction[], served: boolean): CompletionResult | null {
  const word = context.matchBefore(/[A-Za-z_]\w*/);
  if (!word && !context.explicit) return null;
  const from = word?.from ?? context.pos;
  if (context.state.sliceDoc(from - 1, from) === "." || context.tokenBefore(["String", "Comment", "FormatString"])) return null;
  const text = context.state.doc.toString();
  const imported = importOf(text, "").present;
  const options = names.filter((one) => !served || !imported.has(one.label)).map(withImport);
  if (startOfDeclaration(context.state, from) === context.state.doc.lineAt(from).from) {
    options.push(...functions.filter((one) => !text.includes(`def ${one.name}(`)).map(functionSnippet));
  }
  return { from, options, validFor: /^\w*$/ };
}

/** The completion that also imports the name where the text lacks it. */
function withImport(completion: Completion): Completion {
  return {
    ...completion,
    apply: (view: EditorView, chosen: Completion, from: number, to: number) => {
      const added = importOf(view.state.doc.toString(), chosen.label).change;
      view.dispatch({
        changes: [{ from, to, insert: chosen.label }, ...(added ? [added] : [])],
        selection: { anchor: from + chosen.label.length + (added && added.from <= from ? added.insert.length : 0) },
        userEvent: "input.complete",
      });
    },
  };
}

function functionSnippet(described: ContractFunction): Completion {
  const parameters = described.parameters.map((one) => one.name).join(", ");
  const apply = snippet(`async def ${described.name}(${parameters}):\n    \${}`);
  return {
    label: described.name,
    type: "function",
    detail: localised(described.title),
    info: localised(described.description),
    boost: described.required ? 2 : 1,
    apply: (view, completion, from, to) => apply(view, completion, startOfDeclaration(view.state, from), to),
  };
}

/** The place of an `async def` that is there already, which the snippet brings with it. */
function startOfDeclaration(state: EditorState, from: number): number {
  const line = state.doc.lineAt(from);
  const before = state.sliceDoc(line.from, from);
  return /^(async\s+)?(def\s+)?$/.test(before) ? line.from : from;
}

function afterDot(context: CompletionContext, contract: Contract, settingNames: string[]): CompletionResult | null {
  const path = context.matchBefore(/([A-Za-z_]\w*)\.\w*/);
  if (!path) return null;
  const [owner = "", typed = ""] = path.text.split(".");
  const members = owner === "settings" || owner === "sealed" ? settingNames : (contract.constants[owner] ?? []);
  const options = members.map((label) => ({ label, type: "property" }));
  return options.length ? { from: context.pos - typed.length, options, validFor: /^\w*$/ } : null;
}
