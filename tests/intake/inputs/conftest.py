"""Inputs on each kind of database, with the leads that become of them; and over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.application import Installation, installation, settings
from tests.intake.leads.desk import Desk

from vestnik.db import Database
from vestnik.engine import Engine
from vestnik.http.errors import NotFound
from vestnik.intake.inputs.ports import Way
from vestnik.intake.inputs.service import Inputs
from vestnik.intake.inputs.store import NewInput
from vestnik.intake.inputs.tables import input_table
from vestnik.intake.leads import accepting, updating
from vestnik.intake.leads.tables import lead
from vestnik.people.access import Actor
from vestnik.settings import Settings

__all__ = ["Installation", "installation", "settings"]

SOURCE = 7


@dataclass
class OneCollector:
    """The way in of these tests: a collector whose mapping can be mended."""

    mapping: dict[str, list[str]] = field(default_factory=dict)
    trap: str = ""

    async def way(self, source_id: int) -> Way | None:
        return Way("Заявки с сайта", mapping=self.mapping, trap=self.trap) if source_id == SOURCE else None

    async def titles(self, source_ids: Sequence[int]) -> Mapping[int, str]:
        return {SOURCE: "Заявки с сайта"} if SOURCE in source_ids else {}

    def add_name(
        self, connection: sa.Connection, actor: Actor, source_id: int, target: str, name: str
    ) -> None:
        if source_id != SOURCE:
            raise NotFound()
        self.mapping.setdefault(target, []).append(name)


class Counter:
    """Inputs at work, and what tests ask of them again and again."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.desk = database, Desk(database)
        self.collector = OneCollector()
        self.inputs = self.another(folder)

    def another(self, folder: Path) -> Inputs:
        """What another process would have."""
        options = Settings(database_url=str(self.database.url), data_dir=folder)
        engine = Engine(options, self.database)
        inputs = Inputs(
            self.database, engine, accepting.accept, updating.update_from, lambda: "Europe/Moscow"
        )
        inputs.register("letter", self.collector)
        inputs.register("http", self.collector)
        return inputs

    async def store(self, raw: bytes, **parts: Any) -> int:
        """Something that comes in; its key."""
        return (await self.inputs.store(new(raw, **parts))).input_id

    async def comes(self, raw: bytes, **parts: Any) -> sa.Row[Any]:
        """Something that comes in and is read; its row."""
        input_id = await self.store(raw, **parts)
        await self.inputs.work()
        return await self.row(input_id)

    async def row(self, input_id: int) -> sa.Row[Any]:
        [row] = await self.desk.rows(sa.select(input_table).where(input_table.c.id == input_id))
        return row

    async def leads(self) -> list[sa.Row[Any]]:
        return await self.desk.rows(sa.select(lead).order_by(lead.c.number))


def new(raw: bytes, **parts: Any) -> NewInput:
    """An input of the door of these tests."""
    values: dict[str, Any] = {
        "door": "http", "source_id": SOURCE, "key": None, "about": {}, "media_type": "application/json",
    }  # fmt: skip
    return NewInput(**{**values, **parts}, raw=raw)


@pytest.fixture
def counter(database: Database, tmp_path: Path) -> Counter:
    """Inputs on a database of this test's own."""
    return Counter(database, tmp_path)
