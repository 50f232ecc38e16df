"""`vestnik db migrate|check|copy`: the database's schema, and the way from one database to another."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import sqlalchemy as sa

from vestnik.commands import lock
from vestnik.commands.failures import CommandFailed
from vestnik.commands.listening import settings_from_environment
from vestnik.commands.migrating import bring_up_to_date
from vestnik.commands.places import clear_transfers, note_of, place_at, place_of
from vestnik.commands.starting import clear_failures
from vestnik.db.migrate import SchemaTooNew, schema_of
from vestnik.db.transfer.moving import Place, move, nobody_works_on, reading, table_of
from vestnik.progress import say, step
from vestnik.settings import Settings
from vestnik.vault import key_place


def main(arguments: Sequence[str]) -> int:
    """Migrate, answer with status 1 when a migration is due, or copy an installation."""
    parser = argparse.ArgumentParser(prog="vestnik db", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("migrate", help="bring the schema up to date")
    actions.add_parser("check", help="status 1 when a migration is due")
    copy = actions.add_parser("copy", help="bring an installation into another, empty database")
    copy.add_argument("--from", dest="source", metavar="URL", help="default: the database of the settings")
    copy.add_argument("--to", dest="target", metavar="URL", required=True, help="an empty database")
    given = parser.parse_args(arguments)
    settings = settings_from_environment()
    try:
        if given.action == "copy":
            return _copy(settings, given.source, given.target)
        return _schema(settings, given.action)
    except sa.exc.OperationalError as error:
        raise CommandFailed(f"the database does not answer: {error.orig}") from None


def _schema(settings: Settings, action: str) -> int:
    if action == "check":
        return _check(settings.database_url)
    running = lock.running(settings)
    # On PostgreSQL servers go on while it is migrated, as long as they survive it.
    if running is not None and settings.on_sqlite:
        raise lock.AlreadyRunning(settings.data_dir, running)
    with clear_failures():
        bring_up_to_date(settings)
    return 0


def _check(url: str) -> int:
    match schema_of(url):
        case "missing" | "older":
            say("A migration is due: run “vestnik db migrate”.")
            return 1
        case "too_new":
            raise CommandFailed(str(SchemaTooNew(url)))
        case "newer":
            say("A later release has migrated the database; this one may work on it.")
        case "current":
            say("The database is up to date.")
    return 0


def _copy(settings: Settings, source_url: str | None, target_url: str) -> int:
    source = place_of(settings) if source_url is None else place_at(source_url, settings)
    target = place_at(target_url, settings)
    if source.url == target.url:
        raise CommandFailed("the copy would go where it comes from: --from and --to are the same.")
    if schema_of(source.text) == "missing":
        raise CommandFailed(f"there is no installation in {source.name}.")
    with clear_transfers(), _stopped(source, settings):
        if schema_of(source.text) in ("newer", "too_new"):
            raise CommandFailed(f"a later release has migrated {source.name}: copy with that one.")
        if schema_of(source.text) == "older":
            raise CommandFailed(
                f"the schema of {source.name} is not up to date: run “vestnik db migrate” there first."
            )
        nobody_works_on(source)
        with reading(source) as rows, step(f"Copying {source.name} to {target.name}"):
            arrived = move(rows, target, lambda _: None, say)
    print(table_of(arrived.tables))
    say(
        "Everything is there and equal; what the engine remembers was left behind. Set "
        f"VESTNIK_DATABASE_URL to the new database and start with the same key ({key_place(settings)})."
    )
    return 0


def _stopped(source: Place, settings: Settings) -> AbstractContextManager[None]:
    """Have no server run, and none start, on the data folder of what is copied."""
    folder = source.recordings.parent if source.recordings is not None else settings.data_dir
    return lock.held(replace(settings, data_dir=folder), note_of("vestnik db copy"))
