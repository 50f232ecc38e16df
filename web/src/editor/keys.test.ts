import { CompletionContext } from "@codemirror/autocomplete";
import { python } from "@codemirror/lang-python";
import { EditorState } from "@codemirror/state";
import { expect, it } from "vitest";
import type { Contract } from "../api/contract";
import { keyCompletions } from "./keys";

const field = (name: string, type: string) => ({ name, type, required: false, description: name });
const contract = {
  types: [
    { name: "Check", title: "", fields: [field("ok", "bool"), field("account", "Account"), field("rows", "list[Row]")] },
    { name: "Account", title: "", fields: [field("name", "str")] },
    { name: "Row", title: "", fields: [field("id", "str"), field("reason", "str")] },
  ],
} as unknown as Contract;

function offered(text: string): string[] {
  const position = text.indexOf("§");
  const state = EditorState.create({ doc: text.replace("§", ""), extensions: python() });
  return keyCompletions(new CompletionContext(state, position, false), contract)?.options.map((one) => one.label) ?? [];
}

const inFunction = (returns: string, line: string) => `async def f() -> ${returns}:\n    ${line}\n`;

it.each([
  [inFunction("Check", 'return {"§"}'), ["ok", "account", "rows"]],
  [inFunction("Check | None", "return {'ok': True, '§'}"), ["account", "rows"]],
  [inFunction("None", 'x: Check = {"§"}'), ["ok", "account", "rows"]],
  [inFunction("Check", 'return {"account": {"§"}}'), ["name"]],
  [inFunction("Check", 'return {"rows": [{"id": "1", "§"}]}'), ["reason"]],
  [inFunction("list[Row]", 'return [{"§"}]'), ["id", "reason"]],
  [inFunction("Check", 'return {"ok": "§"}'), []],
  [inFunction("Check", 'print({"§"})'), []],
  [inFunction("str", 'return {"§"}'), []],
  [inFunction("Check", 'return "§"'), []],
])("in %j the keys are %j", (text, keys) => {
  expect(offered(text)).toEqual(keys);
});
