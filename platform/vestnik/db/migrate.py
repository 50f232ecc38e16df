"""The schema's versions, by Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from vestnik.db.compatibility import contracts, oldest_revision
from vestnik.db.database import write_engine

#: Beside this program: `older` lacks migrations; `newer` was migrated by a later release, and this one may
#: work on it; `too_new` is what it may not.
Schema = Literal["missing", "older", "current", "newer", "too_new"]

_MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaTooNew(Exception):
    """A later release changed the schema so that this program must not work on it."""

    def __init__(self, url: str) -> None:
        found, oldest = _revisions(url)
        super().__init__(
            f"a later release of Vestnik has migrated the database to schema {found}, which needs a program "
            f"of schema {oldest or found} or later, and this one is of {own_revision()}: start that release, "
            "or a later one."
        )


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema; safe to call at every start.

    One that a later release has migrated stays as it is; SchemaTooNew where this program can't work on it.
    """
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    match schema_of(url):
        case "missing" | "older":
            command.upgrade(configuration(url), "head")
        case "too_new":
            raise SchemaTooNew(url)


def is_current(url: str) -> bool:
    """True when the database at `url` has the schema of this program."""
    return schema_of(url) == "current"


def schema_of(url: str) -> Schema:
    """What the database at `url` has; `missing` where there is no database, or nothing in it."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        return "missing"  # looking must not create the file
    found, oldest = _revisions(url)
    return "missing" if found is None else _beside_ours(found, oldest)


def own_revision() -> str | None:
    """The revision of the schema that this program makes."""
    return _script().get_current_head()


def _revisions(url: str) -> tuple[str | None, str | None]:
    """The revision of the schema at `url`, and the one that a program must know to work on it."""
    engine = write_engine(sa.make_url(url))
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision(), oldest_revision(connection)
    finally:
        engine.dispose()


def _beside_ours(found: str, oldest: str | None) -> Schema:
    if found == own_revision():
        return "current"
    known = {revision.revision for revision in _script().walk_revisions()}
    if found in known:
        return "older"
    return "newer" if oldest in known else "too_new"


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(configuration("sqlite://"))


def contracting(url: str) -> list[str]:
    """The revisions that migrating the database at `url` would make, and older releases would not survive."""
    due = _script().iterate_revisions("head", _revisions(url)[0] or "base")
    return sorted(each.revision for each in due if contracts(each))


def configuration(url: str) -> Config:
    """Alembic's configuration for the database at `url`, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["url"] = url
    return config
