"""The client: company, client and counterparty are one thing here."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Exact, Instant, Json, Key, metadata
from vestnik.db.search import searchable

client = sa.Table(
    "client",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_folded", Exact, nullable=False),
    sa.Column("inn", Exact),
    sa.Column("kpp", Exact),
    sa.Column("phones", Json, nullable=False),
    sa.Column("responsible_id", Key),
    sa.Column("external_id", Exact, unique=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.CheckConstraint("kind IN ('company', 'person')", name="kind"),
    sa.Index(None, "name_folded"),
    sa.Index(None, "inn"),
)

searchable(client.c.name_folded)
