"""The checks of `/readyz` and of the page System: a code, what is wrong, and what to do."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from vestnik.db import Database
from vestnik.db.migrate import Schema, schema_of
from vestnik.engine import Engine
from vestnik.http.errors import Text
from vestnik.http.machines import WELL, Check, Verdict
from vestnik.sandbox import Sandbox

#: Less room than this is told of; with less than the second nothing can be stored soon.
DISK_LOW_BYTES = 1 << 30
DISK_FULL_BYTES = 16 << 20
#: So many units of work that wait for the writer are told of.
WRITER_BEHIND = 2_000
#: The schema is looked at this often: that opens a connection of its own.
SCHEMA_EVERY_S = 60.0

_ADVICE: Mapping[str, Text] = {
    "unreadable": {
        "ru": "База данных не отвечает. Проверьте, что её сервер работает и VESTNIK_DATABASE_URL верен.",
        "en": "The database does not answer. See that its server runs and VESTNIK_DATABASE_URL is right.",
    },
    "unwritable": {
        "ru": "База данных не принимает записи. Чаще всего кончилось место или она только для чтения.",
        "en": "The database takes no writes. Mostly the disk is full, or the database is read-only.",
    },
    "writer_behind": {
        "ru": "Записи ждут очереди дольше обычного. Обычно это крупный импорт; иначе диск слишком медленный.",
        "en": "Writes wait longer than usual. Mostly that is a large import; else the disk is too slow.",
    },
    "engine_stopped": {
        "ru": "Фоновая работа в этом процессе не идёт: рассылки и синхронизации ведут другие "
        "процессы, если они есть. Перезапустите Вестник.",
        "en": "Durable work does not run in this process: others drive campaigns and syncs, if there "
        "are any. Restart Vestnik.",
    },
    "walls_missing": {
        "ru": "Модули не запускаются: нет обязательной преграды. Запустите «vestnik doctor» на этом сервере.",
        "en": "No module runs: a mandatory wall is missing. Run “vestnik doctor” on this server.",
    },
    "disk_low": {
        "ru": "На диске папки данных свободно меньше 1 ГиБ. Освободите место, пока база может расти.",
        "en": "Less than 1 GiB is free on the data folder's disk. Make room while the database can grow.",
    },
    "disk_full": {
        "ru": "На диске папки данных почти нет места: новое скоро не сохранится. Освободите место.",
        "en": "The disk of the data folder is all but full: soon nothing new is stored. Make room.",
    },
    "migration_due": {
        "ru": "Схема базы данных старше этой версии Вестника. Выполните «vestnik db migrate».",
        "en": "The database's schema is older than this Vestnik. Run “vestnik db migrate”.",
    },
    "schema_too_new": {
        "ru": "Более новый Вестник изменил схему базы данных, и эта версия с ней не работает. Обновите её.",
        "en": "A later Vestnik changed the database's schema, and this one can't work with it. Update it.",
    },
}


class Health:
    """Every check by its name."""

    def __init__(self, database: Database, engine: Engine, sandbox: Sandbox, folder: Path) -> None:
        self._database, self._engine, self._sandbox, self._folder = database, engine, sandbox, folder
        self._schema: tuple[float, Schema] | None = None

    def checks(self) -> dict[str, Check]:
        """Each as a function that asks anew."""
        return {
            "database": self._reads,
            "writer": self._writes,
            "migration": self._is_migrated,
            "engine": self._works,
            "walls": self._stand,
            "disk": self._has_room,
        }

    async def _reads(self) -> Verdict:
        try:
            async with self._database.read() as connection:
                await connection.scalar(sa.select(1))
        except Exception:  # whatever the driver says, nothing can be read
            return _bad("unreadable")
        return WELL

    async def _writes(self) -> Verdict:
        if sum(self._database.queued().values()) > WRITER_BEHIND:
            return _bad("writer_behind", stops=False)
        try:
            await self._engine.executors.beat()  # by a row: a full disk or a standby still answers SELECT
        except Exception:  # whatever the driver says, nothing can be written
            return _bad("unwritable")
        return WELL

    async def _is_migrated(self) -> Verdict:
        if self._schema is None or time.monotonic() - self._schema[0] > SCHEMA_EVERY_S:
            url = self._database.url.render_as_string(hide_password=False)
            self._schema = (time.monotonic(), await asyncio.to_thread(schema_of, url))
        match self._schema[1]:
            case "older":
                return _bad("migration_due")
            case "too_new":
                return _bad("schema_too_new")
        return WELL

    async def _works(self) -> Verdict:
        return WELL if self._engine.started else _bad("engine_stopped", stops=False)

    async def _stand(self) -> Verdict:
        return WELL if self._sandbox.running else _bad("walls_missing", stops=False)

    async def _has_room(self) -> Verdict:
        free = await asyncio.to_thread(free_bytes, self._folder)
        if free < DISK_FULL_BYTES:
            return _bad("disk_full")
        return _bad("disk_low", stops=False) if free < DISK_LOW_BYTES else WELL


def free_bytes(folder: Path) -> int:
    """What is free where a folder is, or will be made."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _bad(code: str, *, stops: bool = True) -> Verdict:
    return Verdict(code, _ADVICE[code], stops)
