import type { Exchange } from "../api/modules";

type Request = Pick<Exchange, "method" | "url" | "requestHeaders" | "requestBody">;

/** Headers that curl writes itself; repeated, they would contradict what it sends. */
const OWN = new Set(["host", "content-length", "connection", "accept-encoding", "transfer-encoding"]);
const PLAIN = /^[A-Za-z0-9@%_+=:,./-]+$/;

/**
 * The request as a command for a POSIX shell. Secrets stay masked, as in the trace: whoever runs it puts them in.
 * Bodies go by `--data-raw`, because `--data` would read a file where the body begins with @.
 */
export function curl({ method, url, requestHeaders, requestBody }: Request): string {
  const parts = [`curl --globoff ${quoted(url)}`];
  if (method === "HEAD") parts.push("--head");
  else if (method !== (requestBody === null ? "GET" : "POST")) parts.push(`--request ${quoted(method)}`);
  for (const [name, value] of Object.entries(requestHeaders)) {
    // An empty header is written with a semicolon: curl takes "Name:" for an order to leave it out.
    if (!OWN.has(name.toLowerCase())) parts.push(`--header ${quoted(value === "" ? `${name};` : `${name}: ${value}`)}`);
  }
  if (requestBody !== null && !hasContentType(requestHeaders)) parts.push("--header 'Content-Type:'");
  if (requestBody !== null) parts.push(`--data-raw ${quoted(requestBody)}`);
  return parts.join(" \\\n  ");
}

function hasContentType(headers: Record<string, string>): boolean {
  return Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
}

/** A word of a POSIX shell: in single quotes nothing is special but the single quote itself. */
export function quoted(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
