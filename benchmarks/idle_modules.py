"""What a hundred enabled modules cost while nobody calls them: memory of all processes."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import installation as site
from benchmarks.load import drive, request
from vestnik.app import answering, build_services
from vestnik.db.migrate import migrate
from vestnik.people.access import SYSTEM
from vestnik.settings import Settings

MODULES = 100
SETTLE_S = 3.0
#: The text of the bundled module, so that each is as large as modules are.
SOURCE = site.ROOT / "user_modules" / "unisender" / "module.py"
#: A body that the module answers by itself: its signature is wrong.
BODY = b'{"auth": "00000000000000000000000000000000", "events_by_user": []}'


def run() -> dict[str, Any]:
    """Megabytes (proportional set size) before and after a call of each, and milliseconds of that call."""
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(Settings.from_environment({}), data_dir=Path(folder))
        settings = replace(settings, database_url=f"sqlite:///{Path(folder) / 'vestnik.db'}")
        migrate(settings.database_url)
        paths = asyncio.run(_install(settings))
        port = site.free_port()
        command = [sys.executable, "-m", "vestnik", "serve"]
        with site.serving(command, settings, port) as process:
            before = site.memory_mb(process.pid)
            first = [asyncio.run(_first_call_ms(port, path)) for path in paths]
            time.sleep(SETTLE_S)
            after = site.memory_mb(process.pid)
    return {
        "modules": MODULES,
        "before_any_call_mb": before,
        "after_a_call_of_each_mb": after,
        "first_webhook_p50_ms": round(median(first), 1),
        "first_webhook_worst_ms": round(max(first), 1),
    }


async def _install(settings: Settings) -> list[str]:
    """Modules of their own names, each with an account; the paths of their webhook addresses."""
    services = build_services(settings)
    source = SOURCE.read_text().encode()
    async with answering(services), contextlib.AsyncExitStack() as stack:
        await services.sandbox.start()
        stack.push_async_callback(services.sandbox.stop)
        await stack.enter_async_context(services.modules.running())
        modules, paths = services.modules, []
        for number in range(MODULES):
            module_id, _ = await modules.library.upload(SYSTEM, f"module_{number}.py", source)
            await modules.library.enable(SYSTEM, module_id, True)
            account_id = await modules.accounts.create(SYSTEM, module_id, "Idle", {})
            url = await modules.accounts.webhook_url(account_id)
            paths.append(url[url.index("/hooks/") :])
    return paths


async def _first_call_ms(port: int, path: str) -> float:
    load = await drive(port, iter([request(path, BODY)]), connections=1, seconds=30)
    return load.percentile_ms(0.5)
