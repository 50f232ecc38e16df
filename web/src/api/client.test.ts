import { afterEach, describe, expect, it, vi } from "vitest";
import { address, api, keepCsrfToken, onSignedOut, Problem } from "./client";

function answer(status: number, body: unknown, type = "application/json"): void {
  const content = body === undefined ? null : JSON.stringify(body);
  vi.stubGlobal("fetch", vi.fn(async () => new Response(content, { status, headers: { "Content-Type": type } })));
}

const sent = () => vi.mocked(fetch).mock.calls[0] as [string, RequestInit];

afterEach(() => vi.unstubAllGlobals());

describe("the client", () => {
  it("leaves empty filters out of the address", () => {
    expect(address("/campaigns", { search: "", state: undefined, offset: 0 })).toBe("/api/v1/campaigns?offset=0");
  });

  it("sends the session's token with a change, and never with a read", async () => {
    keepCsrfToken("token-1");
    answer(200, {});
    await api.post("/segments", { name: "VIP" });
    expect(sent()[1]).toMatchObject({ method: "POST", body: '{"name":"VIP"}', headers: { "X-CSRF-Token": "token-1" } });
    answer(200, {});
    await api.get("/segments");
    expect(sent()[1].headers).not.toHaveProperty("X-CSRF-Token");
  });

  it("asks in the reader's language", async () => {
    answer(200, {});
    await api.get("/segments");
    expect(sent()[1].headers).toMatchObject({ "Accept-Language": "en" });
  });

  it("throws the server's problem with its code, sentence and fields", async () => {
    answer(409, { title: "Not ready", detail: "Choose a template.", code: "campaign_not_ready", status: 409, checks: 2 }, "application/problem+json");
    const problem = await api.post("/campaigns/1/send").catch((thrown: unknown) => thrown);
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({
      status: 409,
      code: "campaign_not_ready",
      message: "Not ready",
      detail: "Choose a template.",
      fields: { checks: 2 },
    });
  });

  it("tells whoever listens that the session is gone", async () => {
    const gone = vi.fn();
    onSignedOut(gone);
    answer(401, { title: "Sign-in needed", code: "not_signed_in" });
    await expect(api.get("/campaigns")).rejects.toThrow("Sign-in needed");
    expect(gone).toHaveBeenCalledOnce();
  });

  it("says that the server cannot be reached when it cannot", async () => {
    vi.stubGlobal("fetch", vi.fn(async () => Promise.reject(new TypeError("Failed to fetch"))));
    await expect(api.get("/campaigns")).rejects.toMatchObject({ status: 0, code: "offline" });
  });
});
