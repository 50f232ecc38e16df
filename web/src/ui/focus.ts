/** What had the focus last; of a menu's item it is the menu's button, for the item is gone when it has done its work. */
let last: HTMLElement | null = null;

document.addEventListener("focusin", ({ target }) => {
  if (!(target instanceof HTMLElement)) return;
  const menu = target.closest("[role=menu]")?.getAttribute("aria-labelledby");
  last = menu ? document.getElementById(menu) : target;
});

/** Remembers what opened a dialog; call what it returns when the dialog closes, to give the focus back. */
export function focusBack(): () => void {
  const opener = last;
  return () => {
    // After the last blur of what goes away.
    setTimeout(() => opener?.isConnected && opener.focus({ preventScroll: true }));
  };
}
