"""Live updates: what is published reaches those who watch, and nobody keeps the server from stopping."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from vestnik.http import events as module
from vestnik.http.events import Events, EventStream, TooManyWatchers

TOPIC = "campaign:7"


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
async def events() -> AsyncIterator[Events]:
    events = Events()
    yield events
    events.close()


async def test_a_reader_gets_the_present_state_and_then_every_change(events: Events) -> None:
    reader = Reader(EventStream(events, TOPIC, event="progress", first={"sent": 0}))
    assert await reader.chunks.get() == b'event: progress\ndata: {"sent":0}\n\n'
    events.publish(TOPIC, {"sent": 500})
    events.publish("campaign:8", {"sent": 9})
    events.publish(TOPIC, {"sent": 1000, "note": "две\nстроки"})
    assert await reader.chunks.get() == b'event: progress\ndata: {"sent":500}\n\n'
    assert (await reader.chunks.get()).decode() == (
        'event: progress\ndata: {"sent":1000,"note":"две\\nстроки"}\n\n'
    )
    assert reader.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reader.headers["cache-control"] == "no-store"
    events.close()
    await reader.task


async def test_a_quiet_stream_has_a_heartbeat(events: Events) -> None:
    reader = Reader(EventStream(events, TOPIC, event="progress", heartbeat_s=0.01))
    assert await reader.chunks.get() == b": still here\n\n"
    events.publish(TOPIC, {"sent": 1})
    chunk = await reader.chunks.get()
    while chunk.startswith(b":"):
        chunk = await reader.chunks.get()
    assert chunk == b'event: progress\ndata: {"sent":1}\n\n'
    events.close()
    await reader.task


async def test_a_stopping_server_ends_every_stream(events: Events) -> None:
    readers = [Reader(EventStream(events, TOPIC, event="progress", first={})) for _ in range(3)]
    for reader in readers:
        await reader.chunks.get()
    events.close()
    for reader in readers:
        await reader.task
        assert reader.chunks.empty()
    late = Reader(EventStream(events, TOPIC, event="progress"))
    await late.task
    assert late.chunks.empty()


async def test_who_leaves_is_forgotten(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SUBSCRIPTIONS", 1)
    reader = Reader(EventStream(events, TOPIC, event="progress", first={}))
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
