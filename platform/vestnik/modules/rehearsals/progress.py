"""How far a rehearsal has come, written down beside it: numbers often, rows rarely, both behind other work.

A rehearsal that waits for its turn gives signs of life too; and by its next one it learns that another has
taken its place, in whatever process.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

import msgspec

from vestnik.db import Database, now
from vestnik.modules.rehearsals import store
from vestnik.modules.rehearsals.store import Row, Tally

PROGRESS_S = 1.0
ROWS_S = 10.0
#: Numbers that stay as they are are told anew, so that nobody takes the rehearsal for dead.
SIGN_OF_LIFE_S = 20.0


class Replaced(Exception):
    """Another rehearsal of the module has begun, or the module is gone."""


class Progress:
    """The numbers and rows of one rehearsal."""

    def __init__(self, database: Database, rehearsal_id: int) -> None:
        self.rehearsal_id = rehearsal_id
        self._database = database
        self._tally = Tally()
        self._begun_at: datetime | None = None
        self._texts: list[str] = []
        self._next_row = 0
        self._bytes_left = store.ROWS_BYTES
        self._is_told = True
        self._told_at = self._rows_at = time.monotonic()

    def has_turn(self) -> None:
        """It waits no more."""
        self._begun_at, self._is_told = now(), False

    def expects(self, total: int) -> None:
        """So many calls will be tried."""
        self._tally.total, self._is_told = total, False

    async def add(self, row: Row) -> None:
        """Count a row, and keep it with what fits of its differences."""
        text = await asyncio.to_thread(store.text_of, row, self._bytes_left)
        self._bytes_left -= len(text)
        self._texts.append(text)
        self._tally.add(row)
        self._is_told = False

    async def follow(self) -> None:
        """Write down what there is, until it is cancelled; raises Replaced."""
        while True:
            await asyncio.sleep(PROGRESS_S)
            at = time.monotonic()
            rows_due = bool(self._texts) and at - self._rows_at >= ROWS_S
            if self._is_told and not rows_due and at - self._told_at < SIGN_OF_LIFE_S:
                continue
            if not await self._write("running", with_rows=rows_due):
                raise Replaced

    async def end(self, state: str) -> None:
        """Write down what is left, and that it goes no further."""
        await self._write(state, with_rows=True)

    async def _write(self, state: str, *, with_rows: bool) -> bool:
        """False where it ran no more. Units of work are done in their order, those of nobody's future too."""
        texts, first = (self._texts, self._next_row) if with_rows else ([], 0)
        numbers, begun_at = msgspec.structs.asdict(self._tally), self._begun_at
        self._is_told, self._told_at = True, time.monotonic()
        if with_rows:
            self._texts, self._next_row, self._rows_at = [], first + len(texts), self._told_at
        return await self._database.submit(
            lambda connection: store.keep(
                connection, self.rehearsal_id, numbers, begun_at, first, texts, state
            ),
            bulk=True,
        )
