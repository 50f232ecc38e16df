"""What other rooms need to know of clients: their names, and who matches a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.companies.addresses import ClientAddress
from vestnik.companies.errors import UnknownResponsible
from vestnik.companies.tables import client, client_address
from vestnik.db import fold, load, new_key, now
from vestnik.db.search import contains
from vestnik.http.errors import Problem
from vestnik.people.users import is_working


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client about to be stored; `kind` is company or person."""

    name: str
    kind: str = "company"
    inn: str | None = None
    kpp: str | None = None
    responsible_id: int | None = None
    external_id: str | None = None
    name_pending: bool = False
    addresses: Sequence[ClientAddress] = ()


class UnknownClient(Problem):
    code = "unknown_client"
    status = 422
    title = {"ru": "Нет такого клиента", "en": "No such client"}
    message = {
        "ru": "Этого клиента нет. Выберите клиента из списка.",
        "en": "There is no such client. Choose one from the list.",
    }


def require_client(connection: sa.Connection, id: int | None) -> None:
    """Raise `UnknownClient` unless `id` is a client's key, or None."""
    if id is not None and connection.scalar(sa.select(client.c.id).where(client.c.id == id)) is None:
        raise UnknownClient()


def require_responsible(connection: sa.Connection, user_id: int | None) -> None:
    """Raise `UnknownResponsible` unless `user_id` is somebody who may sign in, or None."""
    if user_id is not None and not is_working(connection, user_id):
        raise UnknownResponsible()


def insert_clients(connection: sa.Connection, rows: Sequence[NewClient]) -> list[int]:
    """Store clients; their keys in the order of `rows`."""
    at = now()
    stored: list[dict[str, Any]] = [
        {
            "id": new_key(),
            "kind": row.kind,
            "name": row.name,
            "name_folded": fold(row.name),
            "name_pending": row.name_pending,
            "inn": row.inn,
            "kpp": row.kpp,
            "responsible_id": row.responsible_id,
            "external_id": row.external_id,
            "created_at": at,
            "updated_at": at,
        }
        for row in rows
    ]
    if stored:
        load(connection, client, list(stored[0]), [list(row.values()) for row in stored])
    load(
        connection,
        client_address,
        ("client_id", "kind", "normalised", "shown"),
        [
            (new["id"], each.kind, each.normalised, each.shown)
            for row, new in zip(rows, stored, strict=True)
            for each in row.addresses
        ],
    )
    return [row["id"] for row in stored]


class Named(NamedTuple):
    """What other rooms show of a client."""

    name: str
    inn: str | None


async def client_names(connection: AsyncConnection, ids: Iterable[int]) -> dict[int, Named]:
    """Names and INNs of the clients `ids`, by key."""
    return await connection.run_sync(named_clients, ids)


def named_clients(connection: sa.Connection, ids: Iterable[int]) -> dict[int, Named]:
    """The same within a unit of work."""
    found = connection.execute(
        sa.select(client.c.id, client.c.name, client.c.inn).where(client.c.id.in_(set(ids)))
    )
    return {row.id: Named(row.name, row.inn) for row in found}


def clients_with_name(text: str) -> sa.Select[tuple[int]]:
    """Keys of clients whose name contains `text` anywhere; begins with it where it is short."""
    return sa.select(client.c.id).where(contains(client.c.name_folded, fold(text)))


def clients_of(external_prefix: str) -> sa.Select[tuple[int]]:
    """The keys of clients by the beginning of their external number."""
    return sa.select(client.c.id).where(client.c.external_id.startswith(external_prefix))


def remove_clients(connection: sa.Connection, external_prefix: str) -> None:
    """Delete clients by the beginning of their external number: the demo's, when it is removed."""
    gone = client_address.c.client_id.in_(clients_of(external_prefix))
    connection.execute(sa.delete(client_address).where(gone))
    connection.execute(sa.delete(client).where(client.c.external_id.startswith(external_prefix)))
