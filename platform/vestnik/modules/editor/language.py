"""The language server behind the editor: one child per open editor, and a short one per check.

An editor speaks the Language Server Protocol over a WebSocket; here its messages pass to a `pyrefly lsp` of
its own and back, as language_protocol.py allows. The child lives in a folder that holds the types of the SDK
and nothing else (the module's text is sent to it), and dies with the socket.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from vestnik import contract
from vestnik.http.errors import Language
from vestnik.http.sockets import close
from vestnik.modules.editor import children
from vestnik.modules.editor.document import ChangeRefused, Document, TooLarge
from vestnik.modules.editor.protocol import (
    MODULE_FILE,
    SDK_FILE,
    Message,
    Refused,
    answer_to_editor,
    diagnostics_to_editor,
    initialize,
    to_server,
    wanted,
)

PROGRAM = "pyrefly"

#: Editors of one process that have a language server at the same time, and those of one person among them.
EDITORS = 12
EDITORS_OF_ONE_PERSON = 3
#: Their servers together may take one part in so many of the machine's memory; one editor always has its own.
EDITORS_MEMORY_PART = 3
#: Checks beside them, how long one waits for its turn, and how long it may take.
CHECKS = 2
CHECK_WAITS_S = 5.0
CHECK_S = 10.0
#: Memory that its child may write to: a text of the largest size takes 250 MB of it.
CHECK_MEMORY_BYTES = 384 << 20
#: An editor in which nobody types loses its server; the next letter brings another.
IDLE_S = 15 * 60.0
#: One message of the server: a list of completions, or the diagnostics of a large text.
ANSWER_BYTES = 8 << 20
HEADER_BYTES = 1024
#: Messages of an editor at once, and seconds until one more; each begun 16 KiB counts as one.
MESSAGES = (200, 0.02)
MESSAGE_PART_BYTES = 16 << 10
#: Requests of an editor that wait for an answer.
REQUESTS = 64
#: Changes of the text in one message count as one message each time there are so many.
CHANGES_PART = 16

#: Why a socket is closed, for the editor's status line.
BAD_MESSAGE = 4400
IDLE = 4408
TOO_LARGE = 4413
TOO_MANY = 4429
CHILD_DIED = 4500
NOT_INSTALLED = 4503

_CONFIGURATION = """
project-includes = ["module.py"]
search-path = ["."]
site-package-path = []
skip-interpreter-query = true
python-version = "3.11"
python-platform = "linux"
use-ignore-files = false

[errors]
unnecessary-type-conversion = "ignore"
"""

State = Literal["checked", "busy", "missing"]


class ServerGone(Exception):
    """The child has ended, or said what no language server says."""


class LanguageServer:
    """A `pyrefly lsp` child in a folder of its own; use `running`."""

    def __init__(self, process: Process, root: str) -> None:
        if process.stdin is None or process.stdout is None:
            raise TypeError("the child has no pipes")
        self._stdin, self._stdout, self.root = process.stdin, process.stdout, root

    async def send(self, message: Message) -> None:
        """Hand the child a message; raises ServerGone."""
        body = msgspec.json.encode(message)
        try:
            self._stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            await self._stdin.drain()
        except ConnectionError as error:
            raise ServerGone() from error

    async def receive(self) -> Message:
        """The child's next message; raises ServerGone."""
        try:
            header = await self._stdout.readuntil(b"\r\n\r\n")
            body = await self._stdout.readexactly(_length(header))
            message = msgspec.json.decode(body)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError) as error:
            raise ServerGone() from error
        if not isinstance(message, dict):
            raise ServerGone()
        return message

    async def answer_for_editor(self, message: Message) -> None:
        """Answer what the server asks of an editor: nothing is registered, configured or opened here."""
        await self.send({"jsonrpc": "2.0", "id": message["id"], "result": None})


@asynccontextmanager
async def running(
    path: Path, sdk: str, memory_bytes: int = children.MEMORY_BYTES
) -> AsyncIterator[LanguageServer]:
    """A language server in a new folder with these types of the SDK; both are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="vestnik-editor-"))
    process = None
    try:
        module = folder / "module"
        module.mkdir()
        (module / "pyrefly.toml").write_text(_CONFIGURATION)
        (module / SDK_FILE).write_text(sdk)
        arguments = ("lsp", "--threads", "1", "--indexing-mode", "none")
        process = await children.start(path, arguments, folder, memory_bytes=memory_bytes)
        yield LanguageServer(process, module.as_uri())
    finally:
        if process is not None:
            await children.end(process)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the language server said of a text, if it was asked: its diagnostics as the protocol has them."""

    state: State
    diagnostics: Sequence[Mapping[str, Any]] = ()


def sdk_for(manifest: Mapping[str, Any], language: Language) -> str:
    """The types of the SDK for a module with this manifest: its settings and secrets by name."""
    return contract.stub(language, contract.parse_manifest(manifest))


def editors_within(memory_bytes: int) -> int:
    """How many editors may have a language server on a machine with so much memory."""
    return max(1, min(EDITORS, memory_bytes // EDITORS_MEMORY_PART // children.MEMORY_BYTES))


class LanguageServers:
    """Language servers for editors and checks, in bounded number and memory."""

    def __init__(self, program: str = PROGRAM, editors: int | None = None) -> None:
        self._program = program
        self._editors = editors_within(children.machine_memory_bytes()) if editors is None else editors
        self._open: Counter[object] = Counter()
        self._checks = asyncio.Semaphore(CHECKS)

    async def serve(self, socket: WebSocket, person: object, sdk: str, language: Language) -> None:
        """Serve an editor until one of the two sides has enough; the socket is closed then, with a reason."""
        await socket.accept()
        path = children.program(self._program)
        if path is None:
            await close(socket, NOT_INSTALLED)
            return
        if self._open.total() >= self._editors or self._open[person] >= EDITORS_OF_ONE_PERSON:
            await close(socket, TOO_MANY)
            return
        self._open[person] += 1
        try:
            async with running(path, sdk) as server:
                await close(socket, await Bridge(socket, server, language).run())
        finally:
            self._open[person] -= 1

    async def check(self, source: str, sdk: str) -> Checked:
        """What a language server says of a text: the same as in the editor."""
        path = children.program(self._program)
        if path is None:
            return Checked("missing")
        try:
            async with asyncio.timeout(CHECK_WAITS_S):
                await self._checks.acquire()
        except TimeoutError:
            return Checked("busy")
        try:
            async with asyncio.timeout(CHECK_S), running(path, sdk, CHECK_MEMORY_BYTES) as server:
                return Checked("checked", await _diagnostics(server, source))
        except (TimeoutError, ServerGone):
            return Checked("busy")
        finally:
            self._checks.release()


class Bridge:
    """One editor and its language server."""

    def __init__(self, socket: WebSocket, server: LanguageServer, language: Language) -> None:
        self._socket, self._server, self._language = socket, server, language
        self._document = Document()
        self._asked: dict[int | str, str] = {}
        self._pace = Pace(*MESSAGES)

    async def run(self) -> int:
        """Pass messages until a side ends; return the code to close the socket with."""
        ways = [asyncio.create_task(self._to_server()), asyncio.create_task(self._to_editor())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended = [way for way in ways if way.done()]
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        return ended[0].result()

    async def _to_server(self) -> int:
        while True:
            try:
                async with asyncio.timeout(IDLE_S):
                    received = await self._socket.receive()
            except TimeoutError:
                return IDLE
            if received["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(received.get("code", 1005))
            text = received.get("text")
            if text is None:
                return BAD_MESSAGE
            await self._pace.wait(1 + len(text) // MESSAGE_PART_BYTES)
            try:
                message = msgspec.json.decode(text)
            except (ValueError, RecursionError):
                return BAD_MESSAGE
            try:
                await self._pass(message)
            except ServerGone:
                return CHILD_DIED
            except ChangeRefused:
                return BAD_MESSAGE
            except TooLarge:
                return TOO_LARGE

    async def _pass(self, message: Any) -> None:
        identity = message.get("id") if isinstance(message, dict) else None
        try:
            passed = to_server(message, self._server.root)
            if identity is not None and len(self._asked) >= REQUESTS:
                raise Refused(_TOO_MANY_REQUESTS, "too many requests are under way")
        except Refused as refused:
            if isinstance(identity, int | str):
                error = {"code": refused.code, "message": refused.reason}
                await self._say({"jsonrpc": "2.0", "id": identity, "error": error})
            return
        if identity is not None:
            self._asked[passed["id"]] = passed["method"]
        await self._follow(passed["method"], passed["params"])
        await self._server.send(passed)

    async def _follow(self, method: str, parameters: Message) -> None:
        """Keep the text as the server will have it; raises ChangeRefused, TooLarge."""
        if method == "textDocument/didOpen":
            self._document.open(parameters["textDocument"].get("text"))
        elif method == "textDocument/didClose":
            self._document = Document()
        elif method == "textDocument/didChange":
            given = parameters.get("contentChanges")
            if not isinstance(given, list):
                raise ChangeRefused()
            await self._pace.wait(len(given) // CHANGES_PART)
            changes = []
            for change in given:
                changes.append(self._document.change(change))
                if len(changes) % CHANGES_PART == 0:
                    await asyncio.sleep(0)  # many changes of a large text keep nobody else waiting
            parameters["contentChanges"] = changes

    async def _to_editor(self) -> int:
        while True:
            try:
                message = await self._server.receive()
                if "method" in message and "id" in message:
                    await self._server.answer_for_editor(message)
                    continue
                said = self._for_editor(message)
            except (ServerGone, KeyError, TypeError, AttributeError):  # what no language server says
                return CHILD_DIED
            if said is not None:
                await self._say(said)

    def _for_editor(self, message: Message) -> Message | None:
        root = self._server.root
        if "method" in message:
            if message["method"] != "textDocument/publishDiagnostics":
                return None
            parameters = diagnostics_to_editor(message["params"], root, self._language)
            said = {"jsonrpc": "2.0", "method": message["method"], "params": parameters}
            return None if parameters is None else said
        method = self._asked.pop(message.get("id", ""), None)
        if method is None:
            return None
        answer: Message = {"jsonrpc": "2.0", "id": message["id"]}
        if "error" in message:
            error = message["error"]
            return answer | {"error": {"code": int(error["code"]), "message": "the language server refused"}}
        return answer | {"result": answer_to_editor(method, message.get("result"), root)}

    async def _say(self, message: Message) -> None:
        await self._socket.send_text(msgspec.json.encode(message).decode())


class Pace:
    """At most `burst` at once, and one more every `seconds_each`; what comes faster waits."""

    def __init__(self, burst: int, seconds_each: float) -> None:
        self._burst, self._seconds_each = burst, seconds_each
        self._left, self._at = float(burst), time.monotonic()

    async def wait(self, count: int) -> None:
        """Count `count`, and wait until they are allowed."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) / self._seconds_each) - count
        self._at = now
        if self._left < 0:
            await asyncio.sleep(-self._left * self._seconds_each)


_TOO_MANY_REQUESTS = -32803  # RequestFailed of the protocol


def _length(header: bytes) -> int:
    """How long the body after a header is; ValueError when there is no sensible length."""
    for line in header[:HEADER_BYTES].split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length" and 0 < int(value) <= ANSWER_BYTES:
            return int(value)
    raise ValueError("no length")


async def _diagnostics(server: LanguageServer, source: str) -> Sequence[Mapping[str, Any]]:
    """Open a text and take the first diagnostics that are said of it."""
    uri = f"{server.root}/{MODULE_FILE}"
    document = {"uri": uri, "languageId": "python", "version": 0, "text": source}
    opened = {"method": "textDocument/didOpen", "params": {"textDocument": document}}
    await server.send({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize(server.root)})
    await server.send({"jsonrpc": "2.0", "method": "initialized", "params": {}})
    await server.send({"jsonrpc": "2.0", **opened})
    while True:
        message = await server.receive()
        if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
            return wanted(message["params"]["diagnostics"])
        if "method" in message and "id" in message:
            await server.answer_for_editor(message)
