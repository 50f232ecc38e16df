"""`vestnik backup`: everything of an installation as one file, made while the server runs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from vestnik.commands.failures import CommandFailed
from vestnik.commands.listening import settings_from_environment
from vestnik.commands.places import clear_transfers, place_of
from vestnik.db.transfer.backup import back_up
from vestnik.progress import say, step
from vestnik.settings import Settings
from vestnik.vault import VaultError, key_of


def main(arguments: Sequence[str]) -> int:
    """Make a backup."""
    parser = argparse.ArgumentParser(prog="vestnik backup", description=__doc__)
    parser.add_argument("to", metavar="TO", type=Path, help="the file to make; it must not be there")
    parser.add_argument("--with-key", action="store_true", help="put the installation's key into it, too")
    parser.add_argument("--without-recordings", action="store_true", help="leave recorded calls out")
    given = parser.parse_args(arguments)
    settings = settings_from_environment()
    to: Path = given.to.absolute()
    if to.exists():
        raise CommandFailed(f"{to} is there already: choose another name.")
    if not to.parent.is_dir():
        raise CommandFailed(f"there is no folder {to.parent}.")
    key = _key(settings) if given.with_key else None
    place = place_of(settings)
    with clear_transfers(), step(f"Backing up {place.name}"):
        moved, size = back_up(place, to, say, key=key, recordings=not given.without_recordings)
    rows = sum(each.rows for each in moved)
    say(f"{to}: {rows:,} rows of {len(moved)} tables, {size:,} bytes.")
    if key is None:
        say("The key is not in it: keep secret.key (or VESTNIK_SECRET_KEY) in another place.")
    else:
        say("The key is in it: whoever has this file has everything. Keep it as you keep a key.")
    return 0


def _key(settings: Settings) -> bytes:
    try:
        return key_of(settings)
    except VaultError as error:
        raise CommandFailed(str(error)) from None
