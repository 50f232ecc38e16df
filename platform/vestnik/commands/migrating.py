"""Migrating a database that others may work on: an older release survives what expands, and no more."""

from __future__ import annotations

import time

import sqlalchemy as sa

from vestnik.commands.failures import CommandFailed
from vestnik.db.database import write_engine
from vestnik.db.migrate import contracting, migrate, schema_of
from vestnik.engine.engine import executor_id
from vestnik.engine.tables import executor
from vestnik.engine.takeover import DEAD_AFTER, living
from vestnik.progress import say, step
from vestnik.settings import Settings

_PAUSE_S = 0.5


def bring_up_to_date(settings: Settings) -> None:
    """Migrate; CommandFailed while processes run that would not survive it, and nothing is changed then."""
    if schema_of(settings.database_url) == "newer":
        say("A later release has migrated the database, and this one may work on it: nothing to do.")
        return
    breaking = "" if settings.on_sqlite else ", ".join(_breaking(settings))
    with step(f"Migrating the database ({named(settings)})"):
        if breaking:
            _alone(settings, breaking)
        migrate(settings.database_url)


def named(settings: Settings) -> str:
    """The database's name for a person; never with its password."""
    return sa.make_url(settings.database_url).render_as_string(hide_password=True)


def _breaking(settings: Settings) -> list[str]:
    return contracting(settings.database_url) if schema_of(settings.database_url) == "older" else []


def _alone(settings: Settings, breaking: str) -> None:
    """Wait until processes that ended a moment ago count as gone."""
    deadline = time.monotonic() + 2 * DEAD_AFTER.total_seconds()
    while others := _others(settings):
        if time.monotonic() > deadline:
            raise CommandFailed(
                f"the older release would not survive what is to be migrated ({breaking}), and these "
                f"processes still run: {', '.join(others)}. Stop them, migrate, and start the new release."
            )
        time.sleep(_PAUSE_S)


def _others(settings: Settings) -> list[str]:
    engine = write_engine(sa.make_url(settings.database_url))
    try:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table(executor.name):
                return []
            return sorted(living(connection) - {executor_id(settings)})
    finally:
        engine.dispose()
