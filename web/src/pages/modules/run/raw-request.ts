/** A request as the contract's FetchRequest. */
export interface IncomingRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}

/** What is wrong with a pasted request, and in which line of it, from 1. */
export interface RawFault {
  fault: "empty" | "requestLine" | "method" | "target" | "header" | "headerName" | "encoding";
  line: number;
  text: string;
}

export type RawRequest = { request: IncomingRequest } | { fault: RawFault };

const METHOD = /^[A-Z][A-Z0-9_-]{0,19}$/;
const VERSION = /^HTTP\/\d(\.\d)?$/;
/** How a body begins that follows the headers without an empty line. */
const BODY = /^[{["<]/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Reads a request as a trace or a provider's documentation shows it: `POST /path HTTP/1.1`, headers, an empty line, the body.
 * The version may be missing, the target may be a whole address, lines may end in LF. The query keeps the last value of a
 * name and headers are joined by a comma, as the server does with a request that comes.
 */
export function parseRawRequest(text: string): RawRequest {
  const start = /^\s*/.exec(text)?.[0] ?? "";
  const skipped = start.split("\n").length - 1;
  const { head, body } = cut(text.slice(start.length));
  const lines = head.split(/\r?\n/);
  const fault = (name: RawFault["fault"], index: number): RawRequest => ({
    fault: { fault: name, line: skipped + index + 1, text: lines[index] ?? "" },
  });
  if (!lines[0]) return fault("empty", 0);

  const [method = "", target = "", version, ...rest] = lines[0].trim().split(/\s+/);
  if (!METHOD.test(method)) return fault("method", 0);
  if (!target || rest.length > 0 || (version !== undefined && !VERSION.test(version))) return fault("requestLine", 0);
  const place = parseTarget(target);
  if (place === "target" || place === "encoding") return fault(place, 0);

  const headers: Record<string, string> = {};
  let last = "";
  for (const [index, line] of lines.entries()) {
    if (index === 0) continue;
    if (/^[ \t]/.test(line) && last) {
      headers[last] += ` ${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(":");
    if (colon < 1 || BODY.test(line)) return fault("header", index);
    if (!TOKEN.test(line.slice(0, colon))) return fault("headerName", index);
    last = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[last] = headers[last] === undefined ? value : `${headers[last]}, ${value}`;
  }
  return { request: { method, ...place, headers, body } };
}

/** The head and the body, which begins after the first empty line and stays as it is. */
function cut(text: string): { head: string; body: string } {
  const gap = /\r?\n[ \t]*\r?\n/.exec(text);
  return gap ? { head: text.slice(0, gap.index), body: text.slice(gap.index + gap[0].length) } : { head: text.trimEnd(), body: "" };
}

function parseTarget(target: string): { path: string; query: Record<string, string> } | "target" | "encoding" {
  const own = target.replace(/^https?:\/\/[^/?#]*/i, "") || "/";
  if (!/^[/?]/.test(own)) return "target";
  const [before = ""] = own.split("#");
  const mark = before.indexOf("?");
  const path = (mark < 0 ? before : before.slice(0, mark)) || "/";
  try {
    return { path: decodeURIComponent(path), query: Object.fromEntries(new URLSearchParams(mark < 0 ? "" : before.slice(mark + 1))) };
  } catch {
    return "encoding";
  }
}

interface Stored {
  method: string;
  path: string;
  query: string;
  headers: string[][];
  body: string | null;
}

/** A stored request as text that can be changed and run again; its body must be text. */
export function asRawRequest({ method, path, query, headers, body }: Stored): string {
  const head = headers.map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path}${query ? `?${query}` : ""} HTTP/1.1`, ...head, "", body ?? ""].join("\n");
}
