import type { Completion, CompletionContext, CompletionResult, CompletionSource } from "@codemirror/autocomplete";
import { snippetCompletion } from "@codemirror/autocomplete";
import type { Contract, ContractFunction } from "../api/contract";
import { localised } from "../i18n";

const OBJECTS = ["settings", "sealed", "storage", "log"];

/** Completions from the contract: its functions, types, constants and operations, and the module's own settings. */
export function contractCompletions(contract: Contract, settingNames: string[]): CompletionSource {
  const names: Completion[] = [
    ...contract.functions.map(functionSnippet),
    ...contract.types.map((type) => ({ label: type.name, type: "type", detail: localised(type.title) })),
    ...contract.operations.map((name) => ({ label: name, type: "function" })),
    ...OBJECTS.map((label) => ({ label, type: "variable" })),
  ];
  return (context) => afterDot(context, contract, settingNames) ?? plainName(context, names);
}

function functionSnippet(described: ContractFunction): Completion {
  const parameters = described.parameters.map((one) => one.name).join(", ");
  return snippetCompletion(`async def ${described.name}(${parameters}):\n    \${}`, {
    label: described.name,
    type: "function",
    detail: localised(described.title),
    info: localised(described.description),
    boost: described.required ? 2 : 1,
  });
}

function plainName(context: CompletionContext, options: Completion[]): CompletionResult | null {
  const word = context.matchBefore(/[A-Za-z_]\w*/);
  return word || context.explicit ? { from: word?.from ?? context.pos, options, validFor: /^\w*$/ } : null;
}

function afterDot(context: CompletionContext, contract: Contract, settingNames: string[]): CompletionResult | null {
  const path = context.matchBefore(/([A-Za-z_]\w*)\.\w*/);
  if (!path) return null;
  const [owner = "", typed = ""] = path.text.split(".");
  const members = owner === "settings" || owner === "sealed" ? settingNames : (contract.constants[owner] ?? []);
  const options = members.map((label) => ({ label, type: "property" }));
  return options.length ? { from: context.pos - typed.length, options, validFor: /^\w*$/ } : null;
}
