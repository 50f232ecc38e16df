"""Clients of what comes in: found by an INN or made of it, found by their addresses."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from vestnik.addresses import AddressKind
from vestnik.audit import record
from vestnik.companies.addresses import ClientAddress, store_addresses
from vestnik.companies.service import NewClient, insert_clients
from vestnik.companies.tables import client, client_address
from vestnik.db import Lock, hold
from vestnik.people.access import SYSTEM, Actor

#: An INN of twelve digits is a person's, of ten a company's.
_DIGITS_OF_PERSON = 12
_PAIR = ("kind", "text")


class Found(NamedTuple):
    """A client that has an address."""

    client_id: int
    kind: AddressKind
    address: str


def hold_inns(connection: sa.Connection, inns: Iterable[str | None]) -> bool:
    """Keep other processes from giving these INNs to clients; whether to look once more."""
    numbers = [int(inn) for inn in inns if inn is not None]
    return bool(numbers) and hold(connection, Lock.INN, numbers)


def find_or_create_by_inn(
    connection: sa.Connection, inn: str, responsible_id: int | None = None, actor: Actor = SYSTEM
) -> tuple[int, bool]:
    """The client of a valid INN, the oldest where several KPPs have it, and whether it was made now.

    There is one, however many ask at the same time. A new one is called by its INN until somebody names it.
    """
    found = _oldest(connection, inn)
    if found is None and hold_inns(connection, [inn]):
        found = _oldest(connection, inn)
    if found is not None:
        return found, False
    kind = "person" if len(inn) == _DIGITS_OF_PERSON else "company"
    new = NewClient(f"ИНН {inn}", kind, inn, responsible_id=responsible_id, name_pending=True)
    [id] = insert_clients(connection, [new])
    record(connection, actor, "company.created", "company", id, ["inn", "name"])
    return id, True


def find_by_addresses(connection: sa.Connection, emails: Sequence[str], phones: Sequence[str]) -> list[Found]:
    """Clients that have any of these normalised addresses, the oldest first."""
    wanted = [("email", each) for each in emails] + [("phone", each) for each in phones]
    if not wanted:
        return []
    distinct = list(dict.fromkeys(wanted))
    values = {
        f"{name}_{n}": each for n, pair in enumerate(distinct) for name, each in zip(_PAIR, pair, strict=True)
    }
    rows = connection.execute(_by_addresses(len(distinct)), values)
    return [Found(row.client_id, row.kind, row.normalised) for row in rows]


@functools.lru_cache(maxsize=16)
def _by_addresses(count: int) -> sa.Select[Any]:
    """Who has any of so many addresses: built once, for it is asked at every lead."""
    kind, text = client_address.c.kind, client_address.c.normalised
    fits = (
        sa.and_(kind == sa.bindparam(f"kind_{n}"), text == sa.bindparam(f"text_{n}")) for n in range(count)
    )
    return (
        sa.select(client_address.c.client_id, kind, text)
        .where(sa.or_(*fits))
        .order_by(client_address.c.client_id, kind, text)
    )


def add_addresses(
    connection: sa.Connection,
    client_id: int,
    emails: Sequence[str],
    phones: Sequence[str],
    actor: Actor = SYSTEM,
) -> None:
    """Give a client these normalised addresses, beside those that it has."""
    given = [
        *(ClientAddress("email", each, each) for each in emails),
        *(ClientAddress("phone", each, each) for each in phones),
    ]
    if store_addresses(connection, client_id, given):
        record(connection, actor, "company.changed", "company", client_id, ["addresses"])


def responsible_of(connection: sa.Connection, client_id: int) -> int | None:
    """Who is responsible for a client."""
    found: int | None = connection.scalar(sa.select(client.c.responsible_id).where(client.c.id == client_id))
    return found


def _oldest(connection: sa.Connection, inn: str) -> int | None:
    found: int | None = connection.scalar(sa.select(sa.func.min(client.c.id)).where(client.c.inn == inn))
    return found
