"""Handing out what is known of a person, and erasing it: the rights of a data subject."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.db import Database, now
from vestnik.engine import Engine
from vestnik.people.access import Actor
from vestnik.privacy.handing_out import document
from vestnik.privacy.holdings import Holding, Subject, Sweep
from vestnik.privacy.sweeping import Sweeper
from vestnik.privacy.tables import erasure
from vestnik.vault import Vault

State = Literal["running", "done"]

#: How long an answer to an erasure waits for the search of texts, which else goes on by itself.
SEARCH_WITHIN_S = 3.0
_EVERY_S = 30.0
_WORK = "privacy.search"


@dataclass(frozen=True, slots=True)
class Proof:
    """That a contact was erased: when, by whom, how many records of each kind; nothing of the person.

    While it is `running` nothing refers to the person any more, and texts are still being searched.
    """

    id: int
    contact_id: int
    at: datetime
    by: str
    removed: Mapping[str, int]
    state: State
    finished_at: datetime | None


class Privacy:
    """What can be done with everything that is held of one person.

    `find` gives the person behind a contact's key, or raises `NotFound`. Rooms register what they hold,
    from the bottom up: it is read in that order, and erased from the top down, so that what leads to a
    record is still there when the record is erased.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        engine: Engine,
        find: Callable[[sa.Connection, int], Subject],
    ) -> None:
        self._database, self._engine, self._find = database, engine, find
        self._holdings: list[Holding] = []
        self.sweeper = Sweeper(database, vault)
        engine.every(_EVERY_S, _WORK, self.sweeper.work)

    def hold(self, *holdings: Holding) -> None:
        """Have a room's records be part of the file and of an erasure."""
        self._holdings.extend(holdings)

    def sweep(self, *sweeps: Sweep) -> None:
        """Have a room's texts be searched after an erasure."""
        self.sweeper.sweeps.extend(sweeps)

    async def personal_data(self, actor: Actor, contact_id: int) -> AsyncIterator[bytes]:
        """The file of everything that is held of a person, in pieces (handing_out.py): what refers to the
        person by kind, and what an erasure would find by place. That it was handed out is audited.
        """
        actor.require("privacy.manage")
        async with self._database.read() as connection:
            person = await connection.run_sync(self._find, contact_id)
        await self._database.write(record, actor, "contact.handed_out", "contact", contact_id)
        return document(self._database, person, self._holdings, self.sweeper.sweeps)

    async def erase(self, actor: Actor, contact_id: int) -> Proof:
        """Take everything of a person away; the stop-list and all counts stay.

        What refers to the person goes in one unit of work. Texts that only name the person are searched
        then: here for a moment, and if that is not enough by the process that has time.
        """
        actor.require("privacy.manage")
        id = await self._database.write(self._erase, actor, contact_id)
        await self.sweeper.work(SEARCH_WITHIN_S, id)
        async with self._database.read() as connection:
            row = (await connection.execute(_PROOFS.where(erasure.c.id == id))).one()
        return Proof(*row)

    def _erase(self, connection: sa.Connection, actor: Actor, contact_id: int) -> int:
        person = self._find(connection, contact_id)
        removed = {each.name: each.erase(connection, person) for each in reversed(self._holdings)}
        removed = {each.name: removed[each.name] for each in self._holdings}
        id: int = connection.execute(
            sa.insert(erasure)
            .values(contact_id=person.contact_id, at=now(), by=actor.name, removed=removed, state="running")
            .returning(erasure.c.id)
        ).scalar_one()
        sealed = self.sweeper.seal(id, person.wanted())
        connection.execute(sa.update(erasure).where(erasure.c.id == id).values(sealed=sealed))
        record(connection, actor, "contact.erased", "contact", person.contact_id)
        return id

    async def proofs(self, actor: Actor, offset: int = 0, limit: int = 50) -> tuple[Sequence[Proof], int]:
        """Every erasure, newest first, and how many there were."""
        actor.require("privacy.manage")
        async with self._database.read() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(erasure))
            rows = await connection.execute(_PROOFS.order_by(erasure.c.id.desc()).offset(offset).limit(limit))
            return [Proof(*row) for row in rows], total or 0


_PROOFS = sa.select(
    erasure.c.id,
    erasure.c.contact_id,
    erasure.c.at,
    erasure.c.by,
    erasure.c.removed,
    erasure.c.state,
    erasure.c.finished_at,
)


def forget_proofs(connection: sa.Connection) -> None:
    """Delete every proof: the demo's, when it is removed."""
    connection.execute(sa.delete(erasure))
