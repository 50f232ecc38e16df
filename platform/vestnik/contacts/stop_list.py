"""The stop-list to look at: its pages and counts, one address of it, a file of it, and many put on it.

It knows addresses by their keyed hash. One that is stored, because a contact has it or had it in a campaign,
is shown; of the others it is known that they are there, and whoever knows the address can look it up.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.audit import record
from vestnik.contacts.addresses import Address, AddressKind, address_hash, normalise
from vestnik.contacts.consents import Evidence, add_to_stop_list, scope_of
from vestnik.contacts.errors import UnknownCategory
from vestnik.contacts.imports.tables import contact_import
from vestnik.contacts.reasons import Reason
from vestnik.contacts.service import Contacts
from vestnik.contacts.tables import address, contact, contact_address, suppression
from vestnik.db import Database, now
from vestnik.people.access import Actor
from vestnik.vault import Vault

#: Entries of an export read at a time.
READ_AT_ONCE = 500

SourceKind = Literal["service", "person", "api", "import", "card", "erasure", "other"]

_SOURCES: Mapping[str, SourceKind] = {
    "webhook": "service",
    "poll": "service",
    "user": "person",
    "manual": "person",
    "api": "api",
    "import": "import",
    "contact": "card",
    "erasure": "erasure",
}
_IMPORTED = suppression.c.source.like("import:%")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: every part that is given holds; `for_all` are those that count for all categories."""

    reason: Reason | None = None
    category_id: int | None = None
    for_all: bool = False
    kind: AddressKind | None = None
    imported: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Who put an address on the list: `key` is of the webhook, user, import or contact; `name` of a file."""

    kind: SourceKind
    key: int | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """The campaign whose letter somebody answered so."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; no `address` where only the hash is kept, no category where it counts for all."""

    id: int
    kind: AddressKind | None
    address: str | None
    holders: Sequence[tuple[int, str]]
    category_id: int | None
    reason: Reason
    at: datetime
    source: Source
    letter: Letter | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What the list says of one address, and the contacts that have it."""

    address: Address
    entries: Sequence[Entry]
    holders: Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many entries there are: in all, by reason, by category (None: for all), and from files."""

    total: int
    reasons: Mapping[Reason, int]
    categories: Mapping[int | None, int]
    imported: int


@dataclass(frozen=True, slots=True)
class Stop:
    """An address to be put on the list."""

    address: Address
    category_id: int | None
    reason: Reason
    at: datetime | None = None


#: The campaigns whose letters an address answered with a reason, as (reason, when, campaign): newest first.
Letters = Callable[[AsyncConnection, int], Awaitable[Sequence[tuple[Reason, datetime, Letter]]]]


class StopList:
    """The stop-list as a page shows it."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault
        self._letters: Letters | None = None

    def letters(self, letters: Letters) -> None:
        """Have the look-up tell campaigns, too."""
        self._letters = letters

    async def page(
        self, actor: Actor, wanted: Wanted, *, place: int | None = None, limit: int = 50
    ) -> tuple[list[Entry], int | None, int | None]:
        """Entries, newest first, and the places of the next and the previous page.

        A place is the key after which a page begins; a negative one that before which it ends.
        """
        actor.require("contacts.read")
        back = place is not None and place < 0
        chosen = sa.select(suppression).where(*_conditions(wanted))
        if place is not None:
            chosen = chosen.where(suppression.c.id > -place if back else suppression.c.id < place)
        order = suppression.c.id if back else suppression.c.id.desc()
        async with self._database.read() as connection:
            rows = (await connection.execute(chosen.order_by(order).limit(limit + 1))).all()
            more, rows = len(rows) > limit, rows[:limit]
            entries = await _entries(connection, rows[::-1] if back else rows)
        if not entries:
            return entries, None, None
        following = entries[-1].id if back or more else None
        previous = -entries[0].id if (more if back else place is not None) else None
        return entries, following, previous

    async def counts(self, actor: Actor) -> Counts:
        """How many entries there are; the list is read whole."""
        actor.require("contacts.read")
        imported = sa.func.sum(sa.case((_IMPORTED, 1), else_=0))
        grouped = sa.select(suppression.c.reason, suppression.c.category_id, sa.func.count(), imported)
        async with self._database.read() as connection:
            rows = (
                await connection.execute(grouped.group_by(suppression.c.reason, suppression.c.category_id))
            ).all()
        reasons: dict[Reason, int] = {}
        categories: dict[int | None, int] = {}
        for reason, category_id, count, _ in rows:
            reasons[reason] = reasons.get(reason, 0) + count
            categories[category_id] = categories.get(category_id, 0) + count
        return Counts(sum(reasons.values()), reasons, categories, sum(row[3] for row in rows))

    async def find(self, actor: Actor, text: str) -> Found:
        """What the list says of an e-mail address or a phone, whether or not a contact has it."""
        actor.require("contacts.read")
        sought = normalise("email" if "@" in text else "phone", text)
        hash_ = address_hash(self._vault, sought)
        chosen = sa.select(suppression).where(suppression.c.address_hash == hash_).order_by(suppression.c.id)
        async with self._database.read() as connection:
            entries = await _entries(connection, (await connection.execute(chosen)).all())
            known = sa.select(address.c.id).where(address.c.suppression_hash == hash_)
            address_id = await connection.scalar(known)
            letters: Sequence[tuple[Reason, datetime, Letter]] = ()
            if self._letters is not None and address_id is not None:
                letters = await self._letters(connection, address_id)
            holders = (await _holders(connection, [hash_])).get(hash_, [])
        return Found(sought, [_with_letter(each, sought, letters) for each in entries], holders)

    async def add(self, actor: Actor, stops: Sequence[Stop], *, source: str) -> list[bool]:
        """Put addresses on the list; of each whether it was not there yet. Later dates than now are now."""
        actor.require("contacts.write")
        return await self._database.write(self._add, actor, stops, source)

    def _add(self, connection: sa.Connection, actor: Actor, stops: Sequence[Stop], source: str) -> list[bool]:
        at = now()
        groups: dict[tuple[Reason, int | None], dict[bytes, Stop]] = {}
        for each in stops:
            scope = scope_of(each.reason, each.category_id)
            if scope is not None and not Contacts.has_category(connection, scope):
                raise UnknownCategory()
            groups.setdefault((each.reason, scope), {}).setdefault(
                address_hash(self._vault, each.address), each
            )
        new: set[int] = set()
        for (reason, scope), group in groups.items():
            added = add_to_stop_list(
                connection,
                {hash_: group[hash_].address.kind for hash_ in sorted(group)},
                scope,
                reason,
                Evidence(at, reason, source),
                since={hash_: min(each.at or at, at) for hash_, each in group.items()},
                spelt={hash_: each.address for hash_, each in group.items()},
            )
            new.update(id(group[hash_]) for hash_ in added)
        record(connection, actor, "stop_list.added", "category", None)
        return [id(each) in new for each in stops]

    async def export(self, actor: Actor, wanted: Wanted) -> AsyncIterator[list[Entry]]:
        """All entries, newest first, some at a time; noted before the first."""
        actor.require("contacts.read")
        actor.require("contacts.export")
        await self._database.write(record, actor, "stop_list.exported", "category", wanted.category_id)
        return self._export(actor, wanted)

    async def _export(self, actor: Actor, wanted: Wanted) -> AsyncIterator[list[Entry]]:
        place: int | None = None
        while True:
            entries, place, _ = await self.page(actor, wanted, place=place, limit=READ_AT_ONCE)
            yield entries
            if place is None:
                return


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.reason is not None:
        found.append(suppression.c.reason == wanted.reason)
    if wanted.for_all:
        found.append(suppression.c.category_id.is_(None))
    elif wanted.category_id is not None:
        found.append(suppression.c.category_id == wanted.category_id)
    if wanted.kind is not None:
        found.append(suppression.c.kind == wanted.kind)
    if wanted.imported:
        found.append(_IMPORTED)
    return found


async def _entries(connection: AsyncConnection, rows: Sequence[sa.Row[Any]]) -> list[Entry]:
    hashes = {bytes(row.address_hash) for row in rows}
    stored = await connection.execute(
        sa.select(address.c.suppression_hash, address.c.kind, address.c.normalised).where(
            address.c.suppression_hash.in_(hashes)
        )
    )
    known = {bytes(row.suppression_hash): row for row in stored}
    holders = await _holders(connection, hashes)
    sources = {row.id: _source(row.source) for row in rows}
    files = {each.key for each in sources.values() if each.kind == "import"}
    names = {
        row.id: row.file_name
        for row in await connection.execute(
            sa.select(contact_import.c.id, contact_import.c.file_name).where(contact_import.c.id.in_(files))
        )
    }
    entries: list[Entry] = []
    for row in rows:
        hash_, source = bytes(row.address_hash), sources[row.id]
        plain = known.get(hash_)
        if source.kind == "import":
            source = Source("import", source.key, names.get(source.key))
        entries.append(
            Entry(
                id=row.id,
                kind=row.kind or (plain.kind if plain else None),
                address=plain.normalised if plain else None,
                holders=holders.get(hash_, []),
                category_id=row.category_id,
                reason=row.reason,
                at=row.at,
                source=source,
            )
        )
    return entries


async def _holders(
    connection: AsyncConnection, hashes: Collection[bytes]
) -> dict[bytes, list[tuple[int, str]]]:
    """The live contacts of addresses, those first whose primary address it is."""
    found: dict[bytes, list[tuple[int, str]]] = {}
    rows = await connection.execute(
        sa.select(address.c.suppression_hash, contact.c.id, contact.c.name)
        .join(contact_address, contact_address.c.address_id == address.c.id)
        .join(contact, contact.c.id == contact_address.c.contact_id)
        .where(address.c.suppression_hash.in_(hashes), contact.c.merged_into.is_(None))
        .order_by(contact_address.c.is_primary.desc(), contact.c.id)
    )
    for row in rows:
        found.setdefault(bytes(row.suppression_hash), []).append((row.id, row.name))
    return found


def _source(text: str) -> Source:
    """Who said so, of the text that the list keeps."""
    head, _, tail = text.partition(":")
    kind = _SOURCES.get(head)
    if kind is None:
        return Source("other", name=text)
    return Source(kind, int(tail) if tail.isascii() and tail.isdecimal() else None)


def _with_letter(entry: Entry, sought: Address, letters: Sequence[tuple[Reason, datetime, Letter]]) -> Entry:
    """An entry with the campaign that it comes from: the last before it of those with the same reason."""
    if entry.source.kind != "service":
        return replace(entry, kind=sought.kind)
    same = [(at, each) for reason, at, each in letters if reason == entry.reason]
    letter = next((each for at, each in same if at <= entry.at), same[-1][1] if same else None)
    return replace(entry, kind=sought.kind, letter=letter)
