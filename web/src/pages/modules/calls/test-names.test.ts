import { expect, it } from "vitest";
import { proposedName, TEST_NAME } from "./test-names";

it.each([
  ["ImportTemplates", "17", "import-templates-17"],
  ["GetTemplateHTML", "5", "get-template-html-5"],
  ["ParseWebhookRequest", "382709174204751872", "parse-webhook-request-1872"],
])("a test of %s gets a name that is allowed", (short, id, name) => {
  expect(proposedName(short, id)).toBe(name);
  expect(name).toMatch(TEST_NAME);
});
