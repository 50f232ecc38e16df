import { Fragment } from "react";
import { phone } from "./format";

/** An e-mail address, or a phone as people write it; on a narrow screen it breaks after a dot or the @. */
export function Contactable({ text }: { text: string | null | undefined }) {
  if (!text) return <>—</>;
  if (!text.includes("@")) return <span style={{ whiteSpace: "nowrap" }}>{phone(text)}</span>;
  return (
    <>
      {text.split(/(?<=[@.])/).map((part, place) => (
        // Parts have no name but their place.
        // oxlint-disable-next-line react/no-array-index-key
        <Fragment key={place}>
          {place > 0 && <wbr className="on-phone" />}
          {part}
        </Fragment>
      ))}
    </>
  );
}
