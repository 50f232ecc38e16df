"""Handing out what is known of a person, and erasing it: the rights of a data subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.db import Database, now
from vestnik.people.access import Actor
from vestnik.privacy.holdings import Holding, Subject
from vestnik.privacy.tables import erasure


@dataclass(frozen=True, slots=True)
class Proof:
    """That a contact was erased: when, by whom, how many records of each kind; nothing of the person."""

    id: int
    contact_id: int
    at: datetime
    by: str
    removed: Mapping[str, int]


class Privacy:
    """What can be done with everything that is held of one person.

    `find` gives the person behind a contact's key, or raises `NotFound`. Rooms register what they hold,
    from the bottom up: it is read in that order, and erased from the top down, so that what leads to a
    record is still there when the record is erased.
    """

    def __init__(self, database: Database, find: Callable[[sa.Connection, int], Subject]) -> None:
        self._database, self._find = database, find
        self._holdings: list[Holding] = []

    def hold(self, *holdings: Holding) -> None:
        """Have a room's records be part of the file and of an erasure."""
        self._holdings.extend(holdings)

    async def personal_data(self, actor: Actor, contact_id: int) -> dict[str, Any]:
        """Everything that is held of a person, by kind. That it was handed out is audited."""
        actor.require("privacy.manage")
        async with self._database.read() as connection:
            found = await connection.run_sync(self._read, contact_id)
        await self._database.write(record, actor, "contact.handed_out", "contact", contact_id)
        return found

    def _read(self, connection: sa.Connection, contact_id: int) -> dict[str, Any]:
        person = self._find(connection, contact_id)
        return {each.name: list(each.read(connection, person)) for each in self._holdings}

    async def erase(self, actor: Actor, contact_id: int) -> Proof:
        """Take everything of a person away, in one unit of work; the stop-list and all counts stay."""
        actor.require("privacy.manage")
        return await self._database.write(self._erase, actor, contact_id)

    def _erase(self, connection: sa.Connection, actor: Actor, contact_id: int) -> Proof:
        person = self._find(connection, contact_id)
        removed = {each.name: each.erase(connection, person) for each in reversed(self._holdings)}
        removed = {each.name: removed[each.name] for each in self._holdings}
        at = now()
        id: int = connection.execute(
            sa.insert(erasure)
            .values(contact_id=person.contact_id, at=at, by=actor.name, removed=removed)
            .returning(erasure.c.id)
        ).scalar_one()
        record(connection, actor, "contact.erased", "contact", person.contact_id)
        return Proof(id, person.contact_id, at, actor.name, removed)

    async def proofs(self, actor: Actor, offset: int = 0, limit: int = 50) -> tuple[Sequence[Proof], int]:
        """Every erasure, newest first, and how many there were."""
        actor.require("privacy.manage")
        async with self._database.read() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(erasure))
            rows = await connection.execute(
                sa.select(erasure).order_by(erasure.c.id.desc()).offset(offset).limit(limit)
            )
            return [Proof(*row) for row in rows], total or 0


def forget_proofs(connection: sa.Connection) -> None:
    """Delete every proof: the demo's, when it is removed."""
    connection.execute(sa.delete(erasure))
