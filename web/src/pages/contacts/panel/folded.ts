import { useState } from "react";

const KEPT_AS = "vestnik.panel.folded";

/** Whether an account's block is folded, remembered by the browser; in a frame it may refuse to. */
export function useFolded(accountId: string): [boolean, () => void] {
  const [folded, setFolded] = useState(() => read().includes(accountId));
  const turn = () => {
    const others = read().filter((each) => each !== accountId);
    write(folded ? others : [...others, accountId]);
    setFolded(!folded);
  };
  return [folded, turn];
}

function read(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT_AS) ?? "[]");
    return Array.isArray(kept) ? kept.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}

function write(folded: string[]): void {
  try {
    localStorage.setItem(KEPT_AS, JSON.stringify(folded));
  } catch {
    // A browser that keeps nothing forgets this, too.
  }
}
