import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { ensureSyntaxTree, type syntaxTree } from "@codemirror/language";
import type { EditorState } from "@codemirror/state";
import type { Contract, ContractField } from "../api/contract";
import { localised } from "../i18n";

type SyntaxNode = ReturnType<ReturnType<typeof syntaxTree>["resolveInner"]>;

/** The editor parses behind the typing; so long the line is waited for. */
const PARSE_MS = 1_000;

const CONTAINERS = new Set(["DictionaryExpression", "SetExpression"]);

/**
 * The keys that an object of the contract may have, for a quote that begins one: what a function returns, and what is
 * assigned with a type. The language server knows them only once a value stands behind the key.
 */
export function keyCompletions(context: CompletionContext, contract: Contract): CompletionResult | null {
  const tree = ensureSyntaxTree(context.state, context.state.doc.lineAt(context.pos).to, PARSE_MS);
  const string = tree?.resolveInner(context.pos, -1);
  const container = string?.parent;
  if (string?.name !== "String" || !container || !CONTAINERS.has(container.name) || !isOpenKey(string)) return null;
  const fields = new Map(contract.types.map((type) => [type.name, type.fields ?? []]));
  const known = expected(context.state, container, fields).flatMap((name) => fields.get(name) ?? []);
  const present = keysOf(context.state, container);
  const options = known.filter((field) => !present.has(field.name)).map(keyCompletion);
  return options.length ? { from: string.from + 1, options, validFor: /^\w*$/ } : null;
}

function isOpenKey(string: SyntaxNode): boolean {
  const before = string.prevSibling?.name;
  return (before === "{" || before === ",") && string.nextSibling?.name !== ":";
}

function keyCompletion(field: ContractField): Completion {
  return {
    label: field.name,
    type: "property",
    detail: field.type,
    info: localised(field.description),
    boost: field.required ? 1 : 0,
    apply: (view, _completion, from, to) => {
      const quote = view.state.sliceDoc(from - 1, from);
      const end = view.state.sliceDoc(to, to + 1) === quote ? to + 1 : to;
      const insert = `${field.name}${quote}: `;
      view.dispatch({ changes: { from, to: end, insert }, selection: { anchor: from + insert.length }, userEvent: "input.complete" });
    },
  };
}

type Fields = Map<string, ContractField[]>;

/** The types of the contract that an expression is expected to have, by the statement around it. */
function expected(state: EditorState, node: SyntaxNode, fields: Fields): string[] {
  return alternatives(annotation(state, node, fields)).filter((name) => fields.has(name));
}

function annotation(state: EditorState, node: SyntaxNode, fields: Fields): string {
  const parent = node.parent;
  if (!parent) return "";
  if (parent.name === "AssignStatement") return typeText(state, parent);
  if (parent.name === "ReturnStatement") {
    let outer: SyntaxNode | null = parent;
    while (outer && outer.name !== "FunctionDefinition") outer = outer.parent;
    return outer ? typeText(state, outer) : "";
  }
  if (parent.name === "ArrayExpression") {
    return alternatives(annotation(state, parent, fields))
      .map((one) => /^(?:list|Sequence)\[(.*)\]$/.exec(one)?.[1] ?? "")
      .join(" | ");
  }
  if (parent.name === "DictionaryExpression") {
    const key = node.prevSibling?.prevSibling;
    if (!key || key.name !== "String") return "";
    const name = unquoted(state, key);
    const owners = expected(state, parent, fields).flatMap((owner) => fields.get(owner) ?? []);
    return owners.filter((field) => field.name === name).map((field) => field.type).join(" | ");
  }
  return "";
}

function typeText(state: EditorState, owner: SyntaxNode): string {
  const type = owner.getChild("TypeDef");
  return type ? state.sliceDoc(type.from, type.to).replace(/^(?::|->)\s*/, "") : "";
}

/** The members of a union, split where no bracket is open. */
function alternatives(type: string): string[] {
  return type.split(/\s*\|\s*(?![^[]*\])/).map((one) => one.trim());
}

function keysOf(state: EditorState, container: SyntaxNode): Set<string> {
  return new Set(
    container
      .getChildren("String")
      .filter((one) => one.nextSibling?.name === ":")
      .map((one) => unquoted(state, one)),
  );
}

function unquoted(state: EditorState, string: SyntaxNode): string {
  return state.sliceDoc(string.from, string.to).replace(/^["']|["']$/g, "");
}
