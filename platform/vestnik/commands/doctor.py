"""`vestnik doctor [--json]`: what stands, what does not, and what to do about it."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from vestnik import __version__
from vestnik.commands import lock
from vestnik.commands.listening import settings_from_environment, warnings
from vestnik.db.migrate import schema_of
from vestnik.sandbox import Sandbox, SandboxOptions, SandboxUnavailable
from vestnik.settings import Settings

LEAST_FREE_BYTES = 1 << 30
_PACKAGES = ("starlette", "uvicorn", "sqlalchemy", "dbos", "httpx", "restrictedpython", "cryptography")

_ADVICE = {
    "modules": "Modules will not run here until the walls that fail stand (docs/sandbox.md).",
    "database": "Check VESTNIK_DATABASE_URL and that the server answers.",
    "schema": "Run “vestnik db migrate”, or “vestnik up”, which does it too.",
    "too_new": "A later release migrated the database, and this one can't work on it: start that release.",
    "data": "The data folder must be its user's own: mode 700, and secret.key mode 600.",
    "disk": "Less than 1 GiB is free: make room before the database can't grow.",
}

_TO_COME = ": there is none yet; it will be created by “vestnik up”"


def main(arguments: Sequence[str]) -> int:
    """Check everything; status 0 when Vestnik can work here."""
    parser = argparse.ArgumentParser(prog="vestnik doctor", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    report = asyncio.run(examine(settings_from_environment()))
    if given.json:
        print(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        print("\n".join(_lines(report)))
    return 0 if all(report["ok"].values()) else 1


async def examine(settings: Settings) -> dict[str, Any]:
    """The whole report: `walls` as they stand, and `ok` with one verdict for each thing that matters."""
    modules = await _modules(settings)
    database = await asyncio.to_thread(_database, settings)
    data = _data(settings.data_dir)
    running = lock.running(settings)
    return {
        "walls": modules["walls"],
        "ok": {
            "modules": modules["ok"],
            "database": database["reachable"],
            "schema": database["schema"] in ("current", "missing", "newer"),
            "data": data["private"],
            "disk": data["free_bytes"] >= LEAST_FREE_BYTES,
        },
        "reasons": modules["reasons"],
        "warnings": warnings(settings),
        "database": database,
        "data": data,
        "server": None if running is None else {"pid": running.pid, "address": running.address},
        "versions": _versions(),
    }


async def _modules(settings: Settings) -> dict[str, Any]:
    sandbox = Sandbox(SandboxOptions(strict=settings.sandbox == "strict", workers=1, blanks=0))
    try:
        await sandbox.start()
    except SandboxUnavailable as unavailable:
        reasons = {**sandbox.reasons, "modules": str(unavailable)}
        return {"ok": False, "walls": sandbox.walls, "reasons": reasons}
    await sandbox.stop()
    return {"ok": True, "walls": sandbox.walls, "reasons": sandbox.reasons}


def _database(settings: Settings) -> dict[str, Any]:
    shown = sa.make_url(settings.database_url).render_as_string(hide_password=True)
    try:
        schema = schema_of(settings.database_url)
    except sa.exc.SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error)
        return {"url": shown, "reachable": False, "schema": None, "reason": reason}
    return {"url": shown, "reachable": True, "schema": schema, "reason": None}


def _data(folder: Path) -> dict[str, Any]:
    place = folder
    while not place.exists():
        place = place.parent
    files = [path for path in (folder, folder / "secret.key", folder / "server.lock") if path.exists()]
    private = all(path.stat().st_mode & 0o077 == 0 and path.stat().st_uid == os.getuid() for path in files)
    writable = os.access(place, os.W_OK)
    return {
        "path": str(folder),
        "private": private and writable,
        "free_bytes": shutil.disk_usage(place).free,
    }


def _versions() -> dict[str, str]:
    found = {"vestnik": __version__, "python": platform.python_version(), "kernel": platform.release()}
    found["sqlite"] = sqlite3.sqlite_version
    return found | {name: metadata.version(name) for name in _PACKAGES}


def _lines(report: Mapping[str, Any]) -> list[str]:
    marks = {True: "ok  ", False: "FAIL"} if not sys.stdout.isatty() else {True: "✓", False: "✗"}
    lines = ["Walls of the sandbox"]
    for wall, stands in report["walls"].items():
        reason = report["reasons"].get(wall)
        lines.append(f"  {marks[stands]} {wall}" + (f": {reason}" if reason and not stands else ""))
    lines.append("Installation")
    database = report["database"]
    for name, well in report["ok"].items():
        if not well:
            too_new = name == "schema" and database["schema"] == "too_new"
            said = f": {_ADVICE['too_new' if too_new else name]}"
        else:
            said = _TO_COME if name == "schema" and database["schema"] == "missing" else ""
        lines.append(f"  {marks[well]} {name}{said}")
    data, server = report["data"], report["server"]
    lines.append(f"  database {database['url']}" + (f": {database['reason']}" if database["reason"] else ""))
    lines.append(f"  data folder {data['path']}, {data['free_bytes'] / (1 << 30):.1f} GiB free")
    lines.append(f"  server {'not running' if server is None else server['address']}")
    lines += [f"  warning: {warning}" for warning in report["warnings"]]
    lines.append("Versions")
    lines.append("  " + ", ".join(f"{name} {version}" for name, version in report["versions"].items()))
    return lines
