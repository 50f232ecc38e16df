"""An import on its way, as a page watches it: every change, its end, and nobody who may not see it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from tests.application import ORIGIN, Browser
from tests.contacts.imports.conftest import Desk

from vestnik.http import events
from vestnik.people.access import SYSTEM

FILE = "Имя;Почта\n" + "".join(f"Гость {n};guest{n}@example.org\n" for n in range(300))


class Stream:
    """A page's open event stream, chunk by chunk: httpx would give it only when it is over."""

    def __init__(self, browser: Browser, path: str) -> None:
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.status = 0
        headers = {**browser.headers, "host": ORIGIN.partition("//")[2]}
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in browser.client.cookies.items())
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": f"/api/v1{path}",
            "raw_path": f"/api/v1{path}".encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("203.0.113.7", 50000),
            "server": ("vestnik.test", 80),
        }
        app = browser.client._transport.app  # type: ignore[attr-defined]
        self._left = asyncio.Event()
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["body"]:
            await self._chunks.put(message["body"])
        if not message.get("more_body", True):
            await self._chunks.put(None)

    async def next(self) -> tuple[str, dict[str, Any]] | None:
        """The next event and its data; None at the end of the stream."""
        async with asyncio.timeout(10):
            chunk = await self._chunks.get()
        if chunk is None:
            return None
        name, data, *_ = chunk.decode().split("\n")
        return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))

    async def leave(self) -> None:
        self._left.set()
        await self.task


async def test_import_and_its_undoing_are_told_as_they_go_on_until_they_end(desk: Desk) -> None:
    id = (await desk.upload(FILE))["id"]
    card = await desk.start((await desk.browser.get(f"/imports/{id}")).json())
    row = {
        name: value for name, value in card.items() if name not in ("reading", "titles", "columns", "policy")
    }

    stream = Stream(desk.browser, f"/imports/{id}/events")
    assert await stream.next() == ("progress", row)
    await desk.bring_on(id)
    told = await _told(stream)
    assert (told[-1]["state"], told[-1]["created"], told[-1]["doneRows"]) == ("done", 300, 300)
    assert told[-1] == (await desk.browser.get("/imports")).json()["items"][0]

    await desk.browser.post(f"/imports/{id}/undo")
    stream = Stream(desk.browser, f"/imports/{id}/events")
    name, first = await stream.next() or ("", {})
    assert (name, first["state"], first["undone"]) == ("progress", "undoing", 0)
    await desk.bring_on(id)
    told = await _told(stream)
    assert (told[-1]["state"], told[-1]["undone"], told[-1]["notUndone"]) == ("undone", 300, 0)


async def test_import_that_does_not_move_is_told_once(desk: Desk) -> None:
    card = await desk.upload(FILE)
    stream = Stream(desk.browser, f"/imports/{card['id']}/events")
    told = await _told(stream)
    assert [row["state"] for row in told] == ["uploaded"]
    assert (await desk.browser.get("/imports/7/events")).json()["code"] == "not_found"


async def test_stream_breaks_off_when_its_reader_loses_the_right(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "ASK_AGAIN_EVERY_S", 0.0)
    card = await desk.start(await desk.upload(FILE))
    stream = Stream(desk.browser, f"/imports/{card['id']}/events")
    assert (await stream.next() or ("",))[0] == "progress"
    await desk.installation.add_user("administrator")
    me = int((await desk.browser.get("/session")).json()["user"]["id"])
    await desk.services.people.users.change(SYSTEM, me, {"roles": ["integrator"]})
    assert await stream.next() is None
    refused = await desk.browser.get(f"/imports/{card['id']}/events")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


async def test_page_too_many_is_refused_before_its_stream_begins(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "SUBSCRIPTIONS", 1)
    card = await desk.start(await desk.upload(FILE))
    first = Stream(desk.browser, f"/imports/{card['id']}/events")
    await first.next()
    refused = await desk.browser.get(f"/imports/{card['id']}/events")
    assert (refused.status_code, refused.json()["code"]) == (503, "too_many_watchers")
    await first.leave()
    again = Stream(desk.browser, f"/imports/{card['id']}/events")
    assert (await again.next() or ("",))[0] == "progress"
    await again.leave()


async def _told(stream: Stream) -> list[dict[str, Any]]:
    """What is told until the end, which the stream must say itself."""
    told: list[dict[str, Any]] = []
    while (event := await stream.next()) is not None:
        name, data = event
        if name == "end":
            assert await stream.next() is None
            await stream.task
            return told
        told.append(data)
    raise AssertionError("the stream broke off")
