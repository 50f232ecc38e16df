"""Doors of the HTTP service: each is an address with a token, for one site or form."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.calendars.tables import calendar
from vestnik.db import Exact, Instant, Json, Key, metadata
from vestnik.intake.leads.tables import channel
from vestnik.people.tables import user

intake_door = sa.Table(
    "intake_door",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("token_digest", sa.String(length=64), nullable=False, unique=True),
    sa.Column("token_sealed", sa.LargeBinary, nullable=False),
    sa.Column("calendar_id", Key, sa.ForeignKey(calendar.c.id)),
    sa.Column("responsible_id", Key, sa.ForeignKey(user.c.id)),
    sa.Column("channel_id", Key, sa.ForeignKey(channel.c.id)),
    # Origins whose pages may post, and where a form may lead people back to.
    sa.Column("sites", Json, nullable=False),
    # With it every request is to be signed.
    sa.Column("secret_sealed", sa.LargeBinary),
    # The sender's names, by what we call it.
    sa.Column("mapping", Json, nullable=False),
    # A field that people don't see: whatever fills it in is a machine.
    sa.Column("trap", Exact, nullable=False),
    sa.Column("per_minute", sa.Integer, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("created_by", Key),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("archived_at", Instant),
)
