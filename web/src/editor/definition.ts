import { LSPPlugin } from "@codemirror/lsp-client";
import type { Extension } from "@codemirror/state";
import { EditorView, keymap, type Command } from "@codemirror/view";

const SDK_URI = "file:///module/vestnik_sdk.pyi";

interface Location {
  uri: string;
  range: { start: { line: number; character: number } };
}

/** F12, or a click with Ctrl or Cmd, leads to where a name is defined: in the module, or in the types of the SDK. */
export function definitions(onSdk: (line: number) => void): Extension {
  const go = (view: EditorView, position: number): boolean => {
    const plugin = LSPPlugin.get(view);
    if (!plugin) return false;
    plugin.client.sync();
    const asked = { textDocument: { uri: plugin.uri }, position: plugin.toPosition(position) };
    void plugin.client.withMapping((mapping) =>
      plugin.client.request<typeof asked, Location[] | null>("textDocument/definition", asked).then(
        (found) => {
          const place = found?.[0];
          if (place?.uri === SDK_URI) onSdk(place.range.start.line + 1);
          if (place?.uri !== plugin.uri) return;
          const anchor = mapping.mapPosition(place.uri, place.range.start);
          view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }), userEvent: "select.definition" });
        },
        (error: unknown) => plugin.reportError("Find definition failed", error),
      ),
    );
    return true;
  };
  const atCursor: Command = (view) => go(view, view.state.selection.main.head);
  return [
    keymap.of([{ key: "F12", run: atCursor, preventDefault: true }]),
    EditorView.domEventHandlers({
      click(event, view) {
        if (!event.ctrlKey && !event.metaKey) return false;
        const position = view.posAtCoords({ x: event.clientX, y: event.clientY });
        return position !== null && go(view, position);
      },
    }),
  ];
}
