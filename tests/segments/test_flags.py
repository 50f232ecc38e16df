"""Rules on custom fields that are yes or no, however their document is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from vestnik.contacts.fields import Field, insert_fields
from vestnik.contacts.storing import NewContact, insert_contacts
from vestnik.contacts.tables import contact
from vestnik.db import Database, now
from vestnik.segments.service import Segments
from vestnik.settings import Settings
from vestnik.vault import Vault

ANSWERS: list[dict[str, Any]] = [
    {"vip": True, "city": "true"},
    {"vip": True},
    {"vip": False, "city": "true"},
    {"vip": False, "true": "1"},
    {"vip": None, "city": '"vip":true'},
    {},
]


async def test_yes_is_what_was_answered_with_yes_and_no_is_all_else(
    database: Database, database_url: str, segments: Segments, tmp_path: Path
) -> None:
    keys = await _store(database, database_url, tmp_path)
    assert await _picked(database, segments, {"value": True}) == set(keys[:2])
    assert await _picked(database, segments, {"value": False}) == set(keys[2:])


async def test_yes_beside_other_conditions_and_in_groups(
    database: Database, database_url: str, segments: Segments, tmp_path: Path
) -> None:
    keys = await _store(database, database_url, tmp_path)
    vip = {"field": "custom.vip", "operator": "=", "value": True}
    city = {"field": "custom.city", "operator": "=", "value": "TRUE"}
    for combinator, negated, expected in (
        ("and", False, keys[:1]),
        ("or", False, keys[:3]),
        ("and", True, keys[1:]),
        ("or", True, keys[3:]),
    ):
        rule = {"combinator": combinator, "rules": [city, vip], "not": negated}
        assert await _of_rule(database, segments, rule) == set(expected), (combinator, negated)


async def test_a_document_with_spaces_and_escapes_is_read_too(
    database: Database, database_url: str, segments: Segments, tmp_path: Path
) -> None:
    keys = await _store(database, database_url, tmp_path)
    written = json.dumps({"city": "москва", "vip": True}, indent=1)

    def rewrite(connection: sa.Connection) -> None:
        text = sa.bindparam("written", written, sa.Text)
        document = text if connection.dialect.name == "sqlite" else sa.cast(text, contact.c.custom.type)
        connection.execute(sa.update(contact).values(custom_folded=sa.type_coerce(document, sa.Text)))

    await database.write(rewrite)
    assert await _picked(database, segments, {"value": True}) == set(keys)


async def _store(database: Database, database_url: str, folder: Path) -> list[int]:
    vault = Vault(Settings(database_url=database_url, data_dir=folder / "data"))

    def store(connection: sa.Connection) -> list[int]:
        fields = [Field("vip", {"ru": "ВИП"}, "boolean"), Field("city", {"ru": "Город"}, "text")]
        insert_fields(connection, fields)
        people = [NewContact(name=f"{n}", custom=custom) for n, custom in enumerate(ANSWERS)]
        return insert_contacts(connection, vault, people, now())

    return await database.write(store)


async def _picked(database: Database, segments: Segments, asked: dict[str, Any]) -> set[int]:
    condition = {"field": "custom.vip", "operator": "=", **asked}
    return await _of_rule(database, segments, {"combinator": "and", "rules": [condition]})


async def _of_rule(database: Database, segments: Segments, rule: dict[str, Any]) -> set[int]:
    """Whom a rule picks, which both of its forms agree on."""

    def forms(connection: sa.Connection) -> list[sa.Select[Any]]:
        return [segments.compile(connection, rule, whole=whole) for whole in (False, True)]

    async with database.read() as connection:
        by_row, whole = [set(await connection.scalars(form)) for form in await connection.run_sync(forms)]
    assert by_row == whole
    return by_row
