import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { requestAsCurl } from "./request-curl";

const ORIGIN = "https://vestnik.example.com";
const request = {
  method: "POST",
  path: "/hooks/unisender",
  query: "",
  headers: [] as [string, string][],
  body: "{}" as string | null,
  bodyBase64: null as string | null,
};

/** The words that a real shell makes of a command. */
function words(command: string): string[] {
  const printed = execFileSync("sh", ["-c", `printf '%s\\0' ${command}`], { encoding: "utf8" });
  return printed.split("\0").slice(0, -1);
}

describe("a stored request as curl", () => {
  it("has its query, its headers and its body, and a mask for the token", () => {
    const headers: [string, string][] = [
      ["host", "old.example.com"],
      ["content-type", "application/json"],
      ["x-part", "one"],
      ["x-part", "two"],
    ];
    const command = requestAsCurl({ ...request, query: "a=1&b=[2]", headers, body: `{"it's": 1}` }, ORIGIN);
    expect(words(command)).toEqual([
      "curl",
      "--globoff",
      "https://vestnik.example.com/hooks/unisender/TOKEN?a=1&b=[2]",
      "--header",
      "content-type: application/json",
      "--header",
      "x-part: one, two",
      "--data-raw",
      `{"it's": 1}`,
    ]);
  });

  it("is a plain GET for a probe", () => {
    expect(requestAsCurl({ ...request, method: "GET", body: "" }, ORIGIN)).toBe(
      "curl --globoff https://vestnik.example.com/hooks/unisender/TOKEN",
    );
  });

  it("pipes bytes that are no text", () => {
    const command = requestAsCurl({ ...request, body: null, bodyBase64: "//4A" }, ORIGIN);
    const [pipe = "", rest = ""] = command.split(" | curl ");
    expect(execFileSync("sh", ["-c", pipe])).toEqual(Buffer.from([0xff, 0xfe, 0]));
    expect(words(rest).slice(-2)).toEqual(["--data-binary", "@-"]);
  });
});
