"""Hooks: events wait in the database until a receiver has answered 200 in time, or the hook is stopped."""

import asyncio
import json
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from vestnik_simulator import moments
from vestnik_simulator.options import Options
from vestnik_simulator.storage import Row, Storage
from vestnik_simulator.unisender.events import Event, signed_body
from vestnik_simulator.unisender.poster import Poster, PostFailed

MAX_WAITING_EVENTS = 5_000
PAGE = 200


@dataclass
class Attempts:
    """What was posted since the last reset; the latest attempts one by one."""

    posts: int = 0
    events: int = 0
    failed: int = 0
    seconds: float = 0.0
    recent: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=500))


class Pace:
    """A rate of events a second, shared by all hooks; 0 lets everything pass."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._free_at = 0.0

    async def take(self, events: int) -> None:
        """Wait until so many events fit."""
        if not self.rate:
            return
        now = time.monotonic()
        start = max(self._free_at, now - 0.05)
        self._free_at = start + events / self.rate
        if start > now:
            await asyncio.sleep(start - now)


class Outbox:
    """All hooks of all accounts: what is put here is delivered, in the background, across restarts."""

    def __init__(self, storage: Storage, options: Options) -> None:
        self._storage = storage
        self.options = options
        self.pace = Pace(options.webhook_rate)
        self.attempts = Attempts()
        self._hooks: list[Row] = []
        self._lanes: dict[int, _Lane] = {}
        self._room = asyncio.Event()
        self._waiting = 0
        self.refresh_needed = True

    # Putting in: synchronous, inside the transaction of whoever puts.

    def put(self, account_id: int, events: list[Event]) -> None:
        """Queue events for every active hook of the account that asked for them."""
        for hook in self._active():
            if hook["account_id"] != account_id:
                continue
            wanted = json.loads(hook["events"])
            texts = [event.text for event in events if _asked_for(wanted, event)]
            batch = 1 if hook["single_event"] else self.options.webhook_batch
            parts = [texts[at : at + batch] for at in range(0, len(texts), batch)]
            self._storage.many(
                "INSERT INTO delivery (hook_id, events, size, due) VALUES (?,?,?,?)",
                [(hook["id"], ",".join(part), len(part), 0.0) for part in parts],
            )
            self._waiting += len(texts)
            lane = self._lanes.get(hook["id"])
            if texts and lane is not None:
                lane.wake.set()

    def hooks_changed(self) -> None:
        """A hook was set, stopped or removed; its lane follows as soon as the transaction is over."""
        self.refresh_needed = True
        asyncio.get_running_loop().call_soon(self._active)

    async def room(self) -> None:
        """Wait until the receivers have caught up, so that a campaign cannot outrun them without bound."""
        while self._waiting > MAX_WAITING_EVENTS and self._lanes:
            self._room.clear()
            await self._room.wait()

    # Delivering.

    def refresh(self) -> None:
        """Start lanes for hooks that are active, stop the others."""
        self.refresh_needed = False
        self._hooks = self._storage.rows("SELECT * FROM hook WHERE status='active'")
        self._waiting = self._storage.value("SELECT coalesce(sum(size),0) FROM delivery WHERE retry_count=0")
        alive = {hook["id"]: hook for hook in self._hooks}
        for key, lane in list(self._lanes.items()):
            if not lane.serves(alive.get(key)):
                self._lanes.pop(key).stop()
        for key, hook in alive.items():
            if key not in self._lanes:
                self._lanes[key] = _Lane(self, self._storage, hook)
        self._room.set()

    async def stop(self) -> None:
        """Stop delivering; what waits stays stored."""
        lanes, self._lanes = list(self._lanes.values()), {}
        for lane in lanes:
            lane.stop()
        await asyncio.gather(*(lane.ended() for lane in lanes))

    def caught_up(self, events: int) -> None:
        """So many first attempts are over."""
        self._waiting = max(0, self._waiting - events)
        self._room.set()

    def _active(self) -> list[Row]:
        if self.refresh_needed:
            self.refresh()
        return self._hooks


def _asked_for(wanted: dict[str, str], event: Event) -> bool:
    statuses = wanted.get(event.name)
    if statuses is None:
        return False
    return statuses == "*" or not event.status or event.status in statuses.split(",")


class _Lane:
    """One hook: a feeder that reads what is due, and as many connections as the hook allows."""

    def __init__(self, outbox: Outbox, storage: Storage, hook: Row) -> None:
        self.hook = hook
        self.wake = asyncio.Event()
        self._outbox = outbox
        self._storage = storage
        account = storage.row("SELECT api_key, login FROM account WHERE id=?", hook["account_id"])
        self._key: str = account["api_key"] if account else ""
        self._login: str = account["login"] if account else ""
        self._queue: asyncio.Queue[Row] = asyncio.Queue(maxsize=2 * hook["max_parallel"])
        self._done: list[tuple[int, int]] = []
        self._cursor = 0
        self._posters = [
            Poster(hook["url"], outbox.options.webhook_timeout_s) for _ in range(hook["max_parallel"])
        ]
        self._tasks = [asyncio.create_task(self._feed())]
        self._tasks += [asyncio.create_task(self._work(poster)) for poster in self._posters]

    def serves(self, hook: Row | None) -> bool:
        """Whether this lane still fits the hook as it is stored now."""
        return hook is not None and all(
            hook[name] == self.hook[name] for name in ("url", "max_parallel", "account_id")
        )

    def stop(self) -> None:
        """Stop at once; an attempt under way is made again after the next start."""
        self._flush()
        for task in self._tasks:
            task.cancel()
        for poster in self._posters:
            poster.close()

    async def ended(self) -> None:
        """Wait until nothing of it runs."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _feed(self) -> None:
        while True:
            self.wake.clear()
            self._flush()
            rows = self._fresh() + self._again()
            for row in rows:
                await self._queue.put(row)
            if not rows:
                try:
                    await asyncio.wait_for(self.wake.wait(), self._idle_s())
                except TimeoutError:
                    continue

    def _fresh(self) -> list[Row]:
        rows = self._storage.rows(
            "SELECT * FROM delivery WHERE hook_id=? AND retry_count=0 AND id>? ORDER BY id LIMIT ?",
            self.hook["id"],
            self._cursor,
            PAGE,
        )
        if rows:
            self._cursor = rows[-1]["id"]
        return rows

    def _again(self) -> list[Row]:
        """Repeats that are due; marked so that they are not taken twice while they are under way."""
        rows = self._storage.rows(
            "SELECT * FROM delivery WHERE hook_id=? AND retry_count>0 AND due<=? ORDER BY due LIMIT ?",
            self.hook["id"],
            moments.now(),
            PAGE,
        )
        later = moments.now() + 60.0
        if rows:
            with self._storage.transaction():
                self._storage.many(
                    "UPDATE delivery SET due=? WHERE id=?", [(later, row["id"]) for row in rows]
                )
        return rows

    def _idle_s(self) -> float:
        due = self._storage.value(
            "SELECT min(due) FROM delivery WHERE hook_id=? AND retry_count>0", self.hook["id"]
        )
        return 1.0 if due is None else min(1.0, max(0.01, due - moments.now()))

    async def _work(self, poster: Poster) -> None:
        while True:
            row = await self._queue.get()
            await self._outbox.pace.take(row["size"])
            body = signed_body(self._key, self._login, row["events"], row["retry_count"])
            started = time.perf_counter()
            try:
                status = await poster.post(body)
                error = "" if status == 200 else f"HTTP {status}"
            except PostFailed as failure:
                status, error = 0, str(failure)
            self._count(row, status, error, time.perf_counter() - started)
            if row["retry_count"] == 0:
                self._outbox.caught_up(row["size"])
            if error:
                self._repeat_later(row, error)
            else:
                self._done.append((row["id"], row["size"]))
                if len(self._done) >= PAGE:
                    self._flush()
            if self._queue.empty():
                self.wake.set()

    def _count(self, row: Row, status: int, error: str, seconds: float) -> None:
        attempts = self._outbox.attempts
        attempts.posts += 1
        attempts.seconds += seconds
        attempts.events += 0 if error else row["size"]
        attempts.failed += bool(error)
        attempts.recent.append(
            {
                "hookId": self.hook["id"],
                "deliveryId": row["id"],
                "retryCount": row["retry_count"],
                "events": row["size"],
                "status": status,
                "error": error,
                "ms": round(seconds * 1000, 3),
                "at": moments.now(),
            }
        )

    def _flush(self) -> None:
        """Forget what was delivered, many at once."""
        done, self._done = self._done, []
        if not done:
            return
        with self._storage.transaction():
            self._storage.many("DELETE FROM delivery WHERE id=?", [(key,) for key, _ in done])
            self._storage.run(
                "UPDATE hook SET delivered=delivered+?, failing_since=NULL, last_answer='HTTP 200' "
                "WHERE id=?",
                sum(size for _, size in done),
                self.hook["id"],
            )

    def _repeat_later(self, row: Row, error: str) -> None:
        now, options = moments.now(), self._outbox.options
        with self._storage.transaction():
            self._storage.run(
                "UPDATE delivery SET retry_count=retry_count+1, due=? WHERE id=?",
                now + options.retry_interval_s,
                row["id"],
            )
            self._storage.run(
                "UPDATE hook SET failed=failed+1, last_answer=?, failing_since=coalesce(failing_since, ?) "
                "WHERE id=?",
                error[:300],
                now,
                self.hook["id"],
            )
            since = self._storage.value("SELECT failing_since FROM hook WHERE id=?", self.hook["id"])
            if since is not None and now - since >= options.retry_window_s:
                self._storage.run("UPDATE hook SET status='stopped' WHERE id=?", self.hook["id"])
                self._storage.run("DELETE FROM delivery WHERE hook_id=?", self.hook["id"])
                self._outbox.hooks_changed()
