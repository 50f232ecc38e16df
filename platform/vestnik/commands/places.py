"""Where an installation's data lies, for commands that move all of it; and how such a move fails."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa

import vestnik.tables  # noqa: F401  (a move asks which tables are ours)
from vestnik.commands.failures import CommandFailed
from vestnik.commands.lock import Running
from vestnik.db.transfer.moving import Place
from vestnik.db.transfer.rows import TransferFailed
from vestnik.settings import Settings

_RECORDINGS = "recordings"
_BACKENDS = ("sqlite", "postgresql")


def place_of(settings: Settings) -> Place:
    """The database of the settings, with the recordings in the data folder."""
    url = sa.make_url(settings.database_url)
    on_sqlite = url.get_backend_name() == "sqlite"
    return Place(url, settings.data_dir / _RECORDINGS if on_sqlite else None)


def place_at(text: str, settings: Settings) -> Place:
    """The database at a URL that a person gave; recordings lie beside an SQLite file."""
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError:
        raise CommandFailed("a database is written as sqlite:///… or postgresql://…") from None
    if url.get_backend_name() not in _BACKENDS or not url.database:
        raise CommandFailed("a database is written as sqlite:///… or postgresql://…")
    if text == settings.database_url:
        return place_of(settings)
    on_sqlite = url.get_backend_name() == "sqlite"
    return Place(url, Path(str(url.database)).absolute().parent / _RECORDINGS if on_sqlite else None)


def note_of(command: str) -> Running:
    """What the lock of a data folder says while a command works there."""
    return Running(pid=os.getpid(), address=f"“{command}”", key="")


@contextmanager
def clear_transfers() -> Iterator[None]:
    """Turn what ends a move into one sentence."""
    try:
        yield
    except TransferFailed as error:
        raise CommandFailed(str(error)) from None
    except (sa.exc.OperationalError, psycopg.OperationalError) as error:
        cause = error.orig if isinstance(error, sa.exc.OperationalError) else error
        raise CommandFailed(f"the database does not answer: {cause}. Nothing was changed.") from None
    except OSError as error:
        raise CommandFailed(
            f"{error.filename or 'the disk'}: {error.strerror}. Nothing was changed."
        ) from None
