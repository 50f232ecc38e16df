/** A change that adds a name to a text's import of the SDK; `present` are the names that it has. */
interface Import {
  present: Set<string>;
  change: { from: number; insert: string } | null;
}

const STATEMENT = /^from vestnik_sdk import (\(([^)]*)\)|[^(\n][^\n]*)/m;

/** What a text imports of the SDK, and what has to be inserted for one name more; no change for a name that is there. */
export function importOf(text: string, name: string): Import {
  const found = STATEMENT.exec(text);
  const list = found?.[2] ?? found?.[1] ?? "";
  const present = new Set(list.replace(/#[^\n]*/g, "").split(/[\s,]+/).filter(Boolean));
  if (name === "" || present.has(name) || present.has("*")) return { present, change: null };
  if (!found) return { present, change: { from: afterImports(text), insert: `from vestnik_sdk import ${name}\n` } };
  const end = found.index + found[0].length;
  if (found[2] === undefined) return { present, change: { from: end, insert: `, ${name}` } };
  const inner = found[2];
  const closing = end - 1;
  const kept = inner.trimEnd();
  const at = closing - (inner.length - kept.length);
  const comma = kept === "" || kept.endsWith(",") ? "" : ",";
  return { present, change: { from: at, insert: inner.includes("\n") ? `${comma}\n    ${name},` : `${comma} ${name}` } };
}

/** The start of the line after the docstring and the imports at the top. */
function afterImports(text: string): number {
  const docstring = /^\s*("""[\s\S]*?"""|'''[\s\S]*?''')[^\n]*\n?/.exec(text);
  let end = docstring ? docstring[0].length : 0;
  const line = /\n*(?:import [^\n]*|from [^\n]* import (?:\([^)]*\)|[^\n]*))\n?/y;
  for (line.lastIndex = end; line.test(text); ) end = line.lastIndex;
  return end;
}
