"""Leaves work to whoever has its workflow: a row names its driver, and two never work on one.

Another process waits with what it took over while the driver that the row names is alive: that one may be
in the middle of a call. So a driver that rested for a while, or that was started again under its name just
after it was given up for dead, has to say that it lets go; else the other would wait for as long as it lives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
import structlog

from vestnik.db import Database
from vestnik.engine.alone import Alone
from vestnik.engine.engine import Engine
from vestnik.engine.takeover import LOOK_EVERY_S

log = structlog.get_logger("vestnik.engine")


class LettingGo:
    """Periodic work of a room whose `table` has the columns `id` and `driver`.

    `at_work` says which rows are driven at all, `workflow_id` what the workflow of a row is called; `alone`
    has the ids of the rows on which a step of this process works at the moment.
    """

    def __init__(
        self,
        database: Database,
        engine: Engine,
        alone: Alone,
        table: sa.Table,
        at_work: sa.ColumnElement[bool],
        workflow_id: Callable[[sa.Row[Any]], str],
    ) -> None:
        self._database, self._engine, self._alone = database, engine, alone
        self._table, self._workflow_id = table, workflow_id
        self._mine = sa.select(table).where(at_work, table.c.driver == engine.executors.own_id)
        if not database.on_sqlite:  # there the only process is the driver of everything
            engine.every(LOOK_EVERY_S, f"{table.name}.let_go", self.look, everywhere=True)

    async def look(self) -> None:
        """Let go of the rows whose workflow is not in this process, and on which nothing works here."""
        async with self._database.read() as connection:
            idle = any(self._is_idle(row) for row in await connection.execute(self._mine))
        if idle:
            await self._database.write(self._let_go)

    def _let_go(self, connection: sa.Connection) -> None:
        idle = [row.id for row in connection.execute(self._mine).all() if self._is_idle(row)]
        log.info("engine.let_go", rows=self._table.name, ids=idle)
        here = self._table.c.id.in_(idle)
        connection.execute(sa.update(self._table).where(here).values(driver=None))

    def _is_idle(self, row: sa.Row[Any]) -> bool:
        # In the writer this holds until the commit: whoever begins a step claims the row there, afterwards.
        return not self._alone.holds(row.id) and not self._engine.lives(self._workflow_id(row))
