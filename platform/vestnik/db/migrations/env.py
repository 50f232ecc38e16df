"""Alembic's entry: migrates with the engine that the product itself writes with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

import vestnik.tables  # noqa: F401  (registers every room's tables in the metadata)
from vestnik.db.database import write_engine
from vestnik.db.statements import metadata


def run() -> None:
    engine = write_engine(sa.make_url(context.config.attributes["url"]))
    with engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=metadata, render_as_batch=engine.dialect.name == "sqlite"
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
