"""The client: company, client and counterparty are one thing here."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Exact, Instant, Key, metadata
from vestnik.db.search import searchable

client = sa.Table(
    "client",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_folded", Exact, nullable=False),
    # Made of an INN alone: somebody is to write what the counterparty is called.
    sa.Column("name_pending", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("inn", Exact),
    sa.Column("kpp", Exact),
    sa.Column("responsible_id", Key),
    sa.Column("external_id", Exact, unique=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.CheckConstraint("kind IN ('company', 'person')", name="kind"),
    sa.Index(None, "name_folded"),
    sa.Index(None, "inn"),
)

searchable(client.c.name_folded)

#: A client's own addresses, by which leads find it; several clients may have the same.
client_address = sa.Table(
    "client_address",
    metadata,
    sa.Column("client_id", Key, sa.ForeignKey("client.id"), primary_key=True),
    sa.Column("kind", sa.String(length=8), primary_key=True),
    sa.Column("normalised", Exact, primary_key=True),
    # As somebody wrote it.
    sa.Column("shown", sa.Text, nullable=False),
    sa.CheckConstraint("kind IN ('email', 'phone')", name="kind"),
    sa.Index(None, "kind", "normalised"),
    sqlite_with_rowid=False,
)
