"""What live modules cost and how often they fail, over the last hour and day, summed over all processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from vestnik.db import Database, from_microseconds, insert, now
from vestnik.engine import Engine
from vestnik.modules.metrics import SLOT_S, CallMetrics, Load
from vestnik.modules.tables import module, module_load, module_version

#: Each process stores what it noted so often.
STORED_EVERY_S = 10.0
LOAD_KEPT_FOR = timedelta(days=8)
_SWEPT_EVERY_S = 3600.0
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ModuleUse:
    """A module and what it did."""

    id: int
    title: Mapping[str, str]
    enabled: bool
    version: int | None
    hour: Load
    day: Load


class ModuleLoads:
    """Stores and sums what `CallMetrics` notes."""

    def __init__(self, database: Database, engine: Engine, metrics: CallMetrics) -> None:
        self._database, self.metrics = database, metrics
        engine.every(STORED_EVERY_S, "system.load", self.store, everywhere=True)
        engine.every(_SWEPT_EVERY_S, "system.load_kept", self.sweep)

    async def store(self) -> None:
        """Add what was noted since the last time to what is stored."""
        if taken := self.metrics.take_load():
            await self._database.write(_add, taken)

    async def sweep(self) -> None:
        """Forget what is old."""
        old = module_load.c.slot < now() - LOAD_KEPT_FOR
        await self._database.write(lambda connection: connection.execute(sa.delete(module_load).where(old)))

    async def uses(self) -> list[ModuleUse]:
        """Every module, those that cost the most in the last hour first."""
        await self.store()
        at = now()
        hour, day = await self.since(at - HOUR), await self.since(at - DAY)
        query = (
            sa.select(module.c.id, module.c.title, module.c.enabled, module_version.c.number)
            .outerjoin(module_version, module_version.c.id == module.c.live_version_id)
            .where(module.c.archived_at.is_(None))
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        found = [
            ModuleUse(
                row.id, row.title, row.enabled, row.number, hour.get(row.id, Load()), day.get(row.id, Load())
            )
            for row in rows
        ]
        return sorted(found, key=lambda each: (-each.hour.cpu_ms, -each.day.cpu_ms, each.id))

    async def since(self, at: datetime) -> dict[int, Load]:
        """What each module did in the slots that began after an instant, and in the one it lies in."""
        columns = (module_load.c.calls, module_load.c.failures, module_load.c.cpu_ms)
        query = (
            sa.select(module_load.c.module_id, *(sa.func.sum(column) for column in columns))
            .where(module_load.c.slot > at - timedelta(seconds=SLOT_S))
            .group_by(module_load.c.module_id)
        )
        async with self._database.read() as connection:
            rows: Sequence[Any] = (await connection.execute(query)).all()
        return {row[0]: Load(int(row[1]), int(row[2]), float(row[3])) for row in rows}


def _add(connection: sa.Connection, taken: Mapping[tuple[int, int], Load]) -> None:
    statement = insert(connection, module_load)
    summed = {
        name: module_load.c[name] + statement.excluded[name] for name in ("calls", "failures", "cpu_ms")
    }
    rows = [
        {
            "slot": from_microseconds(slot * 1_000_000),
            "module_id": module_id,
            "calls": load.calls,
            "failures": load.failures,
            "cpu_ms": load.cpu_ms,
        }
        for (slot, module_id), load in sorted(taken.items())
    ]
    upsert = statement.on_conflict_do_update(index_elements=["slot", "module_id"], set_=summed)
    connection.execute(upsert, rows)
