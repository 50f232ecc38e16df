"""The directory of companies: found, added, changed; an INN belongs to one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from msgspec import UNSET, UnsetType
from sqlalchemy.ext.asyncio import AsyncConnection
from stdnum.exceptions import ValidationError
from stdnum.ru import inn as russian_inn

from vestnik.addresses import AddressKind
from vestnik.audit import record
from vestnik.companies.addresses import (
    ClientAddress,
    addresses_of,
    clients_with_address,
    replace_addresses,
    written,
)
from vestnik.companies.errors import ClientChanged, ClientInnTaken, InvalidInn, InvalidKpp
from vestnik.companies.finding import hold_inns
from vestnik.companies.relations import SHOWN, Relation, Relatives
from vestnik.companies.service import NewClient, clients_with_name, insert_clients, require_responsible
from vestnik.companies.tables import client
from vestnik.db import Database, fold, now
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor

ClientKind = Literal["company", "person"]

#: Digits of a KPP (order of the Federal Tax Service ММВ-7-6/435@, 2012).
_KPP_DIGITS = 9

#: Clients of a file that are read at once.
_EXPORTED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Company:
    """A client as its card shows it; `name_pending`: it is called by its INN until somebody names it."""

    id: int
    kind: ClientKind
    name: str
    name_pending: bool
    inn: str | None
    kpp: str | None
    responsible_id: int | None
    emails: Sequence[str]
    phones: Sequence[str]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CompanyDraft:
    """A company as a person gives it; responsible and addresses stay as they are where they are not given."""

    name: str
    kind: ClientKind = "company"
    inn: str | None = None
    kpp: str | None = None
    responsible_id: int | UnsetType | None = UNSET
    emails: Sequence[str] | None = None
    phones: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class CompanyFilter:
    """Which companies are wanted: with `search` in the name or an address, or as the INN's beginning."""

    search: str = ""
    kind: str | None = None
    responsible_id: int | None = None
    #: Called by its INN until somebody names it.
    name_pending: bool | None = None


class Companies:
    """The companies and persons that contacts belong to."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._relations: list[Relation] = []

    def relate(self, relation: Relation) -> None:
        """Have a room's things appear on the cards of clients."""
        self._relations.append(relation)

    async def page(
        self, actor: Actor, wanted: CompanyFilter, *, offset: int = 0, limit: int = 50
    ) -> tuple[list[Company], int]:
        """Companies by name that match."""
        actor.require("contacts.read")
        where = _matching(wanted)
        async with self._database.read() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(client).where(where))
            return await _companies(connection, where, offset, limit), total or 0

    async def export(self, actor: Actor, wanted: CompanyFilter) -> AsyncIterator[list[Company]]:
        """The same companies, part by part, for a file; that it was made is noted first."""
        actor.require("contacts.read")
        actor.require("contacts.export")

        def note(connection: sa.Connection) -> None:
            record(connection, actor, "companies.exported", "company", None)

        await self._database.write(note)
        return self._parts(_matching(wanted))

    async def _parts(self, where: sa.ColumnElement[bool]) -> AsyncIterator[list[Company]]:
        after: sa.ColumnElement[bool] = sa.true()
        order = sa.tuple_(client.c.name_folded, client.c.id)
        while True:
            async with self._database.read() as connection:
                part = await _companies(connection, where & after, 0, _EXPORTED_AT_ONCE)
            if part:
                yield part
            if len(part) < _EXPORTED_AT_ONCE:
                return
            after = order > sa.tuple_(
                sa.literal(fold(part[-1].name), client.c.name_folded.type), sa.literal(part[-1].id)
            )

    async def card(self, actor: Actor, id: int) -> Company:
        """One company."""
        actor.require("contacts.read")
        async with self._database.read() as connection:
            found = await _companies(connection, client.c.id == id, 0, 1)
        if not found:
            raise NotFound()
        return found[0]

    async def related(self, actor: Actor, id: int) -> list[Relatives]:
        """What other rooms know of a company, as far as the actor may read it."""
        actor.require("contacts.read")
        found = []
        async with self._database.read() as connection:
            for relation in self._relations:
                if actor.may(relation.right):
                    items, total = await relation.read(connection, id, SHOWN)
                    found.append(Relatives(relation.kind, total, items))
        return found

    async def create(self, actor: Actor, draft: CompanyDraft) -> int:
        """Store a company; `ClientInnTaken` where another one has its INN and KPP."""
        actor.require("contacts.write")
        return await self._database.write(_create, actor, checked(draft), _addresses(draft))

    async def change(
        self, actor: Actor, id: int, draft: CompanyDraft, unchanged_since: datetime | None = None
    ) -> None:
        """Give a company what the draft says; `ClientChanged` where it changed after `unchanged_since`."""
        actor.require("contacts.write")
        await self._database.write(_change, actor, id, checked(draft), _addresses(draft), unchanged_since)


def checked(draft: CompanyDraft) -> CompanyDraft:
    """`draft` with its numbers in their stored form; raises `InvalidInn` or `InvalidKpp`."""
    return CompanyDraft(
        draft.name.strip(),
        draft.kind,
        checked_inn(draft.inn),
        _checked_kpp(draft.kpp),
        draft.responsible_id,
        draft.emails,
        draft.phones,
    )


def checked_inn(text: str | None) -> str | None:
    """An INN of 10 or 12 digits whose check digits fit, without spaces; None for an empty one."""
    if text is None or not text.strip():
        return None
    try:
        return str(russian_inn.validate(text))
    except ValidationError:
        raise InvalidInn(inn=text) from None


def _checked_kpp(text: str | None) -> str | None:
    if text is None or not (kpp := text.strip()):
        return None
    # Four digits of the tax office, two digits or capital letters for the ground, three of a number.
    if len(kpp) != _KPP_DIGITS or not kpp.isascii() or not (kpp[:4] + kpp[6:]).isdecimal():
        raise InvalidKpp(kpp=text)
    if not all(sign.isdecimal() or sign.isupper() for sign in kpp[4:6]):
        raise InvalidKpp(kpp=text)
    return kpp


def _addresses(draft: CompanyDraft) -> dict[AddressKind, list[ClientAddress]]:
    """The addresses that a draft gives, by kind; raises `InvalidAddress`."""
    given: dict[AddressKind, Sequence[str] | None] = {"email": draft.emails, "phone": draft.phones}
    return {kind: written(kind, texts) for kind, texts in given.items() if texts is not None}


def _matching(wanted: CompanyFilter) -> sa.ColumnElement[bool]:
    where = _found(wanted.search)
    if wanted.kind is not None:
        where &= client.c.kind == wanted.kind
    if wanted.responsible_id is not None:
        where &= client.c.responsible_id == wanted.responsible_id
    if wanted.name_pending is not None:
        where &= client.c.name_pending == wanted.name_pending
    return where


def _found(search: str) -> sa.ColumnElement[bool]:
    if not (text := search.strip()):
        return sa.true()
    where = client.c.id.in_(clients_with_name(text)) | client.c.id.in_(clients_with_address(text))
    if text.isdecimal():
        where |= client.c.inn.startswith(text, autoescape=True)
    return where


async def _companies(
    connection: AsyncConnection, where: sa.ColumnElement[bool], offset: int, limit: int
) -> list[Company]:
    rows = (
        await connection.execute(
            sa.select(client)
            .where(where)
            .order_by(client.c.name_folded, client.c.id)
            .offset(offset)
            .limit(limit)
        )
    ).all()
    addresses = await addresses_of(connection, [row.id for row in rows])
    return [_company(row, addresses.get(row.id, ())) for row in rows]


def _create(
    connection: sa.Connection,
    actor: Actor,
    draft: CompanyDraft,
    addresses: dict[AddressKind, list[ClientAddress]],
) -> int:
    hold_inns(connection, [draft.inn])
    _refuse_taken(connection, draft, None)
    responsible_id = None if draft.responsible_id is UNSET else draft.responsible_id
    require_responsible(connection, responsible_id)
    new = NewClient(
        draft.name,
        draft.kind,
        draft.inn,
        draft.kpp,
        responsible_id,
        addresses=[each for kind in addresses.values() for each in kind],
    )
    [id] = insert_clients(connection, [new])
    record(connection, actor, "company.created", "company", id, _given(draft))
    return id


def _change(
    connection: sa.Connection,
    actor: Actor,
    id: int,
    draft: CompanyDraft,
    addresses: dict[AddressKind, list[ClientAddress]],
    unchanged_since: datetime | None,
) -> None:
    known = connection.execute(sa.select(client).where(client.c.id == id).with_for_update()).one_or_none()
    if known is None:
        raise NotFound()
    if unchanged_since is not None and known.updated_at != unchanged_since:
        raise ClientChanged()
    wanted: dict[str, Any] = {"name": draft.name, "kind": draft.kind, "inn": draft.inn, "kpp": draft.kpp}
    if draft.responsible_id is not UNSET:
        wanted["responsible_id"] = draft.responsible_id
    changed = {name: value for name, value in wanted.items() if getattr(known, name) != value}
    if {"inn", "kpp"} & changed.keys():
        hold_inns(connection, [draft.inn])
        _refuse_taken(connection, draft, id)
    if "responsible_id" in changed:
        require_responsible(connection, changed["responsible_id"])
    words = {"email": "emails", "phone": "phones"}
    moved = [
        words[kind] for kind, given in addresses.items() if replace_addresses(connection, id, kind, given)
    ]
    if not changed and not moved:
        return
    values = changed | {"name_folded": fold(draft.name), "updated_at": now()}
    if "name" in changed:
        values["name_pending"] = False
    connection.execute(sa.update(client).where(client.c.id == id).values(values))
    record(connection, actor, "company.changed", "company", id, [*changed, *moved])


def _refuse_taken(connection: sa.Connection, draft: CompanyDraft, own_id: int | None) -> None:
    """A branch has the INN of its company and a KPP of its own: the two together are one of a kind."""
    if draft.inn is None:
        return
    same = sa.select(client.c.id, client.c.name).where(
        client.c.inn == draft.inn, client.c.kpp.is_not_distinct_from(draft.kpp)
    )
    for row in connection.execute(same):
        if row.id != own_id:
            raise ClientInnTaken(inn=draft.inn, name=row.name, id=str(row.id))


def _given(draft: CompanyDraft) -> Sequence[str]:
    return [name for name in draft.__slots__ if getattr(draft, name) not in (None, UNSET, (), [])]


def _company(row: sa.Row[Any], addresses: Sequence[ClientAddress]) -> Company:
    return Company(
        id=row.id,
        kind=row.kind,
        name=row.name,
        name_pending=row.name_pending,
        inn=row.inn,
        kpp=row.kpp,
        responsible_id=row.responsible_id,
        emails=[each.shown for each in addresses if each.kind == "email"],
        phones=[each.shown for each in addresses if each.kind == "phone"],
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
