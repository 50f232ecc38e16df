import { address, ownHeaders, Problem, refused } from "./client";

export interface Sending {
  /** Hears how many bytes have gone out; once it is all of them, the server is at work. */
  onProgress: (sentBytes: number) => void;
  signal: AbortSignal;
}

/**
 * Sends a file as the body of a POST. By XMLHttpRequest: fetch does not tell how far it is.
 * Aborted, it throws an `AbortError`, as fetch does.
 */
export function upload<Result>(path: string, query: Record<string, string>, file: Blob, { onProgress, signal }: Sending): Promise<Result> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address(path, query));
    for (const [name, value] of Object.entries(ownHeaders("POST"))) request.setRequestHeader(name, value);
    request.responseType = "text";
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => {
      const body = parsed(request);
      if (request.status >= 200 && request.status < 300) resolve(body as Result);
      else reject(refused(path, request.status, body));
    };
    request.onerror = () => reject(new Problem(0, { code: "offline" }));
    request.onabort = () => reject(new DOMException("", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}

function parsed(request: XMLHttpRequest): Record<string, unknown> {
  const type = request.getResponseHeader("Content-Type") ?? "";
  if (!type.includes("json")) return { code: "http_error", title: `HTTP ${request.status}` };
  return JSON.parse(request.responseText) as Record<string, unknown>;
}
