import { python } from "@codemirror/lang-python";
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useComputedColorScheme } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import { currentLanguage } from "../i18n";
import { look } from "./look";
import { phrases } from "./phrases";

interface Props {
  label: string;
  before: string;
  after: string;
}

/** Two texts with their differences: side by side, or one under the other where there is little room. */
export function DiffView({ label, before, after }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const dark = useComputedColorScheme("light") === "dark";
  const wide = useMediaQuery("(min-width: 62em)", true, { getInitialValueInEffect: false });
  useEffect(() => {
    const parent = place.current as HTMLElement;
    const shared: Extension = [
      lineNumbers(),
      python(),
      look(dark),
      phrases(currentLanguage()),
      EditorView.editable.of(false),
      EditorState.readOnly.of(true),
      EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
    ];
    const folding = { margin: 3, minSize: 5 };
    const view = wide
      ? new MergeView({
          parent,
          a: { doc: before, extensions: shared },
          b: { doc: after, extensions: shared },
          gutter: true,
          collapseUnchanged: folding,
        })
      : new EditorView({
          parent,
          doc: after,
          extensions: [shared, unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: folding })],
        });
    return () => view.destroy();
  }, [before, after, dark, label, wide]);
  return <div ref={place} className="diff" />;
}
