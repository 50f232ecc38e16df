"""Deletes the scratch files that no run needs any more."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from vestnik.db import Database, now
from vestnik.lists import scratch
from vestnik.lists.states import RunState
from vestnik.lists.tables import sync_run

#: Scratch files of runs that have ended are looked for this often.
SWEPT_EVERY_S = 600.0
#: … and of a plan that waits for so long: who is held back is not listed any more.
WAITING_KEPT = timedelta(days=1)


async def sweep(database: Database, folder: Path) -> None:
    """Delete the scratch files of runs that have ended, or will plan anew when they go on."""
    found = await asyncio.to_thread(_files, folder)
    if not found:
        return
    async with database.read() as connection:
        live = sa.select(sync_run.c.id, sync_run.c.cursor).where(
            sync_run.c.finished_at.is_(None),
            (sync_run.c.state != RunState.WAITING) | (sync_run.c.planned_at > now() - WAITING_KEPT),
        )
        keep = {row.id for row in await connection.execute(live) if row.cursor is not None}
    for run_id in found - keep:
        await asyncio.to_thread(scratch.remove, folder / f"{run_id}.db")


def _files(folder: Path) -> set[int]:
    """The runs that have a scratch file, or the journal of one."""
    return {int(path.stem) for path in folder.glob("*.db*") if path.stem.isdigit()}
