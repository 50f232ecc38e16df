"""`vestnik db migrate|check`: the database's schema."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import sqlalchemy as sa

from vestnik.commands import lock
from vestnik.commands.failures import CommandFailed
from vestnik.commands.listening import settings_from_environment
from vestnik.db.migrate import is_current, migrate
from vestnik.progress import say, step


def main(arguments: Sequence[str]) -> int:
    """Migrate, or answer with status 1 when a migration is due."""
    parser = argparse.ArgumentParser(prog="vestnik db", description=__doc__)
    parser.add_argument("action", choices=["migrate", "check"])
    action = parser.parse_args(arguments).action
    settings = settings_from_environment()
    running = lock.running(settings)
    try:
        if action == "check":
            current = is_current(settings.database_url)
            say("The database is up to date." if current else "A migration is due: run “vestnik db migrate”.")
            return 0 if current else 1
        if running is not None:
            raise lock.AlreadyRunning(settings.data_dir, running)
        with step("Migrating the database"):
            migrate(settings.database_url)
    except sa.exc.OperationalError as error:
        raise CommandFailed(f"the database does not answer: {error.orig}") from None
    return 0
