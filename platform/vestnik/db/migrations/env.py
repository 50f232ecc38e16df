"""Alembic's entry: migrates with the engine that the product itself writes with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

import vestnik.tables  # noqa: F401  (registers every room's tables in the metadata)
from vestnik.db.compatibility import note
from vestnik.db.database import write_engine
from vestnik.db.statements import metadata


def run() -> None:
    given: sa.Connection | None = context.config.attributes.get("connection")
    if given is not None:  # in the transaction of whoever has more to do in it
        run_on(given)
        return
    engine = write_engine(sa.make_url(context.config.attributes["url"]))
    with engine.connect() as connection:
        run_on(connection)
    engine.dispose()


def run_on(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        on_version_apply=note,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
