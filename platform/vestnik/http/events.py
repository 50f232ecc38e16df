"""Live updates: an in-process hub of topics, and the server-sent events that carry them to a browser.

Whoever changes something publishes after commit (`db.after_commit`); whoever watches subscribes. What
is published is a hint with the newest state: a slow reader loses older hints of its own, never the
newest, and after a reconnection the page asks for the whole state again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
from starlette.responses import StreamingResponse

from vestnik.http.errors import Problem

KEPT_FOR_A_SLOW_READER = 64
SUBSCRIPTIONS = 1_000
HEARTBEAT_S = 15.0


class TooManyWatchers(Problem):
    code = "too_many_watchers"
    status = 503
    title = {"ru": "Слишком много открытых страниц", "en": "Too many open pages"}
    message = {
        "ru": "Живые обновления заняты. Страница работает и без них: обновляйте её вручную.",
        "en": "Live updates are all in use. The page works without them: reload it by hand.",
    }


class Subscription:
    """What one reader has not read yet; an async iterator that ends when the hub closes."""

    def __init__(self) -> None:
        self._unread: deque[Any] = deque(maxlen=KEPT_FOR_A_SLOW_READER)
        self._wake = asyncio.Event()
        self._closed = False

    def put(self, data: Any) -> None:
        """Add one piece of data; the oldest unread one goes when the reader is too slow."""
        self._unread.append(data)
        self._wake.set()

    def close(self) -> None:
        """End the iteration once everything unread is read."""
        self._closed = True
        self._wake.set()

    async def next(self, timeout_s: float) -> Any:
        """The next piece of data; TimeoutError after `timeout_s`, StopAsyncIteration at the end."""
        async with asyncio.timeout(timeout_s):
            while not self._unread:
                if self._closed:
                    raise StopAsyncIteration
                self._wake.clear()
                await self._wake.wait()
        return self._unread.popleft()


class Events:
    """Topics of one process. Everything here runs on the event loop's thread."""

    def __init__(self) -> None:
        self._topics: dict[str, set[Subscription]] = {}
        self._count = 0
        self._closed = False

    def publish(self, topic: str, data: Any) -> None:
        """Tell everyone who watches `topic`; free when nobody does."""
        for subscription in self._topics.get(topic, ()):
            subscription.put(data)

    def subscribe(self, topic: str) -> Subscription:
        """Watch `topic` from now on, until `unsubscribe`."""
        if self._count >= SUBSCRIPTIONS:
            raise TooManyWatchers()
        subscription = Subscription()
        if self._closed:
            subscription.close()
        self._topics.setdefault(topic, set()).add(subscription)
        self._count += 1
        return subscription

    def unsubscribe(self, topic: str, subscription: Subscription) -> None:
        """Stop watching; safe to call twice."""
        watchers = self._topics.get(topic, set())
        if subscription in watchers:
            watchers.remove(subscription)
            self._count -= 1
        if not watchers:
            self._topics.pop(topic, None)

    def close(self) -> None:
        """End every subscription, so that a stopping server need not wait for open pages."""
        self._closed = True
        for watchers in self._topics.values():
            for subscription in watchers:
                subscription.close()


class EventStream(StreamingResponse):
    """`text/event-stream` of one topic: named events with JSON data, and heartbeats.

    When the server stops the stream just breaks off: the browser comes back to the next server by itself.
    `first` (when given) is sent at once, so that a page needs no second request for the present state.
    """

    def __init__(
        self,
        events: Events,
        topic: str,
        *,
        event: str,
        first: Any = None,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._hub, self._topic = events, topic
        self._subscription = events.subscribe(topic)
        super().__init__(
            self._write(event, first, heartbeat_s),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    async def _write(self, event: str, first: Any, heartbeat_s: float) -> AsyncIterator[bytes]:
        if first is not None:
            yield encode(event, first)
        while True:
            try:
                data = await self._subscription.next(heartbeat_s)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            except StopAsyncIteration:
                return
            yield encode(event, data)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Stream until the reader leaves or the hub closes, then stop watching."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._hub.unsubscribe(self._topic, self._subscription)


def encode(event: str, data: Mapping[str, Any] | msgspec.Struct | Any) -> bytes:
    """One server-sent event; JSON holds no raw line break, so one `data` line is enough."""
    return b"event: " + event.encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"
