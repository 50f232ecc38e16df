"""The schema's versions, by Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from vestnik.db.database import write_engine

#: `other`: older than this program, or newer.
Schema = Literal["missing", "other", "current"]

_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema; safe to call at every start."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(configuration(url), "head")


def is_current(url: str) -> bool:
    """True when the database at `url` has the newest schema."""
    return schema_of(url) == "current"


def schema_of(url: str) -> Schema:
    """What the database at `url` has; `missing` where there is no database, or nothing in it."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        return "missing"  # looking must not create the file
    newest = ScriptDirectory.from_config(configuration(url)).get_heads()
    engine = write_engine(parsed)
    try:
        with engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_heads()
    finally:
        engine.dispose()
    if not found:
        return "missing"
    return "current" if set(found) == set(newest) else "other"


def configuration(url: str) -> Config:
    """Alembic's configuration for the database at `url`, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["url"] = url
    return config


def due(url: str) -> bool:
    """True when a migration of this program has not been made; one of a newer program is no matter here."""
    script = ScriptDirectory.from_config(configuration(url))
    engine = write_engine(sa.make_url(url))
    try:
        with engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_heads()
    finally:
        engine.dispose()
    known = {revision.revision for revision in script.walk_revisions()}
    return bool(found) and set(found) <= known and set(found) != set(script.get_heads())
