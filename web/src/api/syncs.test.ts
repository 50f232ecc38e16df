import { expect, it } from "vitest";
import { isGuarded, removedPercent, stateOf, type SyncCounts, type SyncRun } from "./syncs";

const plan = (remove: number, largest: number) => ({ counts: { remove, largest } as SyncCounts });

it("a plan asks for a person beyond its guard, also where nobody would be left", () => {
  const guarded = [plan(20, 100), plan(21, 100), plan(3, 3), plan(0, 0)].map((run) => isGuarded({ guardPercent: 20 }, run));
  expect(guarded).toEqual([false, true, true, false]);
});

it("a share is never shown as none or all unless it is", () => {
  expect([plan(0, 9), plan(1, 1000), plan(999, 1000), plan(5, 5)].map(removedPercent)).toEqual([0, 1, 99, 100]);
});

it("a plan that was saved and not run has a word of its own", () => {
  const ended = (code: string) => stateOf({ state: "stopped", reason: { code, text: "" } } as SyncRun);
  expect([ended("only_shown"), ended("stopped")]).toEqual(["onlyShown", "stopped"]);
});
