import { describe, expect, it } from "vitest";
import { asRawRequest, parseRawRequest } from "./raw-request";

describe("a pasted request", () => {
  it("is taken apart like one that came", () => {
    const text = [
      "POST /hooks/unisender/t0ken?a=1&b=%D0%B4%D0%B0&a=2 HTTP/1.1",
      "Host: crm.example.com",
      "Content-Type: application/json",
      "X-Trace: one",
      "X-TRACE: two",
      "",
      '{"events": []}',
      "",
      "tail",
    ].join("\r\n");
    expect(parseRawRequest(text)).toEqual({
      request: {
        method: "POST",
        path: "/hooks/unisender/t0ken",
        query: { a: "2", b: "да" },
        headers: { host: "crm.example.com", "content-type": "application/json", "x-trace": "one, two" },
        body: '{"events": []}\r\n\r\ntail',
      },
    });
  });

  it("may lack version, headers and body, and may begin with empty lines", () => {
    expect(parseRawRequest("\n\nGET /hooks/x")).toEqual({
      request: { method: "GET", path: "/hooks/x", query: {}, headers: {}, body: "" },
    });
  });

  it("may name a whole address, continue a header and hold colons in values", () => {
    const text = "PUT https://crm.example.com/a%20b?x#frag HTTP/2\nX-Long: one\n two\nDate: 10:20:30\nX-Empty:\n\nbody";
    expect(parseRawRequest(text)).toEqual({
      request: {
        method: "PUT",
        path: "/a b",
        query: { x: "" },
        headers: { "x-long": "one two", date: "10:20:30", "x-empty": "" },
        body: "body",
      },
    });
  });

  it.each([
    ["", "empty", 1],
    ["   \n \n", "empty", 3],
    ["hello", "method", 1],
    ["post /hooks", "method", 1],
    ["POST", "requestLine", 1],
    ["POST /a b HTTP/1.1", "requestLine", 1],
    ["POST /a HTTP/x", "requestLine", 1],
    ["POST hooks HTTP/1.1", "target", 1],
    ["POST /%D0%ZZ HTTP/1.1", "encoding", 1],
    ["POST /a HTTP/1.1\nHost: x\n{}", "header", 3],
    ["POST /a HTTP/1.1\nHost: x\n{\"a\": 1}", "header", 3],
    ["\nPOST /a HTTP/1.1\n: x", "header", 3],
    ["POST /a HTTP/1.1\nX Y: z", "headerName", 2],
  ])("%j is refused with its line", (text, fault, line) => {
    expect(parseRawRequest(text)).toMatchObject({ fault: { fault, line } });
  });

  it("is made of a stored one and read back", () => {
    const stored = { method: "POST", path: "/hooks/unisender", query: "x=1", headers: [["Content-Type", "text/plain"]], body: "a\n\nb" };
    expect(parseRawRequest(asRawRequest(stored))).toEqual({
      request: { method: "POST", path: "/hooks/unisender", query: { x: "1" }, headers: { "content-type": "text/plain" }, body: "a\n\nb" },
    });
  });
});
