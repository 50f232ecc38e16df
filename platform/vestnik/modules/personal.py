"""Where modules may name people: recordings of their calls, their tests, what they keep, rehearsals."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from vestnik.db import Database, instant_of_key
from vestnik.modules.recordings.documents import packed, unpacked
from vestnik.modules.recordings.recorder import Recorder
from vestnik.modules.recordings.store import RecordingStore
from vestnik.modules.tables import account, account_storage, module_test, rehearsal_row
from vestnik.privacy.excerpts import Excerpts
from vestnik.privacy.holdings import Portion, Sweep, finding
from vestnik.privacy.search import Search
from vestnik.privacy.texts import Texts

#: Recordings searched at a time.
READ_RECORDINGS = 50
_BYTES = b'"$bytes"'


class RecordedCalls:
    """The sweep of recordings: they may be no part of the database, so what is found is changed at once."""

    name = "module_call"
    kind = "recordings"

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    async def portion(self, search: Search, place: Any) -> Portion:
        """The next recordings; those that name the person say nothing of it any more."""
        if place is None:
            await self._recorder.flush()
        last, changed = await asyncio.to_thread(_without, self._recorder.store, search, place or 0)
        return Portion(last, removed=changed)

    async def findings(self, excerpts: Excerpts) -> AsyncIterator[Sequence[bytes]]:
        """What recorded calls say of the person."""
        await self._recorder.flush()
        after: int | None = 0
        while after is not None:
            after, found = await asyncio.to_thread(_found, self._recorder.store, excerpts, after)
            yield found


def _found(store: RecordingStore, excerpts: Excerpts, after: int) -> tuple[int | None, list[bytes]]:
    rows = store.following(after, READ_RECORDINGS)
    found: list[bytes] = []
    for row in rows:
        text = unpacked(row.document)
        shown = excerpts.of(json.loads(text)) if _BYTES in text else None
        if shown is None:
            shown = excerpts.of(text)
        if shown is not None:
            found.append(finding({"id": row.id}, instant_of_key(row.id), {"document": shown}))
    return (rows[-1].id if rows else None), found


def _without(store: RecordingStore, search: Search, after: int) -> tuple[int | None, int]:
    rows = store.following(after, READ_RECORDINGS)
    changed = 0
    for row in rows:
        text = unpacked(row.document)
        if (without := _searched(search, text)) is not text:
            store.replace(row.id, packed(without))
            changed += 1
    if not rows:
        store.compact()
        return None, changed
    return rows[-1].id, changed


def _searched(search: Search, text: bytes) -> bytes:
    """A recording's text without the person, also in bytes that are no text; itself where nothing is."""
    if _BYTES not in text:
        return search.data(text)
    value = json.loads(text)
    without = search.value(value)
    if without == value:
        return search.data(text)
    return search.data(
        json.dumps(without, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    )


def sweeps(database: Database, recorder: Recorder) -> Sequence[Sweep]:
    """Where modules may name people; recordings come last, for a call under way is recorded when it ends."""
    return (
        Texts(database, "tests", module_test, ("document",)),
        Texts(database, "storage", account_storage, ("key", "value")),
        Texts(database, "rehearsals", rehearsal_row, ("row",)),
        Texts(database, "messages", account, ("check_message",)),
        RecordedCalls(recorder),
    )
