"""`vestnik restore`: an installation from a backup, checked byte by byte first."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from vestnik.campaigns.restored import Held, hold_restored
from vestnik.commands import lock
from vestnik.commands.failures import CommandFailed
from vestnik.commands.listening import settings_from_environment
from vestnik.commands.places import clear_transfers, note_of, place_of
from vestnik.db.transfer.archive import KEY, ArchiveSource
from vestnik.db.transfer.moving import NotEmpty, holds_something, move, nobody_works_on, table_of, throw_away
from vestnik.engine.engine import ENGINE_FILE
from vestnik.installation import belongs_to
from vestnik.progress import say, step
from vestnik.settings import Settings
from vestnik.vault import KEY_FILE, VaultError, key_is_there, key_of, key_place

_WORD = "replace"
#: What the data folder remembers of the audit: rows that came after the backup, which are gone now.
AUDIT_HEAD = "audit.head"


def main(arguments: Sequence[str]) -> int:
    """Restore a backup into the database of the settings."""
    parser = argparse.ArgumentParser(prog="vestnik restore", description=__doc__)
    parser.add_argument("source", metavar="FROM", type=Path, help="a file that “vestnik backup” made")
    parser.add_argument("--check", action="store_true", help="only check the file")
    parser.add_argument("--replace", action="store_true", help="in place of what is there; asks first")
    given = parser.parse_args(arguments)
    settings = settings_from_environment()
    with clear_transfers():
        with step(f"Checking {given.source}"):
            source = ArchiveSource(given.source.absolute())
        told = source.manifest
        say(f"Made {told.made_at} by Vestnik {told.version} on {told.database}, schema {told.revision}.")
        if given.check:
            say("Every byte is as it was written.")
            return 0
        return _restore(settings, source, replace=given.replace)


def _restore(settings: Settings, source: ArchiveSource, *, replace: bool) -> int:
    place = place_of(settings)
    with lock.held(settings, note_of("vestnik restore")):
        nobody_works_on(place)
        if holds_something(place):
            if not replace:
                raise NotEmpty(
                    f"{place.name} is not empty. Restore into a new folder or database, or put the backup "
                    "in its place with --replace."
                )
            _ask(place.name)
        key = _key_to_put_back(settings, source, replace)
        with step(f"Restoring {place.name}"):
            arrived = move(source, place, hold_restored, say, replace=replace)
        if settings.on_sqlite:  # what the engine remembers is of other rows
            throw_away(settings.data_dir / ENGINE_FILE, settings.data_dir / "syncs")
        _set_aside(settings.data_dir / AUDIT_HEAD)
        if key is not None:
            _write_key(settings.data_dir / KEY_FILE, key)
    print(table_of(arrived.tables))
    _tell(settings, arrived.after)
    return 0


def _ask(name: str) -> None:
    say(f"Everything in {name} will be gone. Type “{_WORD}” to go on:")
    with suppress(EOFError):
        if input().strip() == _WORD:
            return
    raise CommandFailed("nothing was changed.")


def _key_to_put_back(settings: Settings, source: ArchiveSource, replace: bool) -> bytes | None:
    """The backup's key, where it has one and it is not here already."""
    if not source.has_key:
        return None
    key = source.content(KEY)
    if not key_is_there(settings):
        return key
    if key_of(settings) == key:
        return None
    if settings.secret_key is not None or not replace:
        raise CommandFailed(
            f"{key_place(settings)} is another key than the backup's. Take it away, or keep it safe and "
            "restore into a new data folder."
        )
    return key


def _write_key(path: Path, key: bytes) -> None:
    """Put a key in its place; another one is kept beside it: nothing else opens what it sealed."""
    _set_aside(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())


def _set_aside(path: Path) -> None:
    if path.exists():
        path.rename(path.with_name(f"{path.name}.before-restore"))


def _tell(settings: Settings, held: Held) -> None:
    for what, names in (
        ("Paused, for they may have gone out since", held.paused),
        ("To be looked for at the service", held.unclear),
        ("Repeats that rest", held.repeats),
    ):
        if names:
            say(f"{what}: {', '.join(f'“{name}”' for name in names)}.")
    try:
        if not belongs_to(settings):
            say(f"Put the installation's key back before you start: {key_place(settings)} is not there.")
            return
    except VaultError as error:
        say(f"Before you start: {error}")
        return
    say("Everything is there and equal. Start with “vestnik up”.")
