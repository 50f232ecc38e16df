"""Doors of the HTTP service: made, changed, tried, and known by their tokens."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog

from vestnik.audit import record
from vestnik.calendars.tables import calendar
from vestnik.db import Database, after_commit, new_key, now
from vestnik.engine import Engine
from vestnik.http.errors import InvalidRequest, NotFound, Text
from vestnik.http.limits import RateLimit
from vestnik.intake.doors.errors import SiteInvalid
from vestnik.intake.doors.tables import intake_door
from vestnik.intake.inputs.ports import Way
from vestnik.intake.inputs.tables import input_table
from vestnik.intake.leads.tables import channel
from vestnik.intake.parsing.names import folded
from vestnik.people.access import Actor
from vestnik.people.keys import maker_of
from vestnik.people.organisation import Organisation
from vestnik.people.tables import user
from vestnik.vault import Vault, VaultError

TOKEN_BYTES = 24
SECRET_BYTES = 32
SECRET_SHOWN_AS = "vsi_"  # noqa: S105  (what secrets begin with)
#: Sites of one door, and names that a sender has for one of our fields.
SITES = 50
NAMES = 20
NAME_CHARACTERS = 100
#: Other processes' changes are looked for so often.
LOOK_EVERY_S = 2.0

_PURPOSE = "intake-token"
_SITE = re.compile(r"https?://(?:[a-z0-9-]+\.)*[a-z0-9-]+(?::\d{1,5})?")
log = structlog.get_logger("vestnik.intake")

_GONE: Text = {"ru": "такой записи нет", "en": "there is no such record"}


@dataclass(frozen=True, slots=True)
class Door:
    """A door as requests meet it."""

    id: int
    sites: frozenset[str]
    secret: bytes | None
    limit: RateLimit
    enabled: bool

    def signed(self, body: bytes, signature: str) -> bool:
        """Whether a body is signed as this door asks for; a door without a secret asks for nothing."""
        if self.secret is None:
            return True
        wanted = "sha256=" + hmac.new(self.secret, body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted.encode(), signature.strip().lower().encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class DoorDraft:
    """A door as a person enters it; what is left out of a change stays."""

    title: str | None = None
    calendar_id: int | None = None
    responsible_id: int | None = None
    channel_id: int | None = None
    sites: Sequence[str] | None = None
    mapping: Mapping[str, Sequence[str]] | None = None
    trap: str | None = None
    per_minute: int | None = None
    enabled: bool | None = None
    given: frozenset[str] = frozenset()
    """Names of what is given, for what may be set to nothing."""


@dataclass(frozen=True, slots=True)
class DoorLine:
    """A door with its address, and the last that came by it."""

    row: sa.Row[Any]
    url: str
    last: sa.Row[Any] | None
    count: int


class Doors:
    """What can be done with doors. Their index by token is in memory, for requests don't wait."""

    def __init__(self, database: Database, engine: Engine, vault: Vault, organisation: Organisation) -> None:
        self._database, self._vault, self._organisation = database, vault, organisation
        self._by_token: dict[str, Door] = {}
        self._limits: dict[int, tuple[int, RateLimit]] = {}
        self._changes, self._known_changes = 1, 0
        self._looking = asyncio.Lock()
        if not database.on_sqlite:
            engine.every(LOOK_EVERY_S, "intake.doors", self.refresh, everywhere=True)

    def limits(self) -> Mapping[str, RateLimit]:
        """The pace of each door."""
        return {f"door {door_id}": limit for door_id, (_, limit) in self._limits.items()}

    # Requests

    async def by_token(self, token: str) -> Door | None:
        """The door with this token, compared by keyed hash; None for any other."""
        if self._known_changes != self._changes:
            async with self._looking:  # one looks, the others wait for what it sees
                if self._known_changes != self._changes:
                    await self.refresh()
        return self._by_token.get(self._vault.keyed_hash(_PURPOSE, token))

    async def refresh(self) -> None:
        """Read the doors anew."""
        changes = self._changes
        statement = sa.select(intake_door).where(intake_door.c.archived_at.is_(None))
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        self._by_token = {row.token_digest: self._door(row) for row in rows}
        self._known_changes = changes

    def _door(self, row: sa.Row[Any]) -> Door:
        known = self._limits.get(row.id)
        if known is None or known[0] != row.per_minute:
            known = self._limits[row.id] = row.per_minute, RateLimit(row.per_minute, 60 / row.per_minute)
        return Door(row.id, frozenset(row.sites), self._secret(row), known[1], row.enabled)

    def _secret(self, row: sa.Row[Any]) -> bytes | None:
        """The secret; one that nobody knows where the installation's key does not open it: none is signed."""
        if row.secret_sealed is None:
            return None
        try:
            return self._vault.decrypt(row.secret_sealed, _secret_context(row.id))
        except VaultError:
            log.warning("intake.secret_unreadable", door_id=row.id)
            return secrets.token_bytes(SECRET_BYTES)

    # `inputs.ports.Ways`

    async def way(self, source_id: int) -> Way | None:
        """How the inputs of a door are read, and where their leads go."""
        async with self._database.read() as connection:
            found = sa.select(intake_door).where(intake_door.c.id == source_id)
            row = (await connection.execute(found)).one_or_none()
        return None if row is None else way_of(row)

    async def titles(self, source_ids: Sequence[int]) -> Mapping[int, str]:
        """What people call doors."""
        found = sa.select(intake_door.c.id, intake_door.c.title).where(intake_door.c.id.in_(source_ids))
        async with self._database.read() as connection:
            return {row.id: row.title for row in await connection.execute(found)}

    def add_name(
        self, connection: sa.Connection, actor: Actor, source_id: int, target: str, name: str
    ) -> None:
        """Have a sender's name taken for one of our fields from now on."""
        row = _locked(connection, source_id)
        names = [*row.mapping.get(target, ())]
        if folded(name) not in map(folded, names):
            names.append(name[:NAME_CHARACTERS])
        self._update(
            connection, actor, row.id, {"mapping": {**row.mapping, target: names[-NAMES:]}}, "door.changed"
        )

    # People

    async def page(self, actor: Actor, offset: int, limit: int) -> tuple[list[DoorLine], int]:
        """Doors by title, and how many there are."""
        actor.require("intake.manage")
        live = intake_door.c.archived_at.is_(None)
        by_title = sa.select(intake_door).where(live).order_by(intake_door.c.title, intake_door.c.id)
        async with self._database.read() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(intake_door).where(live))
            rows = (await connection.execute(by_title.offset(offset).limit(limit))).all()
        return [await self._line(row) for row in rows], total or 0

    async def card(self, actor: Actor, door_id: int) -> DoorLine:
        """One door."""
        actor.require("intake.manage")
        live = sa.and_(intake_door.c.id == door_id, intake_door.c.archived_at.is_(None))
        async with self._database.read() as connection:
            row = (await connection.execute(sa.select(intake_door).where(live))).one_or_none()
        if row is None:
            raise NotFound()
        return await self._line(row)

    async def create(self, actor: Actor, draft: DoorDraft) -> int:
        """A new door with an address of its own; its id."""
        actor.require("intake.manage")
        door_id = new_key()

        def unit(connection: sa.Connection) -> None:
            at = now()
            _check_references(connection, draft)
            statement = sa.insert(intake_door).values(
                id=door_id,
                title=(draft.title or "").strip(),
                **self._token(door_id),
                calendar_id=draft.calendar_id,
                responsible_id=draft.responsible_id,
                channel_id=draft.channel_id,
                sites=[site_of(each) for each in draft.sites or ()],
                mapping={target: [*names] for target, names in (draft.mapping or {}).items()},
                trap=draft.trap or "",
                per_minute=draft.per_minute,
                enabled=draft.enabled is not False,
                created_by=maker_of(connection, actor),
                created_at=at,
                updated_at=at,
            )
            connection.execute(statement)
            self._note(connection, actor, door_id, "door.added", ["title"])

        await self._database.write(unit)
        return door_id

    async def change(self, actor: Actor, door_id: int, draft: DoorDraft) -> None:
        """Set what the draft names."""
        actor.require("intake.manage")
        values: dict[str, Any] = {}
        if draft.title is not None:
            values["title"] = draft.title.strip()
        if draft.sites is not None:
            values["sites"] = [site_of(each) for each in draft.sites]
        if draft.mapping is not None:
            values["mapping"] = {target: [*names] for target, names in draft.mapping.items()}
        for name in ("trap", "per_minute", "enabled"):
            if (value := getattr(draft, name)) is not None:
                values[name] = value
        for name in ("calendar_id", "responsible_id", "channel_id"):
            if name in draft.given:
                values[name] = getattr(draft, name)

        def unit(connection: sa.Connection) -> None:
            _locked(connection, door_id)
            _check_references(connection, draft)
            if values:
                self._update(connection, actor, door_id, values, "door.changed")

        await self._database.write(unit)

    async def archive(self, actor: Actor, door_id: int) -> None:
        """Close a door for good: its address leads nowhere from now on, what came by it stays."""
        await self._set(actor, door_id, {"archived_at": now()}, "door.archived")

    async def rotate_token(self, actor: Actor, door_id: int) -> None:
        """Give a door a new address; the old one leads nowhere from now on."""
        actor.require("intake.manage")
        await self._set(actor, door_id, self._token(door_id), "door.token_rotated")

    async def new_secret(self, actor: Actor, door_id: int) -> str:
        """Have requests be signed with a new secret, which is told this once."""
        actor.require("intake.manage")
        secret = SECRET_SHOWN_AS + secrets.token_urlsafe(SECRET_BYTES)
        sealed = self._vault.encrypt(secret.encode(), _secret_context(door_id))
        await self._set(actor, door_id, {"secret_sealed": sealed}, "door.secret_set")
        return secret

    async def forget_secret(self, actor: Actor, door_id: int) -> None:
        """Ask for no signature any more."""
        await self._set(actor, door_id, {"secret_sealed": None}, "door.secret_removed")

    async def _set(self, actor: Actor, door_id: int, values: Mapping[str, Any], action: str) -> None:
        actor.require("intake.manage")

        def unit(connection: sa.Connection) -> None:
            _locked(connection, door_id)
            self._update(connection, actor, door_id, values, action)

        await self._database.write(unit)

    def _update(
        self, connection: sa.Connection, actor: Actor, door_id: int, values: Mapping[str, Any], action: str
    ) -> None:
        own = intake_door.c.id == door_id
        connection.execute(sa.update(intake_door).where(own).values({**values, "updated_at": now()}))
        fields = [] if action != "door.changed" else list(values)
        self._note(connection, actor, door_id, action, fields)

    def _note(
        self, connection: sa.Connection, actor: Actor, door_id: int, action: str, fields: Sequence[str]
    ) -> None:
        record(connection, actor, action, "door", door_id, fields)
        after_commit(connection, self.look_again)

    def look_again(self) -> None:
        """Read the doors anew before the next request is answered."""
        self._changes += 1

    def remove_demo(self, connection: sa.Connection) -> None:
        """Forget every door; a part of the unit of work that removes the demo."""
        connection.execute(sa.delete(intake_door))
        after_commit(connection, self.look_again)

    def _token(self, door_id: int) -> dict[str, Any]:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        return {
            "token_sealed": self._vault.encrypt(token.encode(), _token_context(door_id)),
            "token_digest": self._vault.keyed_hash(_PURPOSE, token),
        }

    async def _line(self, row: sa.Row[Any]) -> DoorLine:
        token = self._vault.decrypt(row.token_sealed, _token_context(row.id)).decode()
        own = sa.and_(input_table.c.door == "http", input_table.c.source_id == row.id)
        columns = [input_table.c[name] for name in ("id", "state", "reason", "received_at")]
        newest = sa.select(*columns).where(own).order_by(input_table.c.id.desc()).limit(1)
        async with self._database.read() as connection:
            last = (await connection.execute(newest)).one_or_none()
            count = await connection.scalar(sa.select(sa.func.count()).select_from(input_table).where(own))
        return DoorLine(row, f"{await self._organisation.base_url()}/intake/{token}", last, count or 0)


def way_of(row: sa.Row[Any]) -> Way:
    """How the inputs of a door are read."""
    return Way(
        title=row.title,
        calendar_id=row.calendar_id,
        responsible_id=row.responsible_id,
        channel_id=row.channel_id,
        mapping=row.mapping,
        trap=row.trap,
    )


def site_of(text: str) -> str:
    """A site as browsers tell it in Origin; raises `SiteInvalid`."""
    site = text.strip().lower().removesuffix("/")
    try:
        host = urlsplit(site).hostname or ""
        ascii_host = host.encode("idna").decode() if host and not host.isascii() else host
        site = site.replace(host, ascii_host, 1) if host else site
        port = urlsplit(site).port
    except (ValueError, UnicodeError):
        raise SiteInvalid(site=text[:200]) from None
    if _SITE.fullmatch(site) is None or port == 0:
        raise SiteInvalid(site=text[:200])
    standard = {"https": 443, "http": 80}[site.partition(":")[0]]
    return site.removesuffix(f":{standard}") if port == standard else site


def _locked(connection: sa.Connection, door_id: int) -> sa.Row[Any]:
    live = sa.and_(intake_door.c.id == door_id, intake_door.c.archived_at.is_(None))
    row = connection.execute(sa.select(intake_door).where(live).with_for_update()).one_or_none()
    if row is None:
        raise NotFound()
    return row


def _check_references(connection: sa.Connection, draft: DoorDraft) -> None:
    wanted = (
        ("calendarId", calendar, draft.calendar_id),
        ("channelId", channel, draft.channel_id),
        ("responsibleId", user, draft.responsible_id),
    )
    for name, table, key in wanted:
        if key is not None and connection.scalar(sa.select(table.c.id).where(table.c.id == key)) is None:
            raise InvalidRequest(path=f"$.{name}", reason=_GONE)


def _token_context(door_id: int) -> str:
    return f"intake_door:{door_id}:token"


def _secret_context(door_id: int) -> str:
    return f"intake_door:{door_id}:secret"
