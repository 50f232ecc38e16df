"""What can be done with contacts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.companies.service import require_client
from vestnik.contacts import activity, reading
from vestnik.contacts import audience as audiences
from vestnik.contacts.addresses import Address, AddressKind, address_hash, entered, normalise
from vestnik.contacts.consents import (
    ConsentState,
    Evidence,
    Reason,
    add_to_stop_list,
    record_consent,
    remove_from_stop_list,
)
from vestnik.contacts.errors import (
    CategoryExists,
    ExternalIdTaken,
    InvalidAddress,
    UnknownCategory,
    UnknownOwner,
)
from vestnik.contacts.fields import SELECT_FIELDS, Field, check_values, fields_of
from vestnik.contacts.lacking import count_audience
from vestnik.contacts.reading import Person
from vestnik.contacts.search import matching
from vestnik.contacts.storing import NewContact, fold_values, insert_contacts, replace_addresses
from vestnik.contacts.tables import address, category, contact, erased_address
from vestnik.contacts.timeline import Timeline
from vestnik.db import Database, fold, now
from vestnik.http.decoding import MAX_KEY
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor
from vestnik.people.users import is_working
from vestnik.vault import Vault

#: Contacts told to a module are read this many at a time: SQLite limits the parameters of a statement.
_TOLD_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Draft:
    """A contact as a person or a machine gives it; absent (None) parts of a change stay as they are."""

    name: str | None = None
    emails: Sequence[str] | None = None
    phones: Sequence[str] | None = None
    company_id: int | None = None
    owner_id: int | None = None
    external_id: str | None = None
    fields: Mapping[str, Any] | None = None
    blocked: bool | None = None
    #: Parts to be emptied: company_id, owner_id, external_id.
    cleared: frozenset[str] = frozenset()

    @property
    def given(self) -> list[str]:
        """Names of the parts that are there, for the audit."""
        told = [name for name in self.__slots__ if name != "cleared" and getattr(self, name) is not None]
        return [*told, *sorted(self.cleared)]


@dataclass(frozen=True, slots=True)
class Category:
    """A preference category: news, offers, events."""

    id: int
    title: str
    description: str


class Contacts:
    """Contacts, their addresses, categories, consents and the stop-list."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault
        self.timeline = Timeline(database, activity.SOURCES)

    # Reading

    async def page(
        self,
        actor: Actor,
        *,
        search: str = "",
        sort: str = "name",
        offset: int = 0,
        limit: int = 50,
        within: sa.Select[Any] | None = None,
    ) -> tuple[list[Person], int]:
        """Contacts that match `search`, of the set `within` (column `contact_id`) if one is given."""
        actor.require("contacts.read")
        where = [matching(search)]
        if within is not None:
            where.append(contact.c.id.in_(sa.select(within.subquery().c.contact_id)))
        async with self._database.read() as connection:
            return await reading.list_page(connection, where, sort, offset, limit)

    async def card(self, actor: Actor, contact_id: int) -> Person:
        """One contact whole; a merged one leads to the contact it was merged into."""
        actor.require("contacts.read")
        async with self._database.read() as connection:
            found = await reading.persons(connection, [await reading.kept_of(connection, contact_id)])
        if not found:
            raise NotFound()
        return found[0]

    async def contacts_by_id(self, ids: Iterable[str]) -> list[dict[str, Any]]:
        """Contacts as the contract's `CRM_Marketing_Contact`, in the order asked; unknown ones left out.

        A module asks, so `ids` may be anything.
        """
        keys = dict.fromkeys(int(id) for id in ids if id.isascii() and id.isdecimal() and len(id) <= 19)
        return await self._told([key for key in keys if key <= MAX_KEY])

    async def contacts_by_address(self, texts: Iterable[str]) -> list[dict[str, Any]]:
        """The same by e-mail address or phone; what can't be an address belongs to nobody."""
        sought: list[Address] = []
        for text in texts:
            with suppress(InvalidAddress):
                sought.append(normalise("email" if "@" in text else "phone", text))
        holders: dict[int, None] = {}
        async with self._database.read() as connection:
            for start in range(0, len(sought), _TOLD_AT_ONCE):
                part = sought[start : start + _TOLD_AT_ONCE]
                holders |= dict.fromkeys(await reading.holders(connection, part))
        return await self._told(list(holders))

    async def _told(self, keys: Sequence[int]) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = []
        async with self._database.read() as connection:
            for start in range(0, len(keys), _TOLD_AT_ONCE):
                people = await reading.persons(connection, keys[start : start + _TOLD_AT_ONCE])
                told.extend(reading.for_module(person) for person in people)
        return told

    # Changing

    async def create(self, actor: Actor, draft: Draft) -> int:
        """Store a new contact; its key."""
        actor.require("contacts.write")
        addresses = [*self._addresses("email", draft.emails), *self._addresses("phone", draft.phones)]
        return await self._database.write(self._create, actor, draft, addresses)

    def _create(
        self, connection: sa.Connection, actor: Actor, draft: Draft, addresses: Sequence[Address]
    ) -> int:
        check_values(fields_of(connection.execute(SELECT_FIELDS)), draft.fields or {})
        require_client(connection, draft.company_id)
        require_owner(connection, draft.owner_id)
        _refuse_taken(connection, draft.external_id, None)
        row = NewContact(
            name=draft.name or "",
            addresses=addresses,
            company_id=draft.company_id,
            owner_id=draft.owner_id,
            custom=draft.fields or {},
            external_id=draft.external_id,
        )
        [id] = insert_contacts(connection, self._vault, [row], now())
        record(connection, actor, "contact.created", "contact", id, draft.given)
        return id

    async def update(self, actor: Actor, contact_id: int, draft: Draft) -> None:
        """Change the given parts; given `fields` are laid over the old ones, and None removes one."""
        actor.require("contacts.write")
        given: dict[AddressKind, Sequence[Address]] = {}
        if draft.emails is not None:
            given["email"] = self._addresses("email", draft.emails)
        if draft.phones is not None:
            given["phone"] = self._addresses("phone", draft.phones)
        await self._database.write(self._update, actor, contact_id, draft, given)

    def _update(
        self,
        connection: sa.Connection,
        actor: Actor,
        contact_id: int,
        draft: Draft,
        given: Mapping[AddressKind, Sequence[Address]],
    ) -> None:
        known = connection.execute(
            sa.select(contact.c.custom).where(contact.c.id == contact_id, contact.c.merged_into.is_(None))
        ).one_or_none()
        if known is None:
            raise NotFound()
        values: dict[str, Any] = {"updated_at": now()}
        for name in ("company_id", "owner_id", "external_id", "blocked"):
            if getattr(draft, name) is not None or name in draft.cleared:
                values[name] = getattr(draft, name)
        if draft.name is not None:
            values |= {"name": draft.name, "name_folded": fold(draft.name)}
        if draft.fields is not None:
            check_values(fields_of(connection.execute(SELECT_FIELDS)), draft.fields)
            custom = {key: value for key, value in (known.custom | draft.fields).items() if value is not None}
            values |= {"custom": custom, "custom_folded": fold_values(custom)}
        require_client(connection, draft.company_id)
        require_owner(connection, draft.owner_id)
        _refuse_taken(connection, draft.external_id, contact_id)
        connection.execute(sa.update(contact).where(contact.c.id == contact_id).values(values))
        for kind, addresses in given.items():
            replace_addresses(connection, self._vault, contact_id, kind, addresses)
        record(connection, actor, "contact.changed", "contact", contact_id, draft.given)

    def insert_many(self, connection: sa.Connection, rows: Sequence[NewContact]) -> list[int]:
        """Store many contacts in one unit of work (at most 1,000 keep it short); their keys in order."""
        return insert_contacts(connection, self._vault, rows, now())

    def _addresses(self, kind: AddressKind, texts: Iterable[str] | None) -> list[Address]:
        return list(dict.fromkeys(entered(kind, text) for text in texts or ()))

    # Fields and categories

    async def fields(self, actor: Actor) -> list[Field]:
        """The custom fields that an administrator defined."""
        actor.require("contacts.read")
        async with self._database.read() as connection:
            return list(fields_of(await connection.execute(SELECT_FIELDS)).values())

    async def categories(self, actor: Actor) -> list[Category]:
        """The live preference categories, oldest first."""
        actor.require("contacts.read")
        async with self._database.read() as connection:
            rows = await connection.execute(
                sa.select(category.c.id, category.c.title, category.c.description)
                .where(category.c.archived_at.is_(None))
                .order_by(category.c.id)
            )
            return [Category(*row) for row in rows]

    async def create_category(self, actor: Actor, title: str, description: str = "") -> int:
        """Store a new category; its key."""
        actor.require("contacts.write")
        return await self._database.write(_create_category, actor, title.strip(), description.strip())

    async def category_names(self, ids: Sequence[int]) -> dict[int, str]:
        """Titles of categories by key, also of archived ones; unknown keys are left out."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                sa.select(category.c.id, category.c.title).where(category.c.id.in_(ids))
            )
            return {row.id: row.title for row in rows}

    async def addresses(self, address_ids: Collection[int]) -> dict[int, str]:
        """Addresses by their keys; unknown keys are left out."""
        keys = list(address_ids)
        found: dict[int, str] = {}
        async with self._database.read() as connection:
            for start in range(0, len(keys), _TOLD_AT_ONCE):
                part = keys[start : start + _TOLD_AT_ONCE]
                rows = await connection.execute(
                    sa.select(address.c.id, address.c.normalised).where(address.c.id.in_(part))
                )
                found.update((row.id, row.normalised) for row in rows)
        return found

    # Consents and the stop-list

    async def record_consent(
        self,
        actor: Actor,
        contact_id: int,
        category_id: int | None,
        state: ConsentState,
        how: str,
        from_where: str,
    ) -> None:
        """Note what a contact chose for a category, or for all (None), with its evidence."""
        actor.require("contacts.write")

        def note(connection: sa.Connection) -> None:
            there = sa.select(contact.c.id).where(contact.c.id == contact_id, contact.c.merged_into.is_(None))
            if connection.scalar(there) is None:
                raise NotFound()
            if category_id is not None:
                _require(connection, category, category_id, UnknownCategory)
            record_consent(connection, [contact_id], category_id, state, Evidence(now(), how, from_where))
            record(connection, actor, f"consent.{state}", "contact", contact_id)

        await self._database.write(note)

    def suppress(
        self,
        connection: sa.Connection,
        addresses: Iterable[Address],
        *,
        reason: Reason,
        category_id: int | None,
        source: str,
        at: datetime | None = None,
    ) -> int:
        """Put addresses on the stop-list within a unit of work; how many were not there yet.

        `source` names who said so ("unisender@12"). Doing it again changes nothing. Addresses that
        belong to no contact are kept as well, by their hash, for the day they are imported.
        """
        spelt = {address_hash(self._vault, each): each for each in addresses}
        hashes = {key: each.kind for key, each in spelt.items()}
        evidence = Evidence(at or now(), reason, source)
        return len(add_to_stop_list(connection, hashes, category_id, reason, evidence, spelt=spelt))

    def erased_addresses(
        self, connection: sa.Connection, addresses: Collection[Address]
    ) -> Mapping[Address, int]:
        """The empty rows of those of the addresses that were erased lately."""
        by_hash = {address_hash(self._vault, each): each for each in addresses}
        known = erased_address.c.address_hash.in_(list(by_hash))
        rows = connection.execute(
            sa.select(erased_address.c.address_hash, erased_address.c.address_id)
            .where(known)
            .order_by(erased_address.c.at)
        )
        return {by_hash[bytes(row.address_hash)]: row.address_id for row in rows}

    @staticmethod
    def has_category(connection: sa.Connection, category_id: int) -> bool:
        """True when there is such a category, archived or not."""
        return connection.scalar(sa.select(category.c.id).where(category.c.id == category_id)) is not None

    async def stop(
        self, actor: Actor, kind: AddressKind, text: str, category_id: int | None, source: str
    ) -> None:
        """Put an address on the stop-list by hand."""
        actor.require("contacts.write")
        stopped = normalise(kind, text)

        def add(connection: sa.Connection) -> None:
            if category_id is not None:
                _require(connection, category, category_id, UnknownCategory)
            self.suppress(connection, [stopped], reason="manual", category_id=category_id, source=source)
            record(connection, actor, "stop_list.added", "category", category_id)

        await self._database.write(add)

    async def unsuppress(
        self, actor: Actor, kind: AddressKind, text: str, category_id: int | None, how: str
    ) -> int:
        """Take an address off the stop-list for a category, or its rows for all (None); how many went.

        A person answers for it: `how` says on what ground, and becomes the consent's evidence.
        """
        actor.require("contacts.write")
        hash_ = address_hash(self._vault, normalise(kind, text))

        def remove(connection: sa.Connection) -> int:
            evidence = Evidence(now(), how, f"user:{actor.user_id}")
            removed = remove_from_stop_list(connection, [hash_], category_id, evidence)
            record(connection, actor, "stop_list.removed", "category", category_id)
            return removed

        return await self._database.write(remove)

    async def stopped(self, kind: AddressKind, addresses: Sequence[str], category_id: int | None) -> set[str]:
        """Those of the addresses that are on the stop-list for the category or for all."""
        hashes = {address_hash(self._vault, normalise(kind, text)): text for text in addresses}
        return {hashes[each] for each in await reading.stopped(self._database, hashes, category_id)}

    # The audience

    @staticmethod
    def everybody() -> sa.Select[Any]:
        """All contacts that there are, as column `contact_id`; merged ones live on in another."""
        return sa.select(contact.c.id.label("contact_id")).where(contact.c.merged_into.is_(None))

    @staticmethod
    def audience(members: sa.Select[Any], category_id: int | None, kind: AddressKind) -> sa.Select[Any]:
        """Who of `members` may be written to, and why not the others: see `contacts.audience`."""
        return audiences.audience(members, category_id, kind)

    async def audience_counts(
        self, members: sa.Select[Any], category_id: int | None, kind: AddressKind
    ) -> dict[audiences.Verdict, int]:
        """How many contacts of `members` have each verdict."""
        async with self._database.read() as connection:
            return dict((await count_audience(connection, members, category_id, kind)).verdicts)


def _create_category(connection: sa.Connection, actor: Actor, title: str, description: str) -> int:
    taken = connection.scalar(sa.select(category.c.id).where(category.c.title_folded == fold(title)))
    if taken is not None:
        raise CategoryExists(name=title)
    id: int = connection.execute(
        sa.insert(category)
        .values(title=title, title_folded=fold(title), description=description, created_at=now())
        .returning(category.c.id)
    ).scalar_one()
    record(connection, actor, "category.created", "category", id)
    return id


def require_owner(connection: sa.Connection, user_id: int | None) -> None:
    """Raise `UnknownOwner` unless `user_id` is somebody who may sign in, or None."""
    if user_id is not None and not is_working(connection, user_id):
        raise UnknownOwner()


def _refuse_taken(connection: sa.Connection, external_id: str | None, own_id: int | None) -> None:
    if external_id is None:
        return
    holder = connection.scalar(sa.select(contact.c.id).where(contact.c.external_id == external_id))
    if holder is not None and holder != own_id:
        raise ExternalIdTaken(external_id=external_id)


def _require(connection: sa.Connection, table: sa.Table, id: int, problem: type[Exception]) -> None:
    if connection.scalar(sa.select(table.c.id).where(table.c.id == id)) is None:
        raise problem()
