"""The directory of companies: found, added, changed; an INN belongs to one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from stdnum.exceptions import ValidationError
from stdnum.ru import inn as russian_inn

from vestnik.audit import record
from vestnik.companies.errors import ClientInnTaken, InvalidInn, InvalidKpp
from vestnik.companies.service import NewClient, clients_with_name, insert_clients
from vestnik.companies.tables import client
from vestnik.db import Database, fold, now
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor

ClientKind = Literal["company", "person"]

#: Digits of a KPP (order of the Federal Tax Service ММВ-7-6/435@, 2012).
_KPP_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Company:
    """A client as its card shows it."""

    id: int
    kind: ClientKind
    name: str
    inn: str | None
    kpp: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CompanyDraft:
    """A company as a person gives it."""

    name: str
    kind: ClientKind = "company"
    inn: str | None = None
    kpp: str | None = None


class Companies:
    """The companies and persons that contacts belong to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, actor: Actor, *, search: str = "", offset: int = 0, limit: int = 50
    ) -> tuple[list[Company], int]:
        """Companies by name whose name contains `search` or whose INN begins with it, and how many."""
        actor.require("contacts.read")
        where: sa.ColumnElement[bool] = sa.true()
        if text := search.strip():
            where = client.c.id.in_(clients_with_name(text))
            if text.isdecimal():
                where |= client.c.inn.startswith(text, autoescape=True)
        async with self._database.read() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(client).where(where))
            rows = await connection.execute(
                sa.select(client)
                .where(where)
                .order_by(client.c.name_folded, client.c.id)
                .offset(offset)
                .limit(limit)
            )
            return [_company(row) for row in rows], total or 0

    async def card(self, actor: Actor, id: int) -> Company:
        """One company."""
        actor.require("contacts.read")
        async with self._database.read() as connection:
            row = (await connection.execute(sa.select(client).where(client.c.id == id))).one_or_none()
        if row is None:
            raise NotFound()
        return _company(row)

    async def create(self, actor: Actor, draft: CompanyDraft) -> int:
        """Store a company; `ClientInnTaken` where another one has its INN and KPP."""
        actor.require("contacts.write")
        return await self._database.write(_create, actor, checked(draft))

    async def change(self, actor: Actor, id: int, draft: CompanyDraft) -> None:
        """Give a company this name, kind, INN and KPP."""
        actor.require("contacts.write")
        await self._database.write(_change, actor, id, checked(draft))


def checked(draft: CompanyDraft) -> CompanyDraft:
    """`draft` with its numbers in their stored form; raises `InvalidInn` or `InvalidKpp`."""
    return CompanyDraft(draft.name.strip(), draft.kind, checked_inn(draft.inn), _checked_kpp(draft.kpp))


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


def _create(connection: sa.Connection, actor: Actor, draft: CompanyDraft) -> int:
    _refuse_taken(connection, draft, None)
    [id] = insert_clients(connection, [NewClient(draft.name, draft.kind, draft.inn, draft.kpp)])
    record(connection, actor, "company.created", "company", id, _given(draft))
    return id


def _change(connection: sa.Connection, actor: Actor, id: int, draft: CompanyDraft) -> None:
    known = connection.execute(sa.select(client).where(client.c.id == id)).one_or_none()
    if known is None:
        raise NotFound()
    wanted: dict[str, Any] = {"name": draft.name, "kind": draft.kind, "inn": draft.inn, "kpp": draft.kpp}
    changed = {name: value for name, value in wanted.items() if getattr(known, name) != value}
    if not changed:
        return
    if {"inn", "kpp"} & changed.keys():
        _refuse_taken(connection, draft, id)
    connection.execute(
        sa.update(client)
        .where(client.c.id == id)
        .values(changed | {"name_folded": fold(draft.name), "updated_at": now()})
    )
    record(connection, actor, "company.changed", "company", id, changed)


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
    return [name for name in draft.__slots__ if getattr(draft, name) is not None]


def _company(row: sa.Row[Any]) -> Company:
    return Company(row.id, row.kind, row.name, row.inn, row.kpp, row.created_at, row.updated_at)
