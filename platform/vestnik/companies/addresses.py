"""The addresses of clients: stored, read, looked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.addresses import AddressKind, entered, parts_of_phones
from vestnik.companies.tables import client_address
from vestnik.db import fold, insert_ignore


class ClientAddress(NamedTuple):
    """An address of a client in its stored form, and as somebody wrote it."""

    kind: AddressKind
    normalised: str
    shown: str


def written(kind: AddressKind, texts: Iterable[str]) -> list[ClientAddress]:
    """Addresses as a person gives them, each once; raises `InvalidAddress`."""
    found: dict[str, ClientAddress] = {}
    for text in texts:
        normalised = entered(kind, text).normalised
        found.setdefault(normalised, ClientAddress(kind, normalised, text.strip()))
    return list(found.values())


def store_addresses(connection: sa.Connection, client_id: int, addresses: Iterable[ClientAddress]) -> int:
    """Give a client addresses; how many it had not yet."""
    rows = [{"client_id": client_id, **each._asdict()} for each in addresses]
    insert = insert_ignore(connection, client_address)
    return sum(connection.execute(insert.values(row)).rowcount for row in rows)


def replace_addresses(
    connection: sa.Connection, client_id: int, kind: AddressKind, addresses: Sequence[ClientAddress]
) -> bool:
    """Have these be the client's addresses of a kind; whether that changed any."""
    own = (client_address.c.client_id == client_id) & (client_address.c.kind == kind)
    known = {
        ClientAddress(kind, row.normalised, row.shown)
        for row in connection.execute(
            sa.select(client_address.c.normalised, client_address.c.shown).where(own)
        )
    }
    if known == set(addresses):
        return False
    connection.execute(sa.delete(client_address).where(own))
    store_addresses(connection, client_id, addresses)
    return True


async def addresses_of(
    connection: AsyncConnection, client_ids: Collection[int]
) -> dict[int, list[ClientAddress]]:
    """The addresses of clients, by key; those without any are left out."""
    found: defaultdict[int, list[ClientAddress]] = defaultdict(list)
    rows = await connection.execute(
        sa.select(client_address)
        .where(client_address.c.client_id.in_(client_ids))
        .order_by(client_address.c.client_id, client_address.c.kind, client_address.c.normalised)
    )
    for row in rows:
        found[row.client_id].append(ClientAddress(row.kind, row.normalised, row.shown))
    return found


def clients_with_address(text: str) -> sa.Select[tuple[int]]:
    """Keys of clients one of whose addresses has `text` anywhere."""
    has = client_address.c.normalised.contains
    found = (client_address.c.kind == "email") & has(fold(text), autoescape=True)
    for part in parts_of_phones(text):
        found |= (client_address.c.kind == "phone") & has(part, autoescape=True)
    return sa.select(client_address.c.client_id).where(found)
