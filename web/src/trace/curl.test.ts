import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { curl, quoted } from "./curl";

const request = { method: "GET", url: "https://api.example.com/lists", requestHeaders: {}, requestBody: null };

/** The words that a real shell makes of a command. */
function words(command: string): string[] {
  const printed = execFileSync("sh", ["-c", `printf '%s\\0' ${command}`], { encoding: "utf8" });
  return printed.split("\0").slice(0, -1);
}

describe("a request as curl", () => {
  it("is one word for a plain GET", () => {
    expect(curl(request)).toBe("curl --globoff https://api.example.com/lists");
  });

  it("keeps headers and body, and leaves to curl what curl writes itself", () => {
    const command = curl({
      method: "POST",
      url: "https://api.example.com/ru/api/getLists?format=json&a[]=1",
      requestHeaders: { Host: "api.example.com", "Content-Length": "27", "Content-Type": "application/x-www-form-urlencoded", "X-Empty": "" },
      requestBody: "api_key=[sealed:api_key]&q=1",
    });
    expect(words(command)).toEqual([
      "curl",
      "--globoff",
      "https://api.example.com/ru/api/getLists?format=json&a[]=1",
      "--header",
      "Content-Type: application/x-www-form-urlencoded",
      "--header",
      "X-Empty;",
      "--data-raw",
      "api_key=[sealed:api_key]&q=1",
    ]);
  });

  it("names the method where curl would take another one", () => {
    expect(words(curl({ ...request, method: "DELETE" }))).toContain("DELETE");
    expect(words(curl({ ...request, method: "POST" }))).toContain("POST");
    expect(words(curl({ ...request, method: "PUT", requestBody: "{}" }))).toEqual(expect.arrayContaining(["--request", "PUT"]));
    expect(words(curl({ ...request, method: "GET", requestBody: "{}" }))).toEqual(expect.arrayContaining(["--request", "GET"]));
    expect(words(curl({ ...request, method: "HEAD" }))).toContain("--head");
  });

  it("sends a body without a type without a type", () => {
    expect(words(curl({ ...request, method: "POST", requestBody: "x" }))).toEqual(expect.arrayContaining(["Content-Type:"]));
  });

  it.each([
    ["a single quote", "it's"],
    ["only quotes", "''''"],
    ["double quotes", '{"a": "b"}'],
    ["substitutions", "$(rm -rf /) `id` ${HOME} $1"],
    ["backslashes", "a\\b\\'c\\\\"],
    ["several lines", "one\ntwo\r\nthree\t"],
    ["history and jobs", "a!b & c; d | e > f"],
    ["a leading @ and -", "@/etc/passwd -o"],
    ["patterns", "*.?[a-z] {a,b} ~"],
    ["Cyrillic and emoji", "Привет, мир 🕊"],
    ["nothing", ""],
    ["a comment", "# no"],
  ])("quotes %s so that a shell gives back the same", (_, text) => {
    expect(words(quoted(text))).toEqual([text]);
    const command = curl({ ...request, method: "POST", requestHeaders: { "X-Note": text.replace(/[\r\n]/g, "") }, requestBody: text });
    expect(words(command).at(-1)).toBe(text);
  });
});
