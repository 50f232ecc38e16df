import { asked, type PanelBlock, type PanelCard, type PanelChoices, type PanelSaved } from "../api/panel";
import { Problem } from "../api/client";
import { currentLanguage } from "../i18n";
import type { PanelSource } from "../pages/contacts/panel/source";

const ROOT = "/embed/api";

/** What the server gives a page for its signed link. */
interface Token {
  token: string;
  expiresAt: string;
  mayChange: boolean;
  language: string;
}

type Query = Record<string, string | boolean>;

/** Asks with a signed link's token alone: no cookie goes along, and a token that ran out is replaced once. */
export class Visit {
  readonly language: string;
  private constructor(
    private readonly link: string,
    private token: string,
    language: string,
  ) {
    this.language = language;
  }

  /** The visit of a link, given as the query of the page's address. */
  static async begin(link: string): Promise<Visit> {
    const { token, language } = await tokenOf(link);
    return new Visit(link, token, language);
  }

  /** The panel of whom the link is for. */
  source(): PanelSource {
    return {
      root: ["embed"],
      card: () => this.ask<PanelCard>("GET", "/panel"),
      block: (accountId, email, fresh) => this.ask<PanelBlock>("GET", `/panel/${accountId}`, asked(email, fresh)),
      choices: (accountId, email) => this.ask<PanelChoices>("GET", `/panel/${accountId}/lists`, asked(email, false)),
      save: (accountId, changes) => this.ask<PanelSaved>("POST", `/panel/${accountId}/subscriptions`, {}, changes),
    };
  }

  private async ask<Result>(method: string, path: string, query: Query = {}, body?: unknown): Promise<Result> {
    const asking = () => send<Result>(method, path, query, body, this.token);
    try {
      return await asking();
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.status !== 401) throw problem;
      this.token = (await tokenOf(this.link)).token;
      return asking();
    }
  }
}

const tokenOf = (link: string) => send<Token>("POST", "/token", {}, { query: link.replace(/^\?/, "") });

async function send<Result>(method: string, path: string, query: Query, body?: unknown, token?: string): Promise<Result> {
  const parameters = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": currentLanguage() };
  if (token) headers.Authorization = `Bearer ${token}`;
  const request: RequestInit = { method, headers, credentials: "omit" };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(body);
  }
  const answer = await fetch(`${ROOT}${path}${parameters.size ? `?${parameters}` : ""}`, request).catch(() => {
    throw new Problem(0, { code: "offline" });
  });
  const type = answer.headers.get("Content-Type") ?? "";
  const content: unknown = type.includes("json") ? await answer.json() : { title: `HTTP ${answer.status}` };
  if (!answer.ok) throw new Problem(answer.status, content as Record<string, unknown>);
  return content as Result;
}
