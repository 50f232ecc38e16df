"""The editor's language server: a real pyrefly, over a real WebSocket, through the real server."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from tests.application import PASSWORD, Installation, install
from tests.modules.conftest import MANIFEST, packed
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from vestnik.app import Services
from vestnik.commands.listening import listen
from vestnik.http import sockets
from vestnik.modules.editor.language import LanguageServers
from vestnik.people.access import SYSTEM, Role
from vestnik.server import Server
from vestnik.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="module")

_NUMBERS = itertools.count(1)
URI = "file:///module/module.py"
SDK_URI = "file:///module/vestnik_sdk.pyi"
TEXT = '''"""A module."""

from vestnik_sdk import CRM_Marketing_AccountCheck, settings


def sentence(word: str) -> str:
    """Makes a *sentence* of a word."""
    return word + "."


async def CRM_Marketing_CheckAccount() -> CRM_Marketing_AccountCheck:
    answer: CRM_Marketing_AccountCheck = {"ok": True, "": None}
    sentence(5)
    return answrr
'''


@dataclass
class Editor:
    """One editor on its WebSocket."""

    socket: ClientConnection
    heard: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0

    async def request(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a request; what else comes meanwhile is kept in `heard`."""
        self.asked += 1
        identity = self.asked
        await self.say({"jsonrpc": "2.0", "id": identity, "method": method, "params": parameters})
        return await self.until(lambda message: message.get("id") == identity)

    async def notify(self, method: str, **parameters: Any) -> None:
        await self.say({"jsonrpc": "2.0", "method": method, "params": parameters})

    async def say(self, message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def until(self, wanted: Any) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while True:
                message: dict[str, Any] = json.loads(await self.socket.recv())
                if wanted(message):
                    return message
                self.heard.append(message)

    async def open(self, text: str = TEXT) -> list[dict[str, Any]]:
        """Begin with a text; the diagnostics of it."""
        await self.request("initialize", rootUri="file:///etc", processId=1, capabilities={})
        await self.notify("initialized")
        document = {"uri": URI, "languageId": "python", "version": 0, "text": text}
        await self.notify("textDocument/didOpen", textDocument=document)
        said = await self.until(lambda message: message.get("method") == "textDocument/publishDiagnostics")
        assert (said["params"]["uri"], said["params"]["version"]) == (URI, 0)
        return list(said["params"]["diagnostics"])

    async def at(self, method: str, needle: str, shift: int = 0, **parameters: Any) -> Any:
        """The result of a request about a place of `TEXT`."""
        before = TEXT[: TEXT.index(needle) + shift]
        position = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        document = {"uri": URI}
        answer = await self.request(method, textDocument=document, position=position, **parameters)
        return answer["result"]

    async def closed(self) -> int | None:
        """Why the server closes the socket."""
        async with asyncio.timeout(20):
            try:
                while True:
                    await self.socket.recv()
            except ConnectionClosed as closed:
                return None if closed.rcvd is None else closed.rcvd.code


@dataclass
class Served:
    """A served installation with one module."""

    installation: Installation
    server: Server
    origin: str
    module_id: int


@dataclass
class Place:
    """What an integrator sees of it in their browser."""

    served: Served
    module_id: int
    client: httpx.AsyncClient
    user_id: int = 0

    @property
    def services(self) -> Services:
        return self.served.installation.services

    @property
    def url(self) -> str:
        return f"{self.served.origin.replace('http', 'ws')}/api/v1/modules/{self.module_id}/lsp"

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())

    async def sign_in(self, role: Role) -> None:
        """Sign the browser in as a new user, who reads English."""
        email = f"{role}{next(_NUMBERS)}@vestnik.test"
        self.user_id = await self.served.installation.add_user(role, email)
        await self.services.people.users.change(SYSTEM, self.user_id, {"language": "en"})
        answer = await self.client.post("/api/v1/session", json={"email": email, "password": PASSWORD})
        self.client.headers["x-csrf-token"] = answer.json()["csrf"]

    @asynccontextmanager
    async def editor(self, url: str = "", **headers: str) -> AsyncIterator[Editor]:
        sent = {"cookie": self.cookie, "origin": self.served.origin} | headers
        given = {name: value for name, value in sent.items() if value}
        address = httpx.URL(self.served.origin)
        connecting = connect(
            url or self.url,
            additional_headers=given,
            proxy=None,
            host=address.host,
            port=address.port,
        )
        async with connecting as socket:
            yield Editor(socket)

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.client.post(f"/api/v1/modules/{self.module_id}/{path}", json=body)


@asynccontextmanager
async def serving(folder: Path, template: Path) -> AsyncIterator[Served]:
    """The application on a port of its own, and a database made from the template."""
    shutil.copy(template, folder / "vestnik.db")
    settings = Settings(database_url=f"sqlite:///{folder}/vestnik.db", data_dir=folder)
    async with install(settings, at_work=True) as installation:
        await installation.found()
        await installation.add_user("administrator")
        uploaded = packed(TEXT.replace("answrr", "answer").replace(', "": None', ""), MANIFEST)
        module_id, _ = await installation.services.modules.library.upload(SYSTEM, "courier.zip", uploaded)
        ready = asyncio.Event()

        async def announce(_services: Services) -> None:
            ready.set()

        listener = listen(settings.at_port(0))
        server = Server(installation.app, announce)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await ready.wait()
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield Served(installation, server, origin, module_id)
        server.should_exit = True
        async with asyncio.timeout(20):
            await running


@asynccontextmanager
async def visited(served: Served) -> AsyncIterator[Place]:
    """The browser of a new integrator."""
    headers = {"origin": served.origin, "accept-language": "en"}
    async with httpx.AsyncClient(
        base_url=served.origin, headers=headers, trust_env=False, timeout=30
    ) as client:
        place = Place(served, served.module_id, client)
        await place.sign_in("integrator")
        yield place
        await until_children(0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path_factory.mktemp("served"), sqlite_template) as served:
        yield served


@pytest_asyncio.fixture(loop_scope="module")
async def place(served: Served) -> AsyncIterator[Place]:
    async with visited(served) as place:
        yield place


def children() -> list[int]:
    """The language servers that are children of this process."""
    found = []
    for path in Path("/proc/self/task").glob("*/children"):
        for child in map(int, path.read_text().split()):
            try:
                command = Path(f"/proc/{child}/cmdline").read_bytes()
            except FileNotFoundError:
                continue  # it has just ended
            if b"pyrefly" in command and b"\0lsp\0" in command:
                found.append(child)
    return found


async def until_children(count: int) -> None:
    async with asyncio.timeout(10):
        while len(children()) > count:
            await asyncio.sleep(0.02)


def of_child(child: int, name: str) -> str:
    """What the kernel says of a child."""
    return Path(f"/proc/{child}/{name}").read_text()


# -- what an editor is told


async def test_the_editor_completes_the_keys_of_a_contract_type(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open()
        completions = await editor.at("textDocument/completion", '"": None', 1, context={"triggerKind": 1})
        assert {item["label"]: item["detail"] for item in completions["items"]} == {
            "account": "CRM_Marketing_Account",
            "message": "str | CRM_Marketing_LocalText",
        }


async def test_the_editor_completes_the_settings_of_the_module_and_nothing_private(place: Place) -> None:
    async with place.editor() as editor:
        text = TEXT.replace("sentence(5)", "settings.base")
        await editor.open(text)
        line = text[: text.index("settings.base")].count("\n")
        answer = await editor.request(
            "textDocument/completion",
            textDocument={"uri": URI},
            position={"line": line, "character": len("    settings.")},
            context={"triggerKind": 2, "triggerCharacter": "."},
        )
        labels = [item["label"] for item in answer["result"]["items"]]
        assert {"base_url", "size", "get"} <= set(labels)
        assert [label for label in labels if label.startswith("_")] == []


async def test_hover_tells_signature_and_docstring_and_no_path_of_the_server(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open()
        hover = await editor.at("textDocument/hover", "sentence(5)", 2)
        assert hover["contents"] == {
            "kind": "markdown",
            "value": "```python\n(function) sentence: def sentence(word: str) -> str: ...\n```\n---\n"
            "Makes a *sentence* of a word.",
        }


async def test_tags_in_a_docstring_are_text_for_whoever_reads_it(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open(TEXT.replace("Makes a *sentence*", "Makes <img src=x onerror=alert(1)> `a<b>` of"))
        hover = await editor.at("textDocument/hover", "def sentence", 6)
        assert hover["contents"]["value"].endswith(
            "Makes &lt;img src=x onerror=alert(1)> `a<b>` of of a word."
        )


async def test_names_and_types_are_warned_about_in_the_readers_language(place: Place) -> None:
    async with place.editor() as editor:
        english = await editor.open()
    await place.services.people.users.change(SYSTEM, place.user_id, {"language": "ru"})
    async with place.editor() as editor:
        russian = await editor.open()
    assert [(one["severity"], one["code"], one["message"]) for one in english] == [
        (2, "bad-typed-dict-key", "Key `` is not defined in TypedDict `CRM_Marketing_AccountCheck`"),
        (
            2,
            "bad-argument-type",
            "Argument `Literal[5]` is not assignable to parameter `word` with type `str` "
            "in function `sentence`",
        ),
        (2, "unknown-name", "Could not find name `answrr`\n  Did you mean `answer`?"),
        (2, "unused-import", "Import `settings` may be unused"),
        (2, "unused-variable", "Variable `answer` is unused"),
    ]
    assert [one["message"] for one in russian] == [
        "В «CRM_Marketing_AccountCheck» нет ключа «»",
        "Значение типа «Literal[5]» не подходит параметру «word» функции «sentence»: нужно «str»",
        "Имя «answrr» не определено\n  Может быть, «answer»?",
        "Импорт «settings» не используется",
        "Переменная «answer» не используется",
    ]


async def test_a_change_is_answered_by_the_warnings_of_the_new_text(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open()
        document = {"uri": URI, "version": 1}
        changed = [{"text": "x = 1\ny = z\n"}]
        await editor.notify("textDocument/didChange", textDocument=document, contentChanges=changed)
        said = await editor.until(lambda message: message.get("params", {}).get("version") == 1)
        assert said["params"]["diagnostics"] == [
            {
                "range": {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 5}},
                "severity": 2,
                "code": "unknown-name",
                "message": "Could not find name `z`",
            }
        ]


async def test_signature_definition_references_and_renaming_know_the_two_files_only(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open()
        signature = await editor.at("textDocument/signatureHelp", "sentence(5)", len("sentence("))
        assert signature["signatures"][0]["label"] == "def sentence(word: str) -> str: ..."
        local = await editor.at("textDocument/definition", "sentence(5)", 2)
        assert [(one["uri"], one["range"]["start"]) for one in local] == [(URI, {"line": 5, "character": 4})]
        sdk = await editor.at("textDocument/definition", "CRM_Marketing_AccountCheck:", 3)
        assert [one["uri"] for one in sdk] == [SDK_URI]
        assert await editor.at("textDocument/definition", "str:", 1) == []
        uses = await editor.at(
            "textDocument/references", "sentence(5)", 2, context={"includeDeclaration": True}
        )
        assert [(one["uri"], one["range"]["start"]["line"]) for one in uses] == [(URI, 5), (URI, 12)]
        renamed = await editor.at("textDocument/rename", "sentence(5)", 2, newName="phrase")
        assert {uri: [edit["newText"] for edit in edits] for uri, edits in renamed["changes"].items()} == {
            URI: ["phrase", "phrase"]
        }


async def test_a_quick_fix_is_an_edit_of_the_module_and_never_a_command(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open()
        start = {"line": 13, "character": len("    return ")}
        span = {"start": start, "end": {"line": 13, "character": len("    return answrr")}}
        given = {"textDocument": {"uri": URI}, "range": span, "context": {"diagnostics": [], "only": []}}
        actions = (await editor.request("textDocument/codeAction", **given))["result"]
        assert "Generate variable `answrr`" in [action["title"] for action in actions]
        assert {tuple(sorted(action)) for action in actions} == {("edit", "kind", "title")}
        assert {tuple(action["edit"]["changes"]) for action in actions} == {(URI,)}


# -- what does not pass


async def test_a_method_that_is_not_offered_is_refused_and_the_editor_works_on(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open()
        for method in ("workspace/executeCommand", "workspace/symbol", "shutdown", "textDocument/formatting"):
            answer = await editor.request(method, command="x", arguments=[])
            assert answer["error"] == {"code": -32601, "message": "this method is not offered"}
        await editor.notify("workspace/didChangeConfiguration", settings={})
        await editor.notify("exit")
        assert (await editor.at("textDocument/hover", "sentence(5)", 2))["contents"]["kind"] == "markdown"


@pytest.mark.parametrize("uri", ["file:///etc/passwd", SDK_URI, "file:///module/../etc/passwd", None, 5])
async def test_another_document_is_refused(place: Place, uri: object) -> None:
    async with place.editor() as editor:
        await editor.request("initialize")
        position = {"line": 0, "character": 0}
        answer = await editor.request("textDocument/hover", textDocument={"uri": uri}, position=position)
        assert answer["error"] == {"code": -32602, "message": f"the only document is {URI}"}


async def test_nothing_that_an_editor_is_told_names_a_file_of_the_server(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open("import requests\n" + TEXT)
        for needle in ("CRM_Marketing_AccountCheck:", "sentence(5)", "str:"):
            editor.heard.append(await editor.at("textDocument/hover", needle, 2) or {})
            editor.heard.append({"result": await editor.at("textDocument/definition", needle, 2)})
        told = json.dumps(editor.heard)
        assert "vestnik-editor-" not in told
        assert "typeshed" not in told
        assert "/tmp" not in told  # noqa: S108


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"origin": "https://evil.example"}, 403, "csrf_failed"),
        ({"origin": ""}, 403, "csrf_failed"),
        ({"sec-fetch-site": "cross-site"}, 403, "csrf_failed"),
        ({"cookie": ""}, 401, "not_signed_in"),
        ({"cookie": "vestnik_session=somebody"}, 401, "not_signed_in"),
        ({"cookie": "", "authorization": "Bearer nothing"}, 401, "not_signed_in"),
    ],
)
async def test_a_stranger_opens_no_socket(
    place: Place, headers: Mapping[str, str], status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with place.editor(**headers):
            pass
    answer = refused.value.response
    assert (answer.status_code, json.loads(answer.body or b"")["code"]) == (status, code)
    assert (children(), caplog.messages) == ([], [])


async def test_a_page_under_a_name_that_is_not_ours_opens_no_socket(place: Place) -> None:
    url = place.url.replace("127.0.0.1", "rebound.example")
    with pytest.raises(InvalidStatus) as refused:
        async with place.editor(url, origin=place.served.origin.replace("127.0.0.1", "rebound.example")):
            pass
    answer = refused.value.response
    assert (answer.status_code, json.loads(answer.body or b"")["code"]) == (400, "unknown_host")


async def test_a_person_without_the_right_and_a_module_that_is_none_open_no_socket(place: Place) -> None:
    module_id, place.module_id = place.module_id, 404
    with pytest.raises(InvalidStatus) as missing:
        async with place.editor():
            pass
    place.module_id = module_id
    await place.sign_in("sales_manager")
    with pytest.raises(InvalidStatus) as forbidden:
        async with place.editor():
            pass
    assert (missing.value.response.status_code, forbidden.value.response.status_code) == (404, 403)


@pytest.mark.parametrize("message", ["no JSON", "[" * 100_000, b"bytes"])
async def test_what_is_no_message_closes_the_socket(place: Place, message: str | bytes) -> None:
    async with place.editor() as editor:
        await editor.socket.send(message)
        assert await editor.closed() == 4400


async def test_a_message_that_is_too_large_closes_the_socket(place: Place) -> None:
    async with place.editor() as editor:
        await editor.socket.send("x" * (sockets.MESSAGE_BYTES + 1))
        assert await editor.closed() == 1009


# -- how long a language server lives, and on what


async def test_the_language_server_is_gone_after_its_editor(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open()
        assert len(children()) == 1
    await until_children(0)


async def test_a_language_server_has_no_environment_and_is_bounded(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open()
        [child] = children()
        environment = of_child(child, "environ").split("\0")
        assert sorted(entry.partition("=")[0] for entry in environment if entry) == ["HOME", "LANG", "TMPDIR"]
        limits = of_child(child, "limits")
        assert [line.split()[-3:-1] for line in limits.splitlines() if line.startswith("Max data")] == [
            [str(768 << 20)] * 2
        ]
        assert of_child(child, "stat").rpartition(")")[2].split()[16] == "10"


async def test_a_fourth_editor_of_one_person_waits_until_one_is_closed(place: Place) -> None:
    async with place.editor() as first, place.editor() as second:
        async with place.editor() as third:
            for editor in (first, second, third):
                await editor.open()
            async with place.editor() as fourth:
                assert await fourth.closed() == 4429
        await until_children(2)
        async with place.editor() as fifth:
            await fifth.open()


async def test_without_the_language_server_the_check_goes_on(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place.services.modules, "language", LanguageServers(program="no-such-program"))
    async with place.editor() as editor:
        assert await editor.closed() == 4503
    checked = (await place.post("check", source="import os\n")).json()
    assert (checked["types"], checked["diagnostics"][0]["kind"]) == ("missing", "policy")


async def test_a_child_that_dies_closes_the_socket_and_the_next_one_works(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open()
        os.kill(children()[0], signal.SIGKILL)
        assert await editor.closed() == 4500
    async with place.editor() as editor:
        await editor.open()


@pytest.mark.parametrize("how", ["disabled", "signed out", "demoted"])
async def test_the_socket_of_whoever_may_no_longer_is_closed(
    place: Place, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "ASK_AGAIN_EVERY_S", 0.1)
    async with place.editor() as editor:
        await editor.open()
        if how == "disabled":
            await place.services.people.users.change(SYSTEM, place.user_id, {"disabled": True})
        elif how == "demoted":
            await place.services.people.users.change(SYSTEM, place.user_id, {"roles": ["sales_manager"]})
        else:
            await place.client.delete("/api/v1/session")
        assert await editor.closed() == 4401
    await until_children(0)


async def test_a_stopping_server_leaves_no_language_server(tmp_path: Path, sqlite_template: Path) -> None:
    async with (
        serving(tmp_path, sqlite_template) as served,
        visited(served) as place,
        place.editor() as editor,
    ):
        await editor.open()
        served.server.should_exit = True
        assert await editor.closed() == 1012
        await until_children(0)


# -- the check, the formatter, the scaffold


async def test_the_check_tells_types_and_names_behind_the_policy_and_each_fact_once(place: Place) -> None:
    source = (
        "import os\nimport json\n\nasync def CRM_Marketing_CheckAccount():\n    return os.environ[nothing]\n"
    )
    checked = (await place.post("check", source=source)).json()
    told = [
        (one["line"], one["column"], one["severity"], one["kind"])
        for one in checked["diagnostics"]
        if one["kind"] != "missing"
    ]
    assert checked["types"] == "checked"
    assert told == [(1, 8, "error", "policy"), (2, 8, "warning", "names"), (5, 23, "warning", "names")]


async def test_a_syntax_error_is_told_by_the_check_alone(place: Place) -> None:
    checked = (await place.post("check", source="def broken(:\n    pass\n")).json()
    assert [(one["line"], one["kind"]) for one in checked["diagnostics"]] == [(1, "syntax")]


async def test_a_text_is_formatted_with_its_imports_in_order(place: Place) -> None:
    source = "import json\nimport asyncio\nx = {'a':1,\n  'b':json}\nawait_ = asyncio\n"
    formatted = await place.post("format", source=source)
    assert formatted.json() == {
        "source": 'import asyncio\nimport json\n\nx = {"a": 1, "b": json}\nawait_ = asyncio\n'
    }


async def test_a_text_with_a_syntax_error_is_not_touched(place: Place) -> None:
    for path, more in (("format", {}), ("scaffold", {"function": "CRM_Marketing_GetAccount"})):
        answer = await place.post(path, source="x = 1\ndef broken(:\n    pass\n", **more)
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["line"]) == (422, "source_unreadable", 2)


async def test_a_missing_function_is_put_where_it_belongs_with_its_import(place: Place) -> None:
    answer = await place.post("scaffold", source=TEXT, function="CRM_Marketing_GetAccount", language="ru")
    made = answer.json()
    lines = made["source"].splitlines()
    assert lines[made["line"] - 1] == "async def CRM_Marketing_GetAccount() -> CRM_Marketing_Account:"
    assert lines[2] == "from vestnik_sdk import CRM_Marketing_Account, CRM_Marketing_AccountCheck, settings"
    assert lines[made["line"] - 2].startswith("# ")
    assert made["line"] > lines.index("async def CRM_Marketing_CheckAccount() -> CRM_Marketing_AccountCheck:")
    again = await place.post("scaffold", source=made["source"], function="CRM_Marketing_GetAccount")
    assert again.json() == made
    none = await place.post("scaffold", source=TEXT, function="CRM_Marketing_Nothing")
    assert none.status_code == 404
