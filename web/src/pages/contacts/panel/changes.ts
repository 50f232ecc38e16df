import type { PanelChange, PanelChoice } from "../../../api/panel";

/** The lists that the person is in by now: as they are, but for what was chosen. */
export type Chosen = ReadonlyMap<string, boolean>;

/** What saving would change, in the lists' order. */
export function changesOf(choices: PanelChoice[], chosen: Chosen): PanelChange[] {
  return choices.flatMap(({ externalId, subscribed }) => {
    const wanted = chosen.get(externalId) ?? subscribed;
    return wanted === subscribed ? [] : [{ listExternalId: externalId, subscribed: wanted }];
  });
}

/** The pending difference as people write it: `+2 −1`; empty without one. */
export function differenceOf(changes: PanelChange[]): string {
  const added = changes.filter((each) => each.subscribed).length;
  const removed = changes.length - added;
  return [added > 0 && `+${added}`, removed > 0 && `\u2212${removed}`].filter(Boolean).join(" ");
}

/** The chosen lists that only fresh consent opens. */
export function consentNeeded(choices: PanelChoice[], changes: PanelChange[]): PanelChoice[] {
  const entered = new Set(changes.filter((each) => each.subscribed).map((each) => each.listExternalId));
  return choices.filter((each) => entered.has(each.externalId) && each.lock?.opensByConsent && !each.subscribed);
}

/** The latest refusal among lists: consent has to be given after it. */
export function latestRefusal(locked: PanelChoice[]): string | null {
  return locked.reduce<string | null>((latest, { lock }) => (lock?.since && (!latest || lock.since > latest) ? lock.since : latest), null);
}
