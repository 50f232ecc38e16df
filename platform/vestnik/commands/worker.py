"""`vestnik worker`: durable work and webhooks without HTTP, beside servers on the same PostgreSQL."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from collections.abc import Sequence

import uvloop

from vestnik import __version__, logs, telemetry
from vestnik.app import Services, build_services, running
from vestnik.commands import lock
from vestnik.commands.failures import CommandFailed
from vestnik.commands.listening import settings_from_environment
from vestnik.commands.starting import clear_failures, require_ready
from vestnik.people.tokens import new_token
from vestnik.progress import say


def main(arguments: Sequence[str]) -> int:
    """Work until SIGTERM or SIGINT."""
    argparse.ArgumentParser(prog="vestnik worker", description=__doc__).parse_args(arguments)
    settings = settings_from_environment()
    if settings.on_sqlite:
        raise CommandFailed(
            "on SQLite one process does everything: run “vestnik up”. Workers need PostgreSQL "
            "(VESTNIK_DATABASE_URL)."
        )
    logs.configure()
    telemetry.begin()
    note = lock.Running(pid=os.getpid(), address="no HTTP", key=new_token())
    with lock.held(settings, note), clear_failures():
        require_ready(settings)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_work(build_services(settings)))
    say("The worker has stopped.")
    return 0


async def _work(services: Services) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with running(services):
        say(f"Vestnik {__version__}: the worker is ready.")
        await stopping.wait()
