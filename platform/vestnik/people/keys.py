"""API keys of machines: a bearer key with a name and rights, perhaps a term, shown once, revoked for good.

A key stands for the user who made it: it works while that user may sign in, within the rights that the user
has now. Only the system's own keys stand for nobody.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast

import sqlalchemy as sa

from vestnik import audit
from vestnik.db import Database, now
from vestnik.http.errors import Language, NotFound
from vestnik.people.access import RIGHTS, SYSTEM, Actor
from vestnik.people.errors import ExpiryPassed, KeyExpired, UnknownRight
from vestnik.people.tables import api_key, user
from vestnik.people.tokens import KEY_PREFIX_SHOWN, digest, new_api_key

USED_EVERY = timedelta(minutes=1)
SHORTEST_TERM = timedelta(hours=1)
LONGEST_TERM = timedelta(days=3660)
#: A key that was replaced works on for this long, so that programs have time to take the new one.
REPLACED_LASTS = timedelta(hours=24)
#: A key that expires within this time is said to expire soon.
SOON = timedelta(days=14)
#: Keys that expired are listed for this long.
EXPIRED_LISTED = timedelta(days=90)

State = Literal["valid", "expiring", "replaced", "expired"]

#: The rights that roles give a person at this moment.
RightsOf = Callable[[Iterable[str]], Awaitable[frozenset[str]]]


class Keys:
    """Makes, lists, revokes and recognises API keys.

    `operator_key` is the running server's own, which it keeps in its lock file for the command line
    of this machine: it acts as the system.
    """

    def __init__(self, database: Database, rights_of: RightsOf, operator_key: str | None = None) -> None:
        self._database, self._rights_of, self._operator_key = database, rights_of, operator_key

    async def page(
        self, actor: Actor, offset: int, limit: int, *, search: str = "", state: State | None = None
    ) -> tuple[Sequence[sa.Row[Any]], int]:
        """Keys that are not revoked, those that work first, then newest first, and how many there are."""
        actor.require("keys.manage")
        at = now()
        own = (api_key.c.name + " " + api_key.c.prefix).contains(search.strip(), autoescape=True)
        listed = api_key.c.expires_at.is_(None) | (api_key.c.expires_at > at - EXPIRED_LISTED)
        valid = sa.and_(api_key.c.revoked_at.is_(None), listed, own, *_in_state(state, at))
        expired = sa.case((api_key.c.expires_at <= at, 1), else_=0)
        async with self._database.read() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(api_key).where(valid))
            newest = sa.select(api_key).where(valid).order_by(expired, api_key.c.id.desc())
            rows = (await connection.execute(newest.offset(offset).limit(limit))).all()
        return rows, total or 0

    async def names(self, key_ids: Iterable[int]) -> dict[int, str]:
        """The names of keys, also of revoked ones, for rows that say what they did."""
        wanted = sa.select(api_key.c.id, api_key.c.name).where(api_key.c.id.in_(set(key_ids)))
        async with self._database.read() as connection:
            return {row.id: row.name for row in await connection.execute(wanted)}

    async def add(
        self, actor: Actor, name: str, rights: Sequence[str], expires_at: datetime | None = None
    ) -> tuple[int, str]:
        """A new key with rights that `actor` has; return its id and the key itself, which is not kept."""
        actor.require("keys.manage")
        for right in rights:
            if right not in RIGHTS:
                raise UnknownRight(right=right)
        actor.require_all(rights)
        if expires_at is not None and not SHORTEST_TERM <= expires_at - now() <= LONGEST_TERM:
            raise ExpiryPassed(days=LONGEST_TERM.days)
        key = new_api_key()
        id = await self._database.write(_add, actor, name.strip(), sorted(set(rights)), key, expires_at)
        return id, key

    async def replace(self, actor: Actor, key_id: int) -> tuple[int, str]:
        """A new key of the same name, rights and term; the old one works on for a day.

        Whoever replaces a key has its rights, as whoever makes one; the new key stands for them.
        """
        actor.require("keys.manage")
        key = new_api_key()
        return await self._database.write(_replace, actor, key_id, key), key

    async def revoke(self, actor: Actor, key_id: int) -> None:
        """Refuse the key from now on."""
        actor.require("keys.manage")
        await self._database.write(_revoke, actor, key_id)

    async def actor(self, key: str, language: Language = "ru", address: str = "") -> Actor | None:
        """The machine that makes a request with this key; None for one that is wrong, or works no more.

        Raises `KeyExpired` for one whose term is over. `address` is where it is used from.
        """
        if self._operator_key is not None and hmac.compare_digest(key.encode(), self._operator_key.encode()):
            return replace(SYSTEM, language=language)
        statement = (
            sa.select(api_key, user.c.roles)
            .outerjoin(user, api_key.c.created_by == user.c.id)
            .where(api_key.c.key_digest == digest(key), api_key.c.revoked_at.is_(None))
            .where(api_key.c.created_by.is_(None) | user.c.disabled.is_(False))
        )
        async with self._database.read() as connection:
            row = (await connection.execute(statement)).one_or_none()
        if row is None:
            return None
        at = now()
        if row.expires_at is not None and row.expires_at <= at:
            raise KeyExpired(name=row.name, expired_at=row.expires_at.isoformat(timespec="seconds"))
        if row.used_at is None or at - row.used_at >= USED_EVERY:
            used = api_key.update().where(api_key.c.id == row.id).values(used_at=at, used_from=address)
            await self._database.write(lambda connection: connection.execute(used))
        allowed = RIGHTS if row.created_by is None else await self._rights_of(row.roles)
        rights = frozenset(row.rights) & allowed
        return Actor(user_id=None, name=row.name, rights=rights, language=language, key_id=row.id)


def state_of(row: sa.Row[Any], at: datetime) -> State:
    """How a key is doing."""
    if row.expires_at is not None and row.expires_at <= at:
        return "expired"
    if row.replaced_by is not None:
        return "replaced"
    return "expiring" if row.expires_at is not None and row.expires_at <= at + SOON else "valid"


def _in_state(state: State | None, at: datetime) -> list[sa.ColumnElement[bool]]:
    expires = api_key.c.expires_at
    if state is None:
        return []
    if state == "expired":
        return [expires <= at]
    goes_on = expires.is_(None) | (expires > at)
    if state == "replaced":
        return [goes_on, api_key.c.replaced_by.is_not(None)]
    soon = expires.is_not(None) & (expires <= at + SOON)
    later = expires.is_(None) | (expires > at + SOON)
    return [goes_on, api_key.c.replaced_by.is_(None), soon if state == "expiring" else later]


def _add(
    connection: sa.Connection,
    actor: Actor,
    name: str,
    rights: list[str],
    key: str,
    expires_at: datetime | None = None,
) -> int:
    statement = api_key.insert().values(
        name=name,
        prefix=key[:KEY_PREFIX_SHOWN],
        key_digest=digest(key),
        rights=rights,
        created_by=maker_of(connection, actor),
        created_at=now(),
        expires_at=expires_at,
    )
    key_id = cast(int, connection.execute(statement.returning(api_key.c.id)).scalar_one())
    audit.record(connection, actor, "key.added", "key", key_id, ["name", "rights"])
    return key_id


def _replace(connection: sa.Connection, actor: Actor, key_id: int, key: str) -> int:
    at = now()
    found = connection.execute(
        sa.select(api_key)
        .where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None), api_key.c.replaced_by.is_(None))
        .with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFound()
    actor.require_all(found.rights)
    # An expired key is not brought to life again by being replaced; its successor has as long a term.
    term = None if found.expires_at is None else found.expires_at - found.created_at
    new_id = _add(connection, actor, found.name, found.rights, key, None if term is None else at + term)
    ends_at = min(at + REPLACED_LASTS, found.expires_at or at + REPLACED_LASTS)
    own = api_key.c.id == key_id
    connection.execute(api_key.update().where(own).values(replaced_by=new_id, expires_at=ends_at))
    audit.record(connection, actor, "key.replaced", "key", key_id)
    return new_id


def maker_of(connection: sa.Connection, actor: Actor) -> int | None:
    """The person behind the actor: a key that a key makes stands for whom its maker stands for."""
    if actor.key_id is None:
        return actor.user_id
    return connection.scalar(sa.select(api_key.c.created_by).where(api_key.c.id == actor.key_id))


def _revoke(connection: sa.Connection, actor: Actor, key_id: int) -> None:
    statement = api_key.update().where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
    if connection.execute(statement.values(revoked_at=now())).rowcount == 0:
        raise NotFound()
    audit.record(connection, actor, "key.revoked", "key", key_id)
