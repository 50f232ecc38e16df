"""Tests of modules in the database: saved from recorded calls, imported with a module, run against a text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import anyio.to_thread
import sqlalchemy as sa

from vestnik import audit
from vestnik.contract.manifest import Manifest
from vestnik.db import Database, now, upsert
from vestnik.http.errors import NotFound
from vestnik.modules.errors import TestNameTaken, TestNotUsable, TooManyTests
from vestnik.modules.replays import tests
from vestnik.modules.tables import module, module_test
from vestnik.people.access import Actor
from vestnik.sandbox import Program, Sandbox

#: So many tests may a module have.
TESTS_PER_MODULE = 500
#: The text of one test.
TEST_BYTES = 4_194_304
#: The texts of all tests of a module.
TESTS_BYTES = 67_108_864
NAME_CHARACTERS = 80

_NAME = re.compile(rf"[\w][\w. -]{{0,{NAME_CHARACTERS - 1}}}")


@dataclass(frozen=True, slots=True)
class TestRow:
    """A test in a list."""

    name: str
    function: str
    call_id: int | None
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class UsableTest:
    """A test that came with a module, read and found to be one."""

    name: str
    function: str
    document: str
    taken_bytes: int


@dataclass(frozen=True, slots=True)
class TestRun:
    """What running one of them gave."""

    name: str
    outcome: tests.TestOutcome


class KeptTests:
    """The tests of modules. Rights are asked for by the workbench."""

    def __init__(self, database: Database, sandbox: Sandbox) -> None:
        self._database, self._sandbox = database, sandbox

    async def rows(self, module_id: int) -> list[TestRow]:
        """A module's tests by name."""
        columns = [column for column in module_test.c if column.name not in ("id", "document")]
        statement = sa.select(*columns).where(module_test.c.module_id == module_id)
        async with self._database.read() as connection:
            found = await connection.execute(statement.order_by(module_test.c.name))
            return [TestRow(row.name, row.function, row.call_id, row.author, row.created_at) for row in found]

    async def files(self, module_id: int) -> dict[str, str]:
        """The texts of a module's tests by name: the files `tests/<name>.json`."""
        statement = sa.select(module_test.c.name, module_test.c.document)
        async with self._database.read() as connection:
            found = await connection.execute(
                statement.where(module_test.c.module_id == module_id).order_by(module_test.c.name)
            )
            return {row.name: row.document for row in found}

    async def save(
        self, actor: Actor, module_id: int, name: str, text: str, call_id: int | None = None
    ) -> TestRow:
        """Keep a new test; raises TestNameTaken, TestNotUsable and TooManyTests."""
        test = _checked(name, text)
        row = TestRow(name, test.function, call_id, actor.name, now())
        await self._database.write(_insert, actor, module_id, row, text)
        return row

    async def delete(self, actor: Actor, module_id: int, name: str) -> None:
        """Forget a test."""
        await self._database.write(_delete, actor, module_id, name)

    async def run(
        self, module_id: int, program: Program, manifest: Manifest, title: Mapping[str, str]
    ) -> list[TestRun]:
        """Run every test of a module by `program`, one after the other."""
        return [
            TestRun(
                name,
                await tests.run(self._sandbox, program, tests.parse(text), title=title, manifest=manifest),
            )
            for name, text in (await self.files(module_id)).items()
        ]


async def usable(files: Mapping[str, str]) -> Sequence[UsableTest]:
    """Those of a module's files that are tests of this kind: a module may bring others.

    They may be many megabytes: a thread reads them, before the unit of work that keeps them.
    """
    return await anyio.to_thread.run_sync(_usable, files)


def _usable(files: Mapping[str, str]) -> Sequence[UsableTest]:
    found = []
    for name, text in files.items():
        with suppress(TestNotUsable):
            found.append(UsableTest(name, _checked(name, text).function, text, _bytes_of(text)))
    return found


def import_tests(
    connection: sa.Connection, actor: Actor, module_id: int, found: Sequence[UsableTest]
) -> None:
    """Keep the tests that came with a module, in place of those of the same name.

    Raises TooManyTests, which is to end the unit of work; that holds the module's row.
    """
    _require_room(connection, module_id, {test.name: test.taken_bytes for test in found})
    for test in found:
        values: dict[str, Any] = {
            "module_id": module_id,
            "name": test.name,
            "function": test.function,
            "document": test.document,
            "author": actor.name,
            "created_at": now(),
        }
        changed = ["function", "document", "author", "created_at"]
        connection.execute(upsert(connection, module_test, ["module_id", "name"], changed).values(**values))


def _require_room(connection: sa.Connection, module_id: int, sizes: Mapping[str, int]) -> None:
    """Refuse tests that are too many, or too large, together with those that the module keeps beside them."""
    if not sizes:
        return
    size = sa.func.octet_length(module_test.c.document)
    if connection.dialect.name == "sqlite":
        size = sa.func.length(sa.cast(module_test.c.document, sa.LargeBinary))
    kept = sa.select(module_test.c.name, size).where(module_test.c.module_id == module_id)
    beside = {name: taken for name, taken in connection.execute(kept) if name not in sizes}
    count, held = len(beside), sum(beside.values())
    for name, taken in sizes.items():
        count, held = count + 1, held + taken
        if count <= TESTS_PER_MODULE and held <= TESTS_BYTES:
            continue
        reason = {
            "ru": f"тестов у модуля может быть не больше {TESTS_PER_MODULE}",
            "en": f"a module may have {TESTS_PER_MODULE} tests",
        }
        if count <= TESTS_PER_MODULE:
            reason = {
                "ru": f"все тесты модуля вместе могут занимать не больше {TESTS_BYTES} байт",
                "en": f"all tests of a module together may have {TESTS_BYTES} bytes",
            }
        known = connection.scalar(sa.select(module.c.name).where(module.c.id == module_id))
        raise TooManyTests(module=known, name=name, reason=reason)


def _checked(name: str, text: str) -> tests.ModuleTest:
    if _NAME.fullmatch(name) is None:
        raise TestNotUsable(name=name[:NAME_CHARACTERS], reason=_BAD_NAME)
    if _bytes_of(text) > TEST_BYTES:
        reason = {"ru": f"он больше {TEST_BYTES} байт", "en": f"it is larger than {TEST_BYTES} bytes"}
        raise TestNotUsable(name=name, reason=reason)
    try:
        return tests.parse(text)
    except tests.TestInvalid as error:
        raise TestNotUsable(name=name, reason={"ru": str(error), "en": str(error)}) from None


def _bytes_of(text: str) -> int:
    return len(text.encode(errors="replace"))


_BAD_NAME = {
    "ru": "имя — это буквы, цифры, «_», «-», точка и пробел, сначала буква или цифра",
    "en": "a name has letters, digits, “_”, “-”, dots and spaces, a letter or digit first",
}


def _insert(connection: sa.Connection, actor: Actor, module_id: int, row: TestRow, text: str) -> None:
    of_module = module_test.c.module_id == module_id
    present = sa.select(module.c.id).where(module.c.id == module_id, module.c.archived_at.is_(None))
    if connection.execute(present.with_for_update()).first() is None:
        raise NotFound()
    taken = sa.select(module_test.c.id).where(of_module, module_test.c.name == row.name)
    if connection.execute(taken).first() is not None:
        raise TestNameTaken(name=row.name)
    _require_room(connection, module_id, {row.name: _bytes_of(text)})
    connection.execute(
        module_test.insert().values(
            module_id=module_id,
            name=row.name,
            function=row.function,
            call_id=row.call_id,
            document=text,
            author=row.author,
            created_at=row.created_at,
        )
    )
    audit.record(connection, actor, "module.test_saved", "module", module_id, [row.name])


def _delete(connection: sa.Connection, actor: Actor, module_id: int, name: str) -> None:
    statement = module_test.delete().where(module_test.c.module_id == module_id, module_test.c.name == name)
    if connection.execute(statement).rowcount == 0:
        raise NotFound()
    audit.record(connection, actor, "module.test_deleted", "module", module_id, [name])
