"""An engine on each kind of database; `restart` ends its life and begins the next one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from vestnik.db import Database
from vestnik.engine import Engine
from vestnik.settings import Settings


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of an installation in a folder of this test's own."""
    return Settings(database_url=database_url, data_dir=tmp_path)


@pytest.fixture
async def new_engine(database: Database, settings: Settings) -> AsyncIterator[Callable[[], Engine]]:
    """Makes engines, one after another; the last is stopped at the end."""
    made: list[Engine] = []

    def new() -> Engine:
        made.append(Engine(settings, database, poll_s=0.02))
        return made[-1]

    yield new
    for engine in made:
        await engine.stop()
