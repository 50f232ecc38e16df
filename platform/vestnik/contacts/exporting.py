"""Contacts into a file: CSV or XLSX, streamed page by page in the order of the list.

The order is read once, keys alone, eight bytes for each contact: whoever is renamed or active meanwhile is
neither missed nor there twice. No other transaction lasts longer than a page. A child writes the file: it
is work for the processor.
"""

from __future__ import annotations

import asyncio
import struct
from array import array
from asyncio.subprocess import PIPE
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik import children
from vestnik.audit import record
from vestnik.companies.tables import client
from vestnik.contacts.fields import SELECT_FIELDS, Field, fields_of
from vestnik.contacts.listing import Listing, Selection
from vestnik.contacts.paging import in_order
from vestnik.contacts.tables import address, category, contact, contact_address, subscription
from vestnik.contacts.writing import Sheet
from vestnik.db import Database
from vestnik.http.errors import Language, Text
from vestnik.people.access import Actor

PAGE_ROWS = 500
#: Keys taken from the database at a time.
KEYS_AT_ONCE = 10_000
#: XLSX has no more rows.
XLSX_ROWS = 1_048_575


_TITLES: Mapping[str, Text] = {
    "external_id": {"ru": "Внешний номер", "en": "External number"},
    "name": {"ru": "Имя", "en": "Name"},
    "email": {"ru": "Почта", "en": "E-mail"},
    "phone": {"ru": "Телефон", "en": "Phone"},
    "company": {"ru": "Клиент", "en": "Client"},
    "inn": {"ru": "ИНН", "en": "INN"},
    "owner": {"ru": "Ответственный", "en": "Owner"},
    "created_at": {"ru": "Добавлен", "en": "Added"},
    "blocked": {"ru": "Заблокирован", "en": "Blocked"},
    "unsubscribed": {"ru": "Отписан от всего", "en": "Unsubscribed from all"},
}
_ANSWERS: Mapping[bool, Text] = {True: {"ru": "да", "en": "yes"}, False: {"ru": "нет", "en": "no"}}
_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class _Columns:
    """What the file has a column for."""

    fields: Sequence[Field]
    categories: Sequence[tuple[int, str]]
    owners: Mapping[int, str]
    language: Language

    def titles(self) -> list[str]:
        own = [text[self.language] for text in _TITLES.values()]
        return [
            *own,
            *(f.title[self.language] for f in self.fields),
            *(title for _, title in self.categories),
        ]


class Exporting:
    """Exports of contacts."""

    def __init__(self, database: Database, listing: Listing) -> None:
        self._database, self._listing = database, listing

    async def export(
        self,
        actor: Actor,
        selection: Selection,
        sheet: Sheet,
        owners: Mapping[int, str],
    ) -> AsyncIterator[bytes]:
        """The file of a selection, piece by piece; the export is noted before its first piece."""
        actor.require("contacts.read")
        actor.require("contacts.export")
        async with self._database.read() as connection:
            await connection.run_sync(self._listing.select, selection)  # refuses what it can't be
            fields = list(fields_of(await connection.execute(SELECT_FIELDS)).values())
            live = category.c.archived_at.is_(None)
            rows = await connection.execute(
                sa.select(category.c.id, category.c.title).where(live).order_by(category.c.id)
            )
            columns = _Columns(fields, [(row.id, row.title) for row in rows], owners, actor.language)

        def note(connection: sa.Connection) -> None:
            record(connection, actor, "contacts.exported", "contact", None, [sheet.format])

        await self._database.write(note)
        return self._file(selection, sheet, columns)

    async def _file(self, selection: Selection, sheet: Sheet, columns: _Columns) -> AsyncIterator[bytes]:
        process = await asyncio.create_subprocess_exec(
            *children.command("vestnik.contacts.writing"),
            stdin=PIPE,
            stdout=PIPE,
            cwd=children.NOWHERE,
            env=children.environment(),
        )
        feeding = asyncio.create_task(self._feed(process.stdin, selection, sheet, columns))
        try:
            if process.stdout is not None:
                while piece := await process.stdout.read(1 << 16):
                    yield piece
            await feeding
            await process.wait()
        finally:
            feeding.cancel()
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()

    async def _feed(
        self, pipe: asyncio.StreamWriter | None, selection: Selection, sheet: Sheet, columns: _Columns
    ) -> None:
        if pipe is None:
            raise ValueError("the child takes its rows by a pipe")
        _send(pipe, sheet)
        _send(pipe, [columns.titles()])
        keys = await self._keys(selection)
        if sheet.format == "xlsx":
            keys = keys[:XLSX_ROWS]
        for start in range(0, len(keys), PAGE_ROWS):
            async with self._database.read() as connection:
                rows = await _rows(connection, list(keys[start : start + PAGE_ROWS]), columns)
            _send(pipe, rows)
            await pipe.drain()
        pipe.close()

    async def _keys(self, selection: Selection) -> array[int]:
        """The keys of a selection in the order of its sort."""
        keys: array[int] = array("q")
        async with self._database.read() as connection:
            chosen = await connection.run_sync(lambda sync: self._listing.select(sync, selection, whole=True))
            found = await connection.stream_scalars(in_order(chosen, selection.sort))
            async for part in found.partitions(KEYS_AT_ONCE):
                keys.extend(part)
        return keys


def _send(pipe: asyncio.StreamWriter, value: Any) -> None:
    data = _encode(value)
    pipe.write(struct.pack(">I", len(data)) + data)


async def _rows(connection: AsyncConnection, keys: Sequence[int], columns: _Columns) -> list[list[Any]]:
    """The cells of contacts in the order of `keys`; whoever was merged or erased meanwhile has none."""
    people = {
        row.id: row
        for row in await connection.execute(
            sa.select(contact, client.c.name.label("company"), client.c.inn)
            .outerjoin(client, client.c.id == contact.c.company_id)
            .where(contact.c.id.in_(keys), contact.c.merged_into.is_(None), contact.c.erased_at.is_(None))
        )
    }
    addresses: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    for row in await connection.execute(
        sa.select(contact_address.c.contact_id, address.c.kind, address.c.normalised)
        .join(address, address.c.id == contact_address.c.address_id)
        .where(contact_address.c.contact_id.in_(keys))
        .order_by(contact_address.c.is_primary.desc(), address.c.id)
    ):
        addresses[row.contact_id, row.kind].append(row.normalised)
    chosen = {
        (row.contact_id, row.category_id): row.subscribed
        for row in await connection.execute(
            sa.select(subscription.c.contact_id, subscription.c.category_id, subscription.c.subscribed).where(
                subscription.c.contact_id.in_(keys)
            )
        )
    }
    language = columns.language

    def answer(value: bool | None) -> str:
        return "" if value is None else _ANSWERS[value][language]

    return [
        [
            row.external_id or "",
            row.name,
            ", ".join(addresses[row.id, "email"]),
            ", ".join(addresses[row.id, "phone"]),
            row.company or "",
            row.inn or "",
            columns.owners.get(row.owner_id, ""),
            row.created_at.date().isoformat(),
            answer(row.blocked),
            answer(row.unsubscribed),
            *(_cell(row.custom.get(field.key), language) for field in columns.fields),
            *(answer(chosen.get((row.id, id))) for id, _ in columns.categories),
        ]
        for row in (people[key] for key in keys if key in people)
    ]


def _cell(value: Any, language: Language) -> Any:
    if isinstance(value, bool):
        return _ANSWERS[value][language]
    return "" if value is None else value
