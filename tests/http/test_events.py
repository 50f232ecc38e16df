"""Live updates: what is published reaches those who watch, and nobody keeps the server from stopping."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from vestnik.http import events as module
from vestnik.http.errors import NotFound
from vestnik.http.events import Events, EventStream, TooManyWatchers

TOPIC = "campaign:7"


class Watched:
    """What is watched: a state, whether it may be seen, and how it is streamed."""

    def __init__(self, events: Events, state: dict[str, Any]) -> None:
        self.events, self.state, self.may = events, state, True
        self.is_gone = False

    async def look(self) -> dict[str, Any]:
        if self.is_gone:
            raise NotFound()
        return self.state

    async def may_go_on(self) -> bool:
        return self.may

    def stream(self) -> EventStream:
        return EventStream(
            self.events,
            TOPIC,
            event="progress",
            look=self.look,
            may_go_on=self.may_go_on,
            has_ended=lambda state: bool(state.get("ended")),
        )

    def becomes(self, state: dict[str, Any]) -> None:
        self.state = state
        self.events.publish(TOPIC, None)


class Reader:
    """A browser that reads a stream, chunk by chunk, until it leaves."""

    def __init__(self, stream: EventStream) -> None:
        self.chunks: asyncio.Queue[bytes] = asyncio.Queue()
        self.left = asyncio.Event()
        self.headers: dict[str, str] = {}
        scope = {"type": "http", "method": "GET", "asgi": {"spec_version": "2.3"}}
        self.task = asyncio.create_task(stream(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        elif message["body"]:
            await self.chunks.put(message["body"])


@pytest.fixture
async def events(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Events]:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 30.0)
    events = Events()
    yield events
    events.close()


async def test_a_reader_gets_the_present_state_and_then_every_change(events: Events) -> None:
    watched = Watched(events, {"sent": 0})
    reader = Reader(watched.stream())
    assert await reader.chunks.get() == b'event: progress\ndata: {"sent":0}\n\n'
    watched.becomes({"sent": 500})
    assert await reader.chunks.get() == b'event: progress\ndata: {"sent":500}\n\n'
    events.publish("campaign:8", None)
    events.publish(TOPIC, None)
    watched.becomes({"sent": 1000, "note": "две\nстроки"})
    assert (await reader.chunks.get()).decode() == (
        'event: progress\ndata: {"sent":1000,"note":"две\\nстроки"}\n\n'
    )
    assert reader.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reader.headers["cache-control"] == "no-store"
    events.close()
    await reader.task


async def test_what_nobody_tells_of_is_seen_all_the_same(
    events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.01)
    watched = Watched(events, {"sent": 0})
    reader = Reader(watched.stream())
    await reader.chunks.get()
    watched.state = {"sent": 1}
    assert await reader.chunks.get() == b'event: progress\ndata: {"sent":1}\n\n'
    events.close()
    await reader.task


async def test_a_quiet_stream_has_a_heartbeat(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(module, "HEARTBEAT_S", 0.01)
    watched = Watched(events, {"sent": 0})
    reader = Reader(watched.stream())
    await reader.chunks.get()
    assert await reader.chunks.get() == b": still here\n\n"
    watched.becomes({"sent": 1})
    chunk = await reader.chunks.get()
    while chunk.startswith(b":"):
        chunk = await reader.chunks.get()
    assert chunk == b'event: progress\ndata: {"sent":1}\n\n'
    events.close()
    await reader.task


@pytest.mark.parametrize("is_gone", [False, True])
async def test_a_stream_of_what_is_over_says_so_and_ends(events: Events, is_gone: bool) -> None:
    watched = Watched(events, {"sent": 0})
    reader = Reader(watched.stream())
    await reader.chunks.get()
    watched.is_gone = is_gone
    watched.becomes({"sent": 9, "ended": True})
    if not is_gone:
        assert await reader.chunks.get() == b'event: progress\ndata: {"sent":9,"ended":true}\n\n'
    assert await reader.chunks.get() == b"event: end\ndata: {}\n\n"
    await reader.task
    assert reader.chunks.empty()


async def test_a_stream_breaks_off_once_its_reader_may_not_see_it(
    events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(module, "ASK_AGAIN_EVERY_S", 0.01)
    watched = Watched(events, {"sent": 0})
    reader = Reader(watched.stream())
    await reader.chunks.get()
    watched.may = False
    await reader.task
    watched.becomes({"sent": 1})
    assert reader.chunks.empty()


async def test_a_stopping_server_ends_every_stream(events: Events) -> None:
    watched = Watched(events, {})
    readers = [Reader(watched.stream()) for _ in range(3)]
    for reader in readers:
        await reader.chunks.get()
    events.close()
    for reader in readers:
        await reader.task
        assert reader.chunks.empty()
    late = Reader(watched.stream())
    await late.task
    assert late.chunks.qsize() == 1


async def test_who_leaves_is_forgotten(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SUBSCRIPTIONS", 1)
    reader = Reader(Watched(events, {}).stream())
    await reader.chunks.get()
    with pytest.raises(TooManyWatchers):
        events.subscribe(TOPIC)
    reader.left.set()
    await reader.task
    events.subscribe(TOPIC)


async def test_a_slow_reader_loses_the_oldest_and_never_the_newest(events: Events) -> None:
    subscription = events.subscribe(TOPIC)
    for number in range(1000):
        events.publish(TOPIC, number)
    kept = [await subscription.next(1) for _ in range(module.KEPT_FOR_A_SLOW_READER)]
    assert kept == list(range(1000 - module.KEPT_FOR_A_SLOW_READER, 1000))
