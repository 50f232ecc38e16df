import { useState } from "react";
import type { Template } from "../api/templates";
import { address } from "../api/client";
import classes from "./TemplatePicture.module.css";

type Pictured = Pick<Template, "id" | "name" | "subject" | "thumbnailUrl" | "archivedAt">;

/** The service's screenshot of a template; a drawing where it has none, or where it can't be fetched. */
export function TemplatePicture({ template }: { template: Pictured }) {
  const [failed, setFailed] = useState(false);
  return (
    <div className={classes.picture} data-archived={template.archivedAt ? true : undefined}>
      {template.thumbnailUrl && !failed ? (
        <img src={address(`/templates/${template.id}/thumbnail`)} alt="" loading="lazy" onError={() => setFailed(true)} />
      ) : (
        <Drawing template={template} />
      )}
    </div>
  );
}

const COLOURS = ["#1f4e5f", "#7a2e52", "#4b3f8f", "#2f6f4f", "#8a4b16", "#37474f"];
const LINE = 236;

/** A letter as one might sketch it: its name in the head, its subject's words as lines of text. */
function Drawing({ template }: { template: Pictured }) {
  const colour = COLOURS[[...template.name].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % COLOURS.length];
  const title = template.name.length > 28 ? `${template.name.slice(0, 27)}…` : template.name;
  return (
    <svg viewBox="0 0 320 200" preserveAspectRatio="xMidYMin slice" aria-hidden>
      <rect x="24" y="14" width="272" height="200" fill="#fff" />
      <rect x="24" y="14" width="272" height="46" fill={colour} />
      <text x="42" y="43" fontSize="15" fill="#fff">
        {title}
      </text>
      {lines(`${template.subject} ${template.name} ${template.subject}`).map((bars, row) =>
        bars.map((bar) => <rect key={`${row}-${bar.x}`} x={42 + bar.x} y={82 + row * 17} width={bar.width} height="7" rx="3" fill="#d5dde1" />),
      )}
      <rect x="42" y="156" width="96" height="26" rx="4" fill={colour} />
    </svg>
  );
}

function lines(text: string): { x: number; width: number }[][] {
  const rows: { x: number; width: number }[][] = [[]];
  let x = 0;
  for (const word of text.split(/\s+/)) {
    const width = Math.min(word.length * 6, LINE);
    if (width === 0) continue;
    if (x + width > LINE) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1)?.push({ x, width });
    x += width + 6;
  }
  return rows.slice(0, 4);
}
