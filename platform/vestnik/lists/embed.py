"""Embedding the panel in another system: its keys, who a page is, and what it may ask.

A key is good for the panel of one subject at a time, for reading, or for changing lists, too; it opens
nothing else. It works while whoever made it may sign in, within the rights that they have at that moment.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa

from vestnik import audit
from vestnik.db import Database, now
from vestnik.http.errors import InvalidRequest, Language, NotFound, Text
from vestnik.http.limits import RateLimit
from vestnik.lists.embed_links import TOKEN_S, Link, Ticket, Tickets
from vestnik.lists.embed_tables import embed_key
from vestnik.lists.panel import Panel, Subject
from vestnik.lists.panel_errors import EmbedLinkInvalid, EmbedTokenInvalid, OriginInvalid
from vestnik.people.access import RIGHTS, Actor, rights_of
from vestnik.people.keys import maker_of
from vestnik.people.tables import user
from vestnik.vault import Vault

_SHOWN_AS = "vse_"
SECRET_BYTES = 32
ORIGINS = 20

#: Requests of one key's page about one subject: a burst, then one after so many seconds.
ASKED_AT_ONCE = 60
ASKED_EACH_S = 0.5
#: Links of one network that are not good.
REFUSED_AT_ONCE = 20
REFUSED_EACH_S = 3.0

_NAME = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HTTPS = re.compile(rf"https://(?:\*\.{_NAME}\.)?{_NAME}(?:\.{_NAME})*(?::[0-9]{{1,5}})?")
_LOOPBACK = re.compile(r"http://(?:localhost|127\.0\.0\.1)(?::[0-9]{1,5})?")
_USED_EVERY = timedelta(minutes=1)
_PAST: Text = {"ru": "это время уже прошло", "en": "that time is over"}


@dataclass(frozen=True, slots=True)
class EmbedKey:
    """A key as it is stored, with its secret opened."""

    id: int
    secret: str
    origins: Sequence[str]
    may_change: bool


@dataclass(frozen=True, slots=True)
class Visitor:
    """A page that shows its token: as whom it acts, whose panel it may see, and till when."""

    actor: Actor
    ticket: Ticket


class Embedding:
    """Keys, links and tokens."""

    def __init__(self, database: Database, vault: Vault, panel: Panel) -> None:
        self._database, self._vault, self._panel = database, vault, panel
        self._tickets = Tickets(vault)
        self._asked = RateLimit(ASKED_AT_ONCE, ASKED_EACH_S)
        self._refused = RateLimit(REFUSED_AT_ONCE, REFUSED_EACH_S)

    def limits(self) -> Mapping[str, RateLimit]:
        """What is counted of all processes together."""
        return {"embedded asked": self._asked, "embedded refused": self._refused}

    # Keys

    async def page(self, actor: Actor, offset: int, limit: int) -> tuple[Sequence[sa.Row[Any]], int]:
        """Keys that are not revoked, newest first, and how many there are."""
        actor.require("keys.manage")
        valid = embed_key.c.revoked_at.is_(None)
        newest = sa.select(embed_key).where(valid).order_by(embed_key.c.id.desc())
        async with self._database.read() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(embed_key).where(valid))
            rows = (await connection.execute(newest.offset(offset).limit(limit))).all()
        return rows, total or 0

    async def add(
        self,
        actor: Actor,
        name: str,
        origins: Sequence[str],
        *,
        may_change: bool,
        expires_at: datetime | None,
    ) -> tuple[int, str]:
        """A new key; its id and its secret, which is shown this once."""
        actor.require("keys.manage")
        actor.require("contacts.read")
        if may_change:
            actor.require("contacts.write")
        if expires_at is not None and expires_at <= now():
            raise InvalidRequest(path="$.expiresAt", reason=_PAST)
        allowed = list(dict.fromkeys(origin_of(each) for each in origins))
        secret = _SHOWN_AS + secrets.token_urlsafe(SECRET_BYTES)

        def unit(connection: sa.Connection) -> int:
            statement = embed_key.insert().values(
                name=name.strip(),
                secret_sealed=b"",
                origins=allowed,
                may_change=may_change,
                expires_at=expires_at,
                created_by=maker_of(connection, actor),
                created_at=now(),
            )
            key_id = cast(int, connection.execute(statement.returning(embed_key.c.id)).scalar_one())
            sealed = self._vault.encrypt(secret.encode(), _context(key_id))
            own = embed_key.update().where(embed_key.c.id == key_id)
            connection.execute(own.values(secret_sealed=sealed))
            audit.record(connection, actor, "embed_key.added", "embed_key", key_id, ["name", "origins"])
            return key_id

        return await self._database.write(unit), secret

    async def revoke(self, actor: Actor, key_id: int) -> None:
        """Refuse the key's links and pages from now on."""
        actor.require("keys.manage")

        def unit(connection: sa.Connection) -> None:
            live = embed_key.update().where(embed_key.c.id == key_id, embed_key.c.revoked_at.is_(None))
            if connection.execute(live.values(revoked_at=now())).rowcount == 0:
                raise NotFound()
            audit.record(connection, actor, "embed_key.revoked", "embed_key", key_id)

        await self._database.write(unit)

    # Pages

    async def key_of(self, link: Link) -> EmbedKey:
        """The live key that a link is signed with; `EmbedLinkInvalid` for any other. Its time counts not."""
        found = await self._key(link.key_id)
        if found is None:
            raise EmbedLinkInvalid()
        link.check_signature(found.secret)
        return found

    def refuse_too_many(self, network: str) -> None:
        """Count a link that was not good; `TooManyRequests` for a network that sends many."""
        self._refused.take(network)

    async def token(self, link: Link, language: Language) -> tuple[str, Visitor]:
        """The token of a link that is good, and the visitor who has it."""
        key, at = await self.key_of(link), now()
        link.check_time(at)
        self._asked.take(f"{link.key_id} {link.email or link.contact_id}")
        until = min(link.until, at + timedelta(seconds=TOKEN_S))
        ticket = Ticket(key.id, link.email, link.contact_id, until)
        await self._note_use(key.id, at)
        return self._tickets.token(ticket), Visitor(await self._actor(key, language), ticket)

    async def visitor(self, token: str, language: Language) -> Visitor:
        """Who shows a token; `EmbedTokenInvalid` when it is none, is over, or its key was revoked."""
        ticket = self._tickets.read(token, now())
        key = await self._key(ticket.key_id)
        if key is None:
            raise EmbedTokenInvalid()
        self._asked.take(f"{key.id} {ticket.email or ticket.contact_id}")
        return Visitor(await self._actor(key, language), ticket)

    async def subject(self, visitor: Visitor) -> Subject:
        """Whose panel the visitor may see."""
        if visitor.ticket.contact_id is not None:
            return await self._panel.subject(visitor.actor, visitor.ticket.contact_id)
        return await self._panel.subject_of_address(visitor.actor, visitor.ticket.email or "")

    async def _key(self, key_id: int) -> EmbedKey | None:
        statement = (
            sa.select(embed_key, user.c.roles)
            .outerjoin(user, user.c.id == embed_key.c.created_by)
            .where(embed_key.c.id == key_id, embed_key.c.revoked_at.is_(None))
            .where(embed_key.c.created_by.is_(None) | user.c.disabled.is_(False))
        )
        async with self._database.read() as connection:
            row = (await connection.execute(statement)).one_or_none()
        if row is None or (row.expires_at is not None and row.expires_at <= now()):
            return None
        rights = RIGHTS if row.created_by is None else rights_of(row.roles)
        if "contacts.read" not in rights:
            return None
        secret = self._vault.decrypt(row.secret_sealed, _context(row.id)).decode()
        return EmbedKey(row.id, secret, row.origins, row.may_change and "contacts.write" in rights)

    async def _actor(self, key: EmbedKey, language: Language) -> Actor:
        rights = {"contacts.read", "contacts.write"} if key.may_change else {"contacts.read"}
        return Actor(user_id=None, name=f"embed:{key.id}", rights=frozenset(rights), language=language)

    async def _note_use(self, key_id: int, at: datetime) -> None:
        lately = embed_key.c.used_at.is_not(None) & (embed_key.c.used_at > at - _USED_EVERY)
        used = embed_key.update().where(embed_key.c.id == key_id, sa.not_(lately)).values(used_at=at)
        await self._database.write(lambda connection: connection.execute(used))


def origin_of(text: str) -> str:
    """An origin that may have the panel in a frame, as browsers write it; raises `OriginInvalid`.

    https alone, but for loopback; an asterisk stands for the first name only, and two names follow it.
    """
    origin = text.strip().lower().removesuffix("/")
    if not (_HTTPS.fullmatch(origin) or _LOOPBACK.fullmatch(origin)):
        raise OriginInvalid(origin=text[:200])
    port = origin.rpartition(":")[2]
    if port.isdecimal() and not 0 < int(port) < 65536:
        raise OriginInvalid(origin=text[:200])
    return origin


def _context(key_id: int) -> str:
    return f"embed_key:{key_id}"
