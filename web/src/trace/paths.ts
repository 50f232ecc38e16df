/** One step into a JSON value: the name of a member or the index of an item. */
export type Step = string | number;

const PART = /\.([^.[\]]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\['((?:[^'\\]|\\.)*)'\]/y;

/** The steps of a path as the server writes it, `$.items[0].name` or `$["odd name"]`; null when it is none. */
export function steps(path: string): Step[] | null {
  if (!path.startsWith("$")) return null;
  const found: Step[] = [];
  PART.lastIndex = 1;
  while (PART.lastIndex < path.length) {
    const part = PART.exec(path);
    if (!part) return null;
    const [, name, index, double, single] = part;
    if (index !== undefined) found.push(Number(index));
    else found.push(name ?? (double ?? single ?? "").replace(/\\(.)/g, "$1"));
  }
  return found;
}

/** The longest beginning of the steps that exists in the value: a missing field is marked where it should be. */
export function reachable(value: unknown, path: Step[]): Step[] {
  let here = value;
  for (const [depth, step] of path.entries()) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, step)) return path.slice(0, depth);
    here = (here as Record<Step, unknown>)[step];
  }
  return path;
}

export function beginsWith(path: Step[], start: Step[]): boolean {
  return start.length <= path.length && start.every((step, index) => String(step) === String(path[index]));
}
