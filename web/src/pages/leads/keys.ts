import { useEffect, useRef } from "react";

const KEPT = "vestnik.leads.keys";

/** Whether single keys work: whoever speaks to the computer, or presses keys by chance, turns them off. */
export const keysOn = (): boolean => localStorage.getItem(KEPT) !== "off";
export const turnKeys = (on: boolean): void => (on ? localStorage.removeItem(KEPT) : localStorage.setItem(KEPT, "off"));

type Pressed = Pick<KeyboardEvent, "key" | "code">;

/** A key's name in any layout: the sign of a Latin letter or a digit, else the letter that the place has. */
export function keyName({ key, code }: Pressed): string {
  if (key.length !== 1) return key;
  if (/^[a-z0-9?]$/i.test(key)) return key.toLowerCase();
  return /^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : key;
}

const TYPED_IN = "input:not([type=checkbox]), textarea, select, [contenteditable=true], [role=combobox], [role=textbox]";
/** What has a use of its own for arrows and letters. */
const MOVED_IN = "[role=menu], [role=listbox], [role=tablist], [role=grid]";

/** Whether a press is meant for the page and not for what has the focus. */
function isFree(event: KeyboardEvent, inDialog: boolean): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
  const at = event.target instanceof Element ? event.target : null;
  if (at?.closest(TYPED_IN) || at?.closest(MOVED_IN)) return false;
  return inDialog || document.querySelector("[role=dialog], [role=alertdialog]") === null;
}

/** Single keys and what each does; they are silent in fields, in menus, and behind an open window. */
export function useKeys(handlers: Record<string, () => void>, { inDialog = false } = {}): void {
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      const name = keyName(event);
      const handle = latest.current[name];
      if (!handle || !isFree(event, inDialog) || (!keysOn() && name !== "?")) return;
      event.preventDefault();
      if (!event.repeat || name === "j" || name === "k" || name.startsWith("Arrow")) handle();
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, [inDialog]);
}
