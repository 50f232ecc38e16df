import { describe, expect, it } from "vitest";
import type { PanelChoice } from "../../../api/panel";
import { changesOf, consentNeeded, differenceOf, latestRefusal } from "./changes";

const list = (externalId: string, more: Partial<PanelChoice> = {}): PanelChoice => ({
  externalId,
  title: externalId,
  subscribed: false,
  status: null,
  lock: null,
  categoryId: null,
  category: null,
  ...more,
});
const left = (since: string | null) => ({ code: "left" as const, reason: "", since, opensByConsent: true });

describe("what saving would change", () => {
  const choices = [list("news", { subscribed: true }), list("sales"), list("events")];

  it("is what differs from the service, and nothing that was put back", () => {
    const changes = changesOf(choices, new Map([["news", false], ["sales", true], ["events", false]]));
    expect(changes).toEqual([
      { listExternalId: "news", subscribed: false },
      { listExternalId: "sales", subscribed: true },
    ]);
    expect(differenceOf(changes)).toBe("+1 −1");
  });

  it("is empty without a choice", () => {
    expect(changesOf(choices, new Map())).toEqual([]);
    expect(differenceOf([])).toBe("");
  });

  it("names one side alone where there is one", () => {
    expect(differenceOf(changesOf(choices, new Map([["sales", true], ["events", true]])))).toBe("+2");
  });
});

describe("consent", () => {
  const choices = [
    list("left", { lock: left("2026-03-01T10:00:00Z") }),
    list("stays", { subscribed: true, lock: left(null) }),
    list("open"),
  ];

  it("is asked for the lists that a person left, and for no other", () => {
    const changes = changesOf(choices, new Map([["left", true], ["stays", false], ["open", true]]));
    expect(consentNeeded(choices, changes).map((each) => each.externalId)).toEqual(["left"]);
  });

  it("has to be later than the latest refusal", () => {
    const locked = [list("a", { lock: left("2026-03-01T10:00:00Z") }), list("b", { lock: left("2026-05-01T10:00:00Z") }), list("c", { lock: left(null) })];
    expect(latestRefusal(locked)).toBe("2026-05-01T10:00:00Z");
    expect(latestRefusal([])).toBeNull();
  });
});
