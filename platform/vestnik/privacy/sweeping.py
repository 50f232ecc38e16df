"""The search that follows an erasure: every room's texts, one portion after the other.

An erasure's row says which texts are being searched and how far; that place is moved in the unit of work that
changes them. So a killed search goes on where it stood, and of two processes only one moves on. What is
searched for is kept encrypted until the search is over, and no longer.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from vestnik.db import Database, clear_leftovers, now
from vestnik.privacy.holdings import Portion, Sweep
from vestnik.privacy.search import Search, Wanted
from vestnik.privacy.tables import erasure
from vestnik.vault import Vault

log = structlog.get_logger("vestnik.privacy")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Wanted).decode


class Sweeper:
    """Searches what rooms registered, for everybody whose search is not over."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault
        self.sweeps: list[Sweep] = []

    def seal(self, erasure_id: int, wanted: Wanted) -> bytes:
        """What is searched for, as it is kept until the search is over."""
        return self._vault.encrypt(_encode(wanted), f"erasure:{erasure_id}")

    async def work(self, within_s: float | None = None, erasure_id: int | None = None) -> None:
        """Go on with every search (or one) until it is over, it waits, or the time is up."""
        until = None if within_s is None else time.monotonic() + within_s
        for row in await self._running(erasure_id):
            search = Search(_decode(self._vault.decrypt(row.sealed, f"erasure:{row.id}")))
            try:
                while await self._go_on(row.id, search):
                    if until is not None and time.monotonic() > until:
                        return
                await clear_leftovers(self._database)
            except Exception:
                if erasure_id is not None:
                    raise
                log.exception("privacy.search_failed", erasure=row.id)

    async def _running(self, erasure_id: int | None) -> Sequence[sa.Row[int, Any]]:
        running = sa.select(erasure.c.id, erasure.c.sealed).where(erasure.c.state == "running")
        if erasure_id is not None:
            running = running.where(erasure.c.id == erasure_id)
        async with self._database.read() as connection:
            return (await connection.execute(running.order_by(erasure.c.id))).all()

    async def _go_on(self, erasure_id: int, search: Search) -> bool:
        """One portion; False when the search is over, waits, or somebody else is at it."""
        async with self._database.read() as connection:
            row = (
                await connection.execute(sa.select(erasure).where(erasure.c.id == erasure_id))
            ).one_or_none()
        if row is None or row.state != "running":
            return False
        names = [sweep.name for sweep in self.sweeps]
        at = names.index(row.sweep) if row.sweep in names else 0
        if not names:
            await self._database.write(_finish, row)
            return False
        sweep = self.sweeps[at]
        portion = await sweep.portion(search, row.place if row.sweep is not None else None)
        following = sweep.name
        if portion.place is None and not portion.waits:
            following = names[at + 1] if at + 1 < len(names) else ""
        moved = await self._database.submit(
            lambda connection: _move(connection, row, sweep.kind, portion, following), bulk=True
        )
        return moved and not portion.waits and following != ""


def _move(connection: sa.Connection, row: sa.Row[Any], kind: str, portion: Portion, following: str) -> bool:
    """Change what was found and move on; False when somebody else did."""
    stands = connection.execute(
        sa.select(erasure.c.sweep, erasure.c.place, erasure.c.removed)
        .where(erasure.c.id == row.id, erasure.c.state == "running")
        .with_for_update()
    ).one_or_none()
    if stands is None or (stands.sweep, stands.place) != (row.sweep, row.place):
        return False
    count = portion.removed + (portion.change(connection) if portion.change is not None else 0)
    removed = {**stands.removed, kind: stands.removed.get(kind, 0) + count}
    connection.execute(
        sa.update(erasure)
        .where(erasure.c.id == row.id)
        .values(sweep=following or row.sweep, place=portion.place, removed=removed)
    )
    if following == "":
        _finish(connection, row)
    return True


def _finish(connection: sa.Connection, row: sa.Row[Any]) -> None:
    connection.execute(
        sa.update(erasure)
        .where(erasure.c.id == row.id)
        .values(state="done", sealed=None, sweep=None, place=None, finished_at=now())
    )
