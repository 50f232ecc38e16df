import { fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { keyName, turnKeys, useKeys } from "./keys";

afterEach(() => turnKeys(true));

function Page({ take, children }: { take: () => void; children?: React.ReactNode }) {
  useKeys({ t: take });
  return <>{children}</>;
}

test("a key is known in the Russian layout by its place", () => {
  expect(keyName({ key: "е", code: "KeyT" })).toBe("t");
  expect(keyName({ key: "T", code: "KeyT" })).toBe("t");
  expect(keyName({ key: "t", code: "KeyK" })).toBe("t"); // Dvorak
  expect(keyName({ key: "?", code: "Digit7" })).toBe("?");
});

test("a key works on the page and never inside of a field", () => {
  const take = vi.fn();
  render(<Page take={take}><input aria-label="search" /></Page>);
  fireEvent.keyDown(document.body, { key: "t", code: "KeyT" });
  expect(take).toHaveBeenCalledTimes(1);
  fireEvent.keyDown(screen.getByLabelText("search"), { key: "t", code: "KeyT" });
  fireEvent.keyDown(document.body, { key: "t", code: "KeyT", ctrlKey: true });
  expect(take).toHaveBeenCalledTimes(1);
});

test("keys are silent while a window is open, and when they are turned off", () => {
  const take = vi.fn();
  const { rerender } = render(<Page take={take}><div role="dialog" /></Page>);
  fireEvent.keyDown(document.body, { key: "t", code: "KeyT" });
  turnKeys(false);
  rerender(<Page take={take} />);
  fireEvent.keyDown(document.body, { key: "t", code: "KeyT" });
  expect(take).not.toHaveBeenCalled();
});
