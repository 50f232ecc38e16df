import i18n from "i18next";
import { describe, expect, it } from "vitest";
import type { RuleGroup, SegmentField } from "../../api/segments";
import { ruleInWords } from "./rule-in-words";

const fields: SegmentField[] = [
  { name: "custom.city", title: "City", value: "text", operators: ["="], options: [], group: "field" },
  { name: "category", title: "Category", value: "category", operators: ["subscribed"], options: [], group: "subscription" },
];
const words = (rule: RuleGroup) => ruleInWords(rule, fields, new Map([["category:7", "News"]]), i18n.t.bind(i18n));

describe("a rule in words", () => {
  it("is everybody when it has no conditions", () => {
    expect(words({ combinator: "and", rules: [] })).toBe("all contacts");
  });

  it("names fields, operators and categories as a person knows them", () => {
    const city = { field: "custom.city", operator: "=", value: "Moscow" };
    const news = { field: "category", operator: "subscribed", value: "7" };
    expect(words({ combinator: "and", rules: [city, { combinator: "or", rules: [news, city] }] })).toBe(
      "City = Moscow and (Category subscribed to «News» or City = Moscow)",
    );
  });
});
