import { currentLanguage } from "../i18n";

const ROOT = "/api/v1";

type Query = Record<string, string | number | boolean | null | undefined>;
interface Options {
  query?: Query;
  body?: unknown;
  form?: FormData;
  /** The answer is a file. */
  blob?: boolean;
  signal?: AbortSignal;
}
type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** An answer that says no: problem details (RFC 9457) in the reader's language, as the server wrote them. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly fields: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>) {
    const { code, title, detail, ...fields } = body;
    super(String(title ?? detail ?? status));
    this.name = "Problem";
    this.status = status;
    this.code = String(code ?? "http_error");
    this.detail = typeof detail === "string" ? detail : "";
    this.fields = fields;
  }
}

let csrf = "";
let signedOut: () => void = () => {};

/** Keeps the token of the session, which every changing request carries. */
export function keepCsrfToken(token: string): void {
  csrf = token;
}

/** Says what happens when the server no longer knows the session. */
export function onSignedOut(handler: () => void): void {
  signedOut = handler;
}

/** Address of an API resource, for frames, downloads and event streams. */
export function address(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") parameters.set(name, String(value));
  }
  return parameters.size ? `${ROOT}${path}?${parameters}` : `${ROOT}${path}`;
}

/** What every request says of itself; a change confirms that it is ours. */
export function ownHeaders(method: Method): Record<string, string> {
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": currentLanguage() };
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  return headers;
}

/** The problem of an answer that says no; the pages learn when the session is over. */
export function refused(path: string, status: number, body: Record<string, unknown>): Problem {
  if (status === 401 && path !== "/session") signedOut();
  return new Problem(status, body);
}

async function send<Result>(method: Method, path: string, options: Options = {}): Promise<Result> {
  const headers = ownHeaders(method);
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  const request: RequestInit = { method, headers, credentials: "same-origin" };
  if (options.signal) request.signal = options.signal;
  if (options.form) request.body = options.form;
  else if (options.body !== undefined) request.body = JSON.stringify(options.body);

  const answer = await reach(address(path, options.query), request);
  if (answer.ok) return (await (options.blob ? answer.blob() : content(answer))) as Result;
  throw refused(path, answer.status, await problemBody(answer));
}

async function reach(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new Problem(0, { code: "offline" });
  }
}

async function content(answer: Response): Promise<unknown> {
  if (answer.status === 204) return undefined;
  const type = answer.headers.get("Content-Type") ?? "";
  return type.includes("json") ? answer.json() : answer.text();
}

async function problemBody(answer: Response): Promise<Record<string, unknown>> {
  const type = answer.headers.get("Content-Type") ?? "";
  if (!type.includes("json")) return { code: "http_error", title: `HTTP ${answer.status}` };
  return (await answer.json()) as Record<string, unknown>;
}

export const api = {
  get: <Result>(path: string, query?: Query, signal?: AbortSignal) => send<Result>("GET", path, { query, signal }),
  post: <Result>(path: string, body?: unknown, query?: Query, signal?: AbortSignal) => send<Result>("POST", path, { body, query, signal }),
  put: <Result>(path: string, body?: unknown) => send<Result>("PUT", path, { body }),
  patch: <Result>(path: string, body?: unknown) => send<Result>("PATCH", path, { body }),
  delete: <Result = void>(path: string) => send<Result>("DELETE", path),
  upload: <Result>(path: string, form: FormData) => send<Result>("POST", path, { form }),
  download: (path: string, body: unknown) => send<Blob>("POST", path, { body, blob: true }),
};
