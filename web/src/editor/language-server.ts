import { autocompletion, type CompletionSource } from "@codemirror/autocomplete";
import { Compartment, type Extension } from "@codemirror/state";
import { keymap, ViewPlugin, type EditorView, type ViewUpdate } from "@codemirror/view";
import {
  findReferencesKeymap,
  hoverTooltips,
  LSPClient,
  LSPPlugin,
  renameKeymap,
  serverCompletionSource,
  signatureHelp,
  type LSPClientExtension,
  type Transport,
} from "@codemirror/lsp-client";
import { definitions } from "./definition";
import { setTypes, withFindings } from "./findings";
import { onlyText } from "./only-text";

/** What the language server of an editor is doing; the last five say why there is none. */
export type ServerState = "connecting" | "ready" | "idle" | "busy" | "large" | "missing" | "lost";

export interface LanguageServer {
  /** Path of the WebSocket. */
  path: string;
  onState: (state: ServerState) => void;
  /** Shows the types of the SDK at a line, from 1. */
  onSdk: (line: number) => void;
  /** What is offered beside what the server knows. */
  completions?: CompletionSource;
}

export const MODULE_URI = "file:///module/module.py";

/** Why the server closed the socket, as it says it. */
const REASONS: Record<number, ServerState> = { 4408: "idle", 4413: "large", 4429: "busy", 4503: "missing" };
/** A module's text has at most so many bytes, hence no more letters; while it has more no server takes it. */
const SOURCE_BYTES = 262_144;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
/** A server that lived this long did not die of the text: the next retry is quick again. */
const STEADY_MS = 10_000;
const SYNC_AFTER_MS = 200;
const ANSWER_WITHIN_MS = 8000;

/** Completions, hover, signatures, definitions, references, renaming and warnings from the module's own language server. */
export function languageServer(options: LanguageServer): Extension {
  const slot = new Compartment();
  return [slot.of([]), ViewPlugin.define((view) => new Connection(view, slot, options))];
}

/** Keeps an editor connected; while it is not, the editor works on without. The text never leaves the editor's hands. */
class Connection {
  private socket: WebSocket | undefined;
  private retries = 0;
  private timer: number | undefined;
  private state: ServerState = "connecting";
  private destroyed = false;

  constructor(
    private readonly view: EditorView,
    private readonly slot: Compartment,
    private readonly options: LanguageServer,
  ) {
    this.open();
  }

  update(update: ViewUpdate): void {
    if (!update.docChanged) return;
    if (this.state === "idle" || (this.state === "large" && fits(update.state.doc.toString()))) this.open();
  }

  destroy(): void {
    this.destroyed = true;
    window.clearTimeout(this.timer);
    this.socket?.close();
  }

  private open(): void {
    this.become("connecting");
    const socket = new WebSocket(this.options.path);
    this.socket = socket;
    let opened = 0;
    socket.onopen = () => {
      opened = Date.now();
      void this.begin(socket);
    };
    socket.onclose = (event) => {
      if (this.destroyed) return;
      if (opened > 0 && Date.now() - opened > STEADY_MS) this.retries = 0;
      this.end(REASONS[event.code] ?? "lost");
    };
  }

  private async begin(socket: WebSocket): Promise<void> {
    const client = new LSPClient({ rootUri: "file:///module", timeout: ANSWER_WITHIN_MS, sanitizeHTML: onlyText, extensions: abilities(this.options) });
    client.connect(transport(socket));
    try {
      await client.initializing;
    } catch {
      socket.close(); // it does not answer; a socket that is closed already stays so
      return;
    }
    if (this.destroyed || this.socket !== socket || socket.readyState !== WebSocket.OPEN) return;
    this.view.dispatch({ effects: this.slot.reconfigure(client.plugin(MODULE_URI, "python")) });
    this.become("ready");
  }

  private end(state: ServerState): void {
    this.view.dispatch({ effects: this.slot.reconfigure([]) });
    this.view.dispatch(withFindings(this.view.state, setTypes.of(null)));
    this.become(state);
    if (state === "idle" || state === "large" || state === "missing") return;
    const pause = state === "busy" ? LONGEST_RETRY_MS : Math.min(FIRST_RETRY_MS * 2 ** this.retries, LONGEST_RETRY_MS);
    this.retries += 1;
    this.timer = window.setTimeout(() => this.open(), pause * (0.75 + Math.random() / 2));
  }

  private become(state: ServerState): void {
    this.state = state;
    this.options.onState(state);
  }
}

function fits(text: string): boolean {
  return text.length <= SOURCE_BYTES && new TextEncoder().encode(text).length <= SOURCE_BYTES;
}

function transport(socket: WebSocket): Transport {
  const handlers = new Set<(message: string) => void>();
  socket.onmessage = (event) => {
    for (const handler of handlers) handler(String(event.data));
  };
  return {
    send: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(message);
    },
    subscribe: (handler) => handlers.add(handler),
    unsubscribe: (handler) => handlers.delete(handler),
  };
}

function abilities(options: LanguageServer): (Extension | LSPClientExtension)[] {
  const own = options.completions ?? (() => null);
  // A key of the contract is offered once: the contract says more of it than the server.
  const server: CompletionSource = (context) => (context.tokenBefore(["String"]) && own(context) ? null : serverCompletionSource(context));
  return [autocompletion({ override: [server, own] }), hoverTooltips(), signatureHelp(), definitions(options.onSdk), keymap.of([...renameKeymap, ...findReferencesKeymap]), warnings()];
}

interface Published {
  uri: string;
  version?: number | null;
  diagnostics: { range: { start: Place; end: Place }; code: string; message: string }[];
}

interface Place {
  line: number;
  character: number;
}

/** The server's warnings, kept beside what the check of the module found. */
function warnings(): LSPClientExtension {
  return {
    clientCapabilities: { textDocument: { publishDiagnostics: { versionSupport: true } } },
    notificationHandlers: {
      "textDocument/publishDiagnostics": (client, published: Published) => {
        const file = client.workspace.getFile(published.uri);
        const view = file?.getView();
        const plugin = view && LSPPlugin.get(view);
        if (!file || !plugin || (published.version != null && published.version !== file.version)) return true;
        const at = (place: Place) => plugin.unsyncedChanges.mapPos(plugin.fromPosition(place, plugin.syncedDoc));
        const marks = published.diagnostics.map((one) => ({
          from: at(one.range.start),
          to: at(one.range.end),
          severity: "warning" as const,
          message: one.message,
          source: one.code,
        }));
        view.dispatch(withFindings(view.state, setTypes.of(marks)));
        return true;
      },
    },
    editorExtension: sending,
  };
}

/** Tells the server of changes soon after each pause, so that it warns while somebody types. */
const sending = ViewPlugin.define((view) => {
  let timer: number | undefined;
  return {
    update(update: ViewUpdate) {
      if (!update.docChanged) return;
      window.clearTimeout(timer);
      timer = window.setTimeout(() => LSPPlugin.get(view)?.client.sync(), SYNC_AFTER_MS);
    },
    destroy: () => window.clearTimeout(timer),
  };
});
