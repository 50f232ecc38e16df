"""Where a person is signed in, and how that is ended: by the person, or by who manages users."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from vestnik import audit
from vestnik.db import Database, now
from vestnik.http.errors import NotFound, NotSignedIn
from vestnik.people.access import Actor, rights_of
from vestnik.people.factor_tables import sign_in_step
from vestnik.people.tables import session, user

#: The newest of a person's sessions are listed; all others are ended together.
LISTED = 100


class OpenSessions:
    """Lists sessions and ends them. A request of an ended one is refused from that moment on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def own(self, actor: Actor) -> Sequence[sa.Row[Any]]:
        """The sessions of the actor, who is a person, the one seen last first."""
        return await self._of(_person(actor))

    async def of(self, actor: Actor, user_id: int) -> Sequence[sa.Row[Any]]:
        """The sessions of a user, the one seen last first."""
        actor.require("users.manage")
        async with self._database.read() as connection:
            if await connection.scalar(sa.select(user.c.id).where(user.c.id == user_id)) is None:
                raise NotFound()
        return await self._of(user_id)

    async def end_own(self, actor: Actor, session_id: int) -> None:
        """End one session of the actor's own; it may be the one that asks."""
        chosen = session.c.id == session_id
        if not await self._database.write(_end, actor, _person(actor), chosen):
            raise NotFound()

    async def end_others(self, actor: Actor) -> int:
        """End every session of the actor but the one that asks; return how many that were."""
        others = session.c.id != (actor.session_id or 0)
        return await self._database.write(_end, actor, _person(actor), others)

    async def end(self, actor: Actor, user_id: int, session_id: int) -> None:
        """End one session of a user who holds no right that `actor` lacks."""
        actor.require("users.manage")
        chosen = session.c.id == session_id
        if not await self._database.write(_end_of_user, actor, user_id, chosen):
            raise NotFound()

    async def end_all(self, actor: Actor, user_id: int) -> int:
        """End every session of a user but the one that asks; return how many that were."""
        actor.require("users.manage")
        but_this = session.c.id != (actor.session_id or 0)
        return await self._database.write(_end_of_user, actor, user_id, but_this)

    async def sweep(self) -> None:
        """Forget where somebody was signed in, or had begun to sign in, once it is over."""

        def forget(connection: sa.Connection) -> None:
            for table in (session, sign_in_step):
                connection.execute(table.delete().where(table.c.expires_at <= now()))

        await self._database.write(forget)

    async def _of(self, user_id: int) -> Sequence[sa.Row[Any]]:
        statement = (
            sa.select(session)
            .where(session.c.user_id == user_id, session.c.expires_at > now())
            .order_by(session.c.seen_at.desc(), session.c.id.desc())
            .limit(LISTED)
        )
        async with self._database.read() as connection:
            return (await connection.execute(statement)).all()


def reach_user(connection: sa.Connection, actor: Actor, user_id: int) -> sa.Row[Any]:
    """The user's row, locked: oneself, or one who holds no right that `actor` lacks."""
    row = connection.execute(sa.select(user).where(user.c.id == user_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound()
    if actor.user_id != user_id:
        actor.require_all(rights_of(row.roles))
    return row


def _person(actor: Actor) -> int:
    if actor.user_id is None:
        raise NotSignedIn()
    return actor.user_id


def _end_of_user(connection: sa.Connection, actor: Actor, user_id: int, which: sa.ColumnElement[bool]) -> int:
    reach_user(connection, actor, user_id)
    return _end(connection, actor, user_id, which)


def _end(connection: sa.Connection, actor: Actor, user_id: int, which: sa.ColumnElement[bool]) -> int:
    ended = connection.execute(session.delete().where(session.c.user_id == user_id, which)).rowcount
    if ended:
        audit.record(connection, actor, "session.ended", "user", user_id)
    return ended
