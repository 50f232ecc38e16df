import { autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap, selectedCompletion, type CompletionSource } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { python, pythonLanguage } from "@codemirror/lang-python";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap } from "@codemirror/lint";
import { diff } from "@codemirror/merge";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, Prec, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers, tooltips } from "@codemirror/view";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useImperativeHandle, useRef, type Ref } from "react";
import { currentLanguage } from "../i18n";
import { findings, setCheck, withFindings } from "./findings";
import { languageServer, type LanguageServer } from "./language-server";
import { look } from "./look";
import { marks, position, type Diagnostic } from "./marks";
import { phrases } from "./phrases";

export interface CodeEditorHandle {
  /** Puts the cursor on a line and column, both from 1, and shows them. */
  show: (line: number, column?: number) => void;
  /** What it holds now, which may be newer than the `value` last given. */
  text: () => string;
}

interface Props {
  label: string;
  language: "python" | "json";
  value: string;
  onChange?: (value: string) => void;
  diagnostics?: Diagnostic[];
  completions?: CompletionSource;
  /** Ctrl+Enter. */
  onRun?: () => void;
  /** Ctrl+S. */
  onSave?: () => void;
  /** Shift+Alt+F, with what is typed by then. */
  onFormat?: (text: string) => void;
  /** F1. */
  onHelp?: () => void;
  /** Where the cursor is: line and column, both from 1. */
  onCursor?: (line: number, column: number) => void;
  /** The language server of the text, from the first moment of the editor on. */
  server?: LanguageServer;
  readOnly?: boolean;
  ref?: Ref<CodeEditorHandle>;
}

/** A CodeMirror editor as a controlled field, with the server's diagnostics in its margin. */
export function CodeEditor(props: Props) {
  const { label, language, value, diagnostics, readOnly = false, ref } = props;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const dark = useComputedColorScheme("light") === "dark";
  const latest = useRef({ ...props, dark });
  // What was typed and not yet given back as `value`: an older value must not undo it.
  const typed = useRef(new Set<string>());
  const colours = useRef(new Compartment());
  useEffect(() => {
    latest.current = { ...props, dark };
  });

  useEffect(() => {
    const completions: CompletionSource = (context) => latest.current.completions?.(context) ?? null;
    const editor = new EditorView({
      parent: place.current as HTMLElement,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          basics(language),
          phrases(currentLanguage()),
          colours.current.of(look(latest.current.dark)),
          shortcuts(() => latest.current),
          EditorState.readOnly.of(readOnly),
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          completing(completions),
          findings,
          // Above what stands beside the editor, and never cut off by its frame.
          tooltips({ position: "fixed", parent: document.body }),
          latest.current.server ? languageServer({ ...latest.current.server, completions }) : [],
          EditorView.updateListener.of((update) => {
            if (update.docChanged) {
              const text = update.state.doc.toString();
              typed.current.add(text);
              latest.current.onChange?.(text);
            }
            if (update.docChanged || update.selectionSet) tellCursor(update.state, latest.current.onCursor);
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, [label, language, readOnly]);

  useEffect(() => {
    view.current?.dispatch({ effects: colours.current.reconfigure(look(dark)) });
  }, [dark]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const text = editor.state.doc.toString();
    if (text === value) typed.current.clear();
    if (text === value || typed.current.has(value)) return;
    const changes = diff(text, value).map((one) => ({ from: one.fromA, to: one.toA, insert: value.slice(one.fromB, one.toB) }));
    editor.dispatch({ changes });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || !diagnostics) return;
    editor.dispatch(withFindings(editor.state, setCheck.of(marks(editor.state.doc, diagnostics))));
  }, [diagnostics]);

  useImperativeHandle(ref, () => ({
    show: (line, column = 1) => {
      const editor = view.current;
      if (!editor) return;
      const anchor = position(editor.state.doc, line, column);
      editor.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
      editor.focus();
    },
    text: () => view.current?.state.doc.toString() ?? latest.current.value,
  }));

  return <div ref={place} className="editor" />;
}

const pythonBasics: Extension = [
  lineNumbers(),
  highlightActiveLineGutter(),
  foldGutter(),
  lintGutter(),
  python(),
  indentUnit.of("    "),
];

function basics(language: "python" | "json"): Extension {
  return [
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    language === "python" ? pythonBasics : [json(), indentUnit.of("  ")],
    keymap.of([
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...completionKeymap,
      ...lintKeymap,
      // Escape, then Tab leaves the editor: CodeMirror's own way out for the keyboard.
      indentWithTab,
    ]),
  ];
}

type Shortcuts = Pick<Props, "onRun" | "onSave" | "onFormat" | "onHelp">;

function shortcuts(current: () => Shortcuts): Extension {
  const command = (pick: () => ((text: string) => void) | undefined) => (editor: EditorView) => {
    const act = pick();
    act?.(editor.state.doc.toString());
    return act !== undefined;
  };
  // CodeMirror's own Mod-Enter would insert a line.
  return Prec.high(keymap.of([
    { key: "Mod-Enter", run: command(() => current().onRun) },
    { key: "Mod-s", run: command(() => current().onSave), preventDefault: true },
    { key: "Shift-Alt-f", run: command(() => current().onFormat), preventDefault: true },
    { key: "F1", run: command(() => current().onHelp), preventDefault: true },
  ]));
}

function tellCursor(state: EditorState, tell: Props["onCursor"]): void {
  const { head } = state.selection.main;
  const line = state.doc.lineAt(head);
  tell?.(line.number, head - line.from + 1);
}

/** Enter means a new line where the word offered is typed already; what else follows from Enter, other bindings do. */
export function leaveTyped(editor: EditorView): boolean {
  const chosen = selectedCompletion(editor.state);
  if (!chosen || typeof chosen.apply === "function") return false;
  const word = chosen.apply ?? chosen.label;
  const { head } = editor.state.selection.main;
  const before = editor.state.sliceDoc(Math.max(0, head - word.length - 1), head);
  if (before.endsWith(word) && !/^\w/.test(before.slice(0, -word.length))) closeCompletion(editor);
  return false;
}

function completing(source: CompletionSource): Extension {
  // It stands before what autocompletion binds to Enter at the same precedence.
  return [Prec.highest(keymap.of([{ key: "Enter", run: leaveTyped }])), autocompletion(), pythonLanguage.data.of({ autocomplete: source })];
}
