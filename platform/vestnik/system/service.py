"""The installation at a glance: checks, alerts, queues, workers, hosts, modules, disk, versions."""

from __future__ import annotations

import asyncio
import platform
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from vestnik import __version__
from vestnik.alerts import Alerts, Open
from vestnik.db import Database, now
from vestnik.engine import Engine
from vestnik.http.machines import Verdict, verdicts
from vestnik.intake.inputs.tables import input_table
from vestnik.outgoing.tables import delivery
from vestnik.people.access import Actor
from vestnik.sandbox import Sandbox
from vestnik.settings import Settings
from vestnik.system.checks import Health
from vestnik.system.load import ModuleLoads, ModuleUse
from vestnik.system.safety import SafetyWatch
from vestnik.system.watching import Watch
from vestnik.webhooks.tables import inbox

#: What waits longer than this is told of.
LATE_AFTER = timedelta(minutes=2)
ALERTS_SHOWN = 50

QueueName = Literal["webhooks", "inputs", "outgoing", "writer", "sandbox"]


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits: how many, and since when the oldest could have been worked on."""

    name: QueueName
    waiting: int
    since: datetime | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Host:
    """A process that does durable work, and when it said so last."""

    id: str
    seen_at: datetime
    alive: bool
    own: bool


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes: of the disk that the data folder is on, of the database, of recordings."""

    folder: str
    total: int
    free: int
    database: int
    recordings: int


@dataclass(frozen=True, slots=True)
class Glance:
    """How everything is at one moment."""

    at: datetime
    checks: Mapping[str, Verdict]
    alerts: Sequence[Open]
    queues: Sequence[Queue]
    workers: Mapping[str, int]
    hosts: Sequence[Host]
    modules: Sequence[ModuleUse]
    received_at: datetime | None
    disk: Disk
    versions: Mapping[str, str]


class System:
    """Asks the rooms how they are."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        engine: Engine,
        sandbox: Sandbox,
        alerts: Alerts,
        loads: ModuleLoads,
        watch: Watch,
        safety: SafetyWatch,
    ) -> None:
        self._settings, self._database, self._engine = settings, database, engine
        self._sandbox, self._alerts = sandbox, alerts
        self.loads, self.watch, self.safety = loads, watch, safety
        self.health = Health(database, engine, sandbox, settings.data_dir)

    async def glance(self, actor: Actor) -> Glance:
        """Everything, asked anew."""
        actor.require("system.read")
        at = now()
        return Glance(
            at=at,
            checks=await verdicts(self.health.checks()),
            alerts=await self._alerts.open(ALERTS_SHOWN),
            queues=await self._queues(at),
            workers={name: self._sandbox.counts()[name] for name in ("busy", "warm", "blank")},
            hosts=await self._hosts(),
            modules=await self.loads.uses(),
            received_at=await self._received_at(),
            disk=await self._disk(),
            versions=await self._versions(),
        )

    async def _queues(self, at: datetime) -> list[Queue]:
        found = []
        stored: dict[QueueName, sa.Column[Any]] = {
            "webhooks": inbox.c.next_attempt_at,
            "inputs": input_table.c.next_at,
            "outgoing": delivery.c.next_at,
        }
        for name, column in stored.items():
            query = sa.select(sa.func.count(), sa.func.min(column)).where(column <= at)
            async with self._database.read() as connection:
                count, since = (await connection.execute(query)).one()
            late = since is not None and at - since > LATE_AFTER
            found.append(Queue(name, count, since, late))
        found.append(Queue("writer", int(sum(self._database.queued().values()))))
        found.append(Queue("sandbox", self._sandbox.counts()["waiting"]))
        return found

    async def _hosts(self) -> list[Host]:
        executors = self._engine.executors
        seen, alive, own = await executors.seen(), await executors.alive(), executors.own_id
        return [
            Host(id, seen_at, alive=id in alive, own=id == own)
            for id, seen_at in sorted(seen.items(), key=lambda each: (each[0] != own, each[0]))
        ]

    async def _received_at(self) -> datetime | None:
        newest = sa.select(inbox.c.received_at).order_by(inbox.c.id.desc()).limit(1)
        async with self._database.read() as connection:
            return await connection.scalar(newest)

    async def _disk(self) -> Disk:
        folder = self._settings.data_dir
        total, free = await asyncio.to_thread(_room, folder)
        recordings = await asyncio.to_thread(_size, folder / "recordings", "*")
        if self._database.on_sqlite:
            file = Path(str(self._database.url.database))
            database = await asyncio.to_thread(_size, file.parent, f"{file.name}*")
        else:
            async with self._database.read() as connection:
                size = sa.text("SELECT pg_database_size(current_database())")
                database = int(await connection.scalar(size) or 0)
        return Disk(str(folder), total, free, database, recordings)

    async def _versions(self) -> dict[str, str]:
        versions = {"vestnik": __version__, "python": platform.python_version()}
        async with self._database.read() as connection:
            if self._database.on_sqlite:
                versions["sqlite"] = sqlite3.sqlite_version
            else:
                versions["postgresql"] = str(await connection.scalar(sa.text("SHOW server_version")))
            schema = await connection.run_sync(_schema)
        return versions | {"schema": schema, "kernel": platform.release()}


def _schema(connection: sa.Connection) -> str:
    """The revision of the schema; a dash where no migration was ever made."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return "—"
    return ", ".join(connection.scalars(sa.text("SELECT version_num FROM alembic_version"))) or "—"


def _room(folder: Path) -> tuple[int, int]:
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return usage.total, usage.free


def _size(folder: Path, pattern: str) -> int:
    """What files take; one may go while they are looked at."""
    size = 0
    for path in folder.glob(pattern):
        try:
            size += path.stat().st_size
        except FileNotFoundError:
            continue
    return size
