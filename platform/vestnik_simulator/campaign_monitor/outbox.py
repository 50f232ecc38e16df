"""Events of lists on their way: stored until the receiver has taken them, or the hook is switched off."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from vestnik_simulator import moments
from vestnik_simulator.options import Options
from vestnik_simulator.storage import Row, Storage
from vestnik_simulator.unisender.poster import Poster, PostFailed

EVENTS_IN_ONE_POST = 1000
DAYS_UNTIL_OFF = 7


class ListOutbox:
    """All hooks of all lists; one POST of a hook at a time."""

    def __init__(self, storage: Storage, options: Options) -> None:
        self._storage = storage
        self.options = options
        self._wake = asyncio.Event()

    def put(self, list_id: int, events: Sequence[dict[str, Any]]) -> None:
        """Queue events for the list's hooks; called inside the transaction of what happened."""
        hooks = self._storage.rows("SELECT id, events FROM cm_hook WHERE list_id=? AND active=1", list_id)
        for hook in hooks:
            wanted = json.loads(hook["events"])
            self._storage.many(
                "INSERT INTO cm_delivery (hook_id, event) VALUES (?,?)",
                [(hook["id"], json.dumps(event)) for event in events if event["Type"] in wanted],
            )
        if hooks:
            self._wake.set()

    async def run(self) -> None:
        """Deliver what is due, for ever."""
        while True:
            self._wake.clear()
            hooks = self._storage.rows(
                "SELECT h.*, l.key AS list_key FROM cm_hook h JOIN cm_list l ON l.id=h.list_id "
                "WHERE h.active=1 AND EXISTS (SELECT 1 FROM cm_delivery d WHERE d.hook_id=h.id AND d.due<=?)",
                moments.now(),
            )
            await asyncio.gather(*(self._post(hook) for hook in hooks))
            if not hooks:
                try:
                    await asyncio.wait_for(self._wake.wait(), self._idle_s())
                except TimeoutError:
                    continue

    def _idle_s(self) -> float:
        due = self._storage.value("SELECT min(due) FROM cm_delivery")
        return 1.0 if due is None else min(1.0, max(0.01, due - moments.now()))

    async def _post(self, hook: Row) -> None:
        rows = self._storage.rows(
            "SELECT id, event FROM cm_delivery WHERE hook_id=? ORDER BY id LIMIT ?",
            hook["id"],
            EVENTS_IN_ONE_POST,
        )
        body = {"ListID": hook["list_key"], "Events": [json.loads(row["event"]) for row in rows]}
        poster = Poster(hook["url"], self.options.webhook_timeout_s)
        try:
            status = await poster.post(json.dumps(body).encode())
            error = "" if 200 <= status < 300 else f"HTTP {status}"
        except PostFailed as failure:
            error = str(failure)
        finally:
            poster.close()
        with self._storage.transaction():
            if error:
                self._failed(hook, error)
            else:
                self._taken(hook, rows)

    def _taken(self, hook: Row, rows: Sequence[Row]) -> None:
        self._storage.many("DELETE FROM cm_delivery WHERE id=?", [(row["id"],) for row in rows])
        self._storage.run(
            "UPDATE cm_hook SET delivered=delivered+?, failing_since=NULL, last_answer='HTTP 2xx' WHERE id=?",
            len(rows),
            hook["id"],
        )

    def _failed(self, hook: Row, error: str) -> None:
        """Everything of the hook waits; after a week of failures it is off, and what waits is lost."""
        now = moments.now()
        since = hook["failing_since"] or now
        self._storage.run(
            "UPDATE cm_hook SET failed=failed+1, failing_since=?, last_answer=? WHERE id=?",
            since,
            error[:300],
            hook["id"],
        )
        self._storage.run(
            "UPDATE cm_delivery SET due=? WHERE hook_id=?", now + self.options.retry_interval_s, hook["id"]
        )
        if now - since >= DAYS_UNTIL_OFF * self.options.retry_window_s:
            self._storage.run("UPDATE cm_hook SET active=0 WHERE id=?", hook["id"])
            self._storage.run("DELETE FROM cm_delivery WHERE hook_id=?", hook["id"])
