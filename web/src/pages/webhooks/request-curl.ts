import type { WebhookCard } from "../../api/webhooks";
import { curl, quoted } from "../../trace/curl";

/** Stands where the account's secret part of the address was: it is not stored with the request. */
export const TOKEN = "TOKEN";

type Request = Pick<WebhookCard, "method" | "path" | "query" | "headers" | "body" | "bodyBase64">;

/** The stored request as a command for a POSIX shell, against the server at `origin`. */
export function requestAsCurl(request: Request, origin: string): string {
  const { method, path, query, body, bodyBase64 } = request;
  const url = `${origin}${path}/${TOKEN}${query ? `?${query}` : ""}`;
  const headers = joined(request.headers);
  if (bodyBase64 === null) return curl({ method, url, requestHeaders: headers, requestBody: body || null });
  // Bytes that are no text reach curl through a pipe: a shell's word can't hold them.
  const command = curl({ method, url, requestHeaders: headers, requestBody: "" });
  return `printf %s ${quoted(bodyBase64)} | base64 -d | ${command.replace(/--data-raw ''$/, "--data-binary @-")}`;
}

/** A header that came several times becomes one, as HTTP allows. */
function joined(headers: WebhookCard["headers"]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of headers as [string, string][]) {
    found[name] = name in found ? `${found[name]}, ${value}` : value;
  }
  return found;
}
