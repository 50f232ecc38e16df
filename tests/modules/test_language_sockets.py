"""Who opens an editor's socket, what closes it, and how long the language server behind it lives."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.modules.conftest import editable
from tests.modules.editing import TEXT, URI, Place, children, of_child, serving, until_children, visited
from websockets.exceptions import InvalidStatus

from vestnik.http import sockets
from vestnik.modules.editor import children as bounds
from vestnik.modules.editor.language import LanguageServers, editors_within
from vestnik.modules.sources.packages import SOURCE_BYTES
from vestnik.people.access import SYSTEM

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
    await place.sign_in("marketer")
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


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_text_that_no_module_may_have_closes_the_socket(place: Place, at_once: bool) -> None:
    async with place.editor() as editor:
        await editor.open("#" * (SOURCE_BYTES + 1) if at_once else "", answered=not at_once)
        for version in range(1, 10 * (not at_once)):
            start = {"line": 0, "character": 0}
            change = {"range": {"start": start, "end": start}, "text": "#" * (SOURCE_BYTES // 8)}
            document = {"uri": URI, "version": version}
            await editor.notify("textDocument/didChange", textDocument=document, contentChanges=[change])
        assert await editor.closed() == 4413
    await until_children(0)
    async with place.editor() as editor:
        await editor.open(TEXT)


async def test_a_change_outside_the_text_closes_the_socket(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open("x = 1\n")
        start = {"line": 7, "character": 0}
        change = {"range": {"start": start, "end": start}, "text": "y"}
        document = {"uri": URI, "version": 1}
        await editor.notify("textDocument/didChange", textDocument=document, contentChanges=[change])
        assert await editor.closed() == 4400


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


async def test_a_fourth_editor_of_one_person_waits_until_one_is_closed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place.services.modules, "language", LanguageServers(editors=12))
    async with place.editor() as first, place.editor() as second:
        async with place.editor() as third:
            for editor in (first, second, third):
                await editor.open()
            async with place.editor() as fourth:
                assert await fourth.closed() == 4429
        await until_children(2)
        async with place.editor() as fifth:
            await fifth.open()


async def test_all_language_servers_together_take_a_part_of_the_machines_memory(tmp_path: Path) -> None:
    assert [editors_within(size << 30) for size in (1, 4, 8, 16, 64)] == [1, 1, 3, 7, 12]
    whole = bounds.machine_memory_bytes(tmp_path)
    assert whole == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    (tmp_path / "memory.max").write_text("max\n")
    assert bounds.machine_memory_bytes(tmp_path) == whole
    (tmp_path / "memory.max").write_text("536870912\n")
    assert bounds.machine_memory_bytes(tmp_path) == 512 << 20


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
        serving(tmp_path, sqlite_template, editable()) as served,
        visited(served) as place,
        place.editor() as editor,
    ):
        await editor.open()
        served.server.should_exit = True
        assert await editor.closed() == 1012
        await until_children(0)
