import type { CSSProperties } from "react";
import { Contactable } from "./Contactable";

const WHOLE: CSSProperties = { display: "inline-block", maxWidth: "100%", overflowWrap: "anywhere" };

/** What is known of somebody in one line; where there is little room it breaks between the facts. */
export function Facts({ of }: { of: (string | null | undefined)[] }) {
  const known = of.filter(Boolean) as string[];
  return known.map((fact, place) => (
    // Facts have no name but their place.
    // oxlint-disable-next-line react/no-array-index-key
    <span key={place}>
      <span style={WHOLE}>
        {fact.includes("@") ? <Contactable text={fact} /> : fact}
        {place < known.length - 1 && "\u00a0·"}
      </span>{" "}
    </span>
  ));
}
