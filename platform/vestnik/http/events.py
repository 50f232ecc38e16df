"""Live updates: an in-process hub of topics, and the server-sent events that carry them to a browser.

Whoever changes something publishes after commit (`db.after_commit`); whoever watches subscribes. What
is published is a hint with the newest state: a slow reader loses older hints of its own, never the
newest, and after a reconnection the page asks for the whole state again.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import StreamingResponse

from vestnik.http.errors import NotFound, Problem

KEPT_FOR_A_SLOW_READER = 64
SUBSCRIPTIONS = 1_000
HEARTBEAT_S = 15.0
#: What is watched is read this often: another process may change it without telling this one.
LOOK_EVERY_S = 0.5
#: An open stream's session or key is looked at this often.
ASK_AGAIN_EVERY_S = 3.0


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
    """`text/event-stream` of what `look` finds: at once, and whenever it finds something else.

    It looks when its topic is told of and every `LOOK_EVERY_S`, because another process may change things
    too. Once `has_ended` is true of what was found, or it can't be found any more, an event `end` closes the
    stream for good. It just breaks off when the server stops, and when who reads may do so no longer: a
    browser comes back by itself, and is answered as it then deserves.
    """

    def __init__(
        self,
        events: Events,
        topic: str,
        *,
        event: str,
        look: Callable[[], Awaitable[Any]],
        may_go_on: Callable[[], Awaitable[bool]],
        has_ended: Callable[[Any], bool] = lambda _found: False,
    ) -> None:
        self._hub, self._topic, self._event = events, topic, event
        self._look, self._may_go_on, self._has_ended = look, may_go_on, has_ended
        self._subscription = events.subscribe(topic)
        super().__init__(
            self._write(),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    async def _write(self) -> AsyncIterator[bytes]:
        told, spoke, asked = b"", time.monotonic(), time.monotonic()
        while True:
            try:
                found = await self._look()
            except NotFound:  # it is gone: to ask again would find it no more
                yield encode("end", {})
                return
            text = encode(self._event, found)
            if text != told:
                told, spoke = text, time.monotonic()
                yield text
            elif time.monotonic() - spoke >= HEARTBEAT_S:
                spoke = time.monotonic()
                yield b": still here\n\n"
            if self._has_ended(found):
                yield encode("end", {})
                return
            if not await self._stirs():
                return
            if time.monotonic() - asked >= ASK_AGAIN_EVERY_S:
                asked = time.monotonic()
                if not await self._may_go_on():
                    return

    async def _stirs(self) -> bool:
        """Wait for a change or for the next time to look; False when the hub is closed."""
        try:
            await self._subscription.next(LOOK_EVERY_S)
        except TimeoutError:
            return True
        except StopAsyncIteration:
            return False
        return True

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Stream until the reader leaves or the hub closes, then stop watching."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._hub.unsubscribe(self._topic, self._subscription)


async def still_may(request: Request, right: str) -> bool:
    """Whether who asked still has `right`: a session or a key may end while its answer goes on."""
    try:
        actor = await request.state.ask_again()
    except Problem:  # a key has expired meanwhile
        return False
    return actor is not None and actor.may(right)


def encode(event: str, data: Mapping[str, Any] | msgspec.Struct | Any) -> bytes:
    """One server-sent event; JSON holds no raw line break, so one `data` line is enough."""
    return b"event: " + event.encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"
