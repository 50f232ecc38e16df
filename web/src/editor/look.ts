import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

interface Colours {
  keyword: string;
  string: string;
  comment: string;
  number: string;
  function: string;
  type: string;
}

// Colours reach AA contrast on the page's own background; CodeMirror's default ones do not.
const LIGHT: Colours = { keyword: "#7a3fc7", string: "#0b5a8a", comment: "#57606a", number: "#0550ae", function: "#5c3aa8", type: "#953800" };
const DARK: Colours = { keyword: "#cfa8ff", string: "#9fd3ff", comment: "#9da7b3", number: "#79c0ff", function: "#ffb870", type: "#7ee787" };

function highlighting(colours: Colours): Extension {
  return syntaxHighlighting(
    HighlightStyle.define([
      { tag: [tags.keyword, tags.controlKeyword, tags.operatorKeyword, tags.definitionKeyword], color: colours.keyword },
      { tag: [tags.string, tags.special(tags.string)], color: colours.string },
      { tag: tags.comment, color: colours.comment, fontStyle: "italic" },
      { tag: [tags.number, tags.bool, tags.null], color: colours.number },
      { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName))], color: colours.function },
      { tag: [tags.className, tags.definition(tags.className), tags.meta, tags.propertyName], color: colours.type },
    ]),
  );
}

const frame = EditorView.theme({
  "&": { height: "100%", fontSize: "var(--vestnik-code-size)", backgroundColor: "var(--mantine-color-body)", color: "var(--mantine-color-text)" },
  ".cm-scroller": { fontFamily: "var(--mantine-font-family-monospace)", lineHeight: "1.6" },
  ".cm-gutters": { backgroundColor: "var(--mantine-color-body)", color: "var(--mantine-color-dimmed)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--mantine-primary-color-filled) 8%, transparent)" },
  ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--mantine-primary-color-filled) 24%, transparent) !important" },
  ".cm-cursor": { borderLeftColor: "var(--mantine-color-text)" },
  "&.cm-focused": { outline: "2px solid var(--mantine-primary-color-filled)", outlineOffset: "-2px" },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--mantine-color-body)", color: "var(--mantine-color-text)", borderColor: "var(--mantine-color-default-border)" },
  ".cm-tooltip": { border: "1px solid var(--mantine-color-default-border)", borderRadius: "8px", overflow: "hidden", maxWidth: "520px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--mantine-primary-color-filled)", color: "#fff" },
  ".cm-completionDetail": { color: "inherit", opacity: 0.85, fontStyle: "normal" },
  ".cm-completionInfo": { padding: "8px 12px", maxWidth: "360px", whiteSpace: "pre-wrap", fontFamily: "var(--mantine-font-family)" },
  ".cm-collapsedLines": { background: "var(--vestnik-canvas)", color: "var(--mantine-color-dimmed)", textAlign: "start", paddingInlineStart: "16px" },
  ".cm-collapsedLines:before, .cm-collapsedLines:after": { content: '"⋯"' },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--mantine-color-default)", color: "inherit", border: "1px solid var(--mantine-color-default-border)", borderRadius: "6px" },
  ".cm-textfield": { backgroundColor: "var(--mantine-color-body)", color: "inherit", border: "1px solid var(--mantine-color-default-border)", borderRadius: "6px" },
  ".cm-diagnosticSource": { color: "inherit", opacity: 0.85 },
  ".cm-lsp-documentation": { maxHeight: "320px", overflow: "auto", fontFamily: "var(--mantine-font-family)", fontSize: "13px" },
  ".cm-lsp-documentation pre": { whiteSpace: "pre-wrap", fontFamily: "var(--mantine-font-family-monospace)" },
  ".cm-lsp-reference-panel": { maxHeight: "160px", overflow: "auto" },
  ".cm-lsp-reference[aria-selected]": { backgroundColor: "var(--mantine-primary-color-filled)", color: "#fff" },
  ".cm-lsp-reference-file": { fontWeight: 600, padding: "2px 8px" },
  ".cm-foldPlaceholder": { backgroundColor: "transparent", color: "inherit" },
});

/** Everything that makes an editor look like the page around it. */
export function look(dark: boolean): Extension {
  return [frame, EditorView.darkTheme.of(dark), highlighting(dark ? DARK : LIGHT)];
}
