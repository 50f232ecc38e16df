"""Tables of the webhook inbox, its attempts, the dedup keys, waiting actions and recipients' events."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Exact, Instant, Key, metadata, monthly_table

#: One request of a provider, exactly as it came. `next_attempt_at` is set while there is work to do.
inbox = monthly_table(
    "inbox",
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("account_id", Key, nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("headers", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", Instant),
    sa.Column("version_id", Key),
    sa.Column("actions", sa.Text),
    sa.Column("effects", sa.Text),
    sa.Column("response", sa.Text),
    sa.Column("response_sent", sa.Boolean),
    sa.Column("answered", sa.Integer),
    by="received_at",
)
sa.Index(
    "ix_inbox_due",
    inbox.c.next_attempt_at,
    sqlite_where=inbox.c.next_attempt_at.is_not(None),
    postgresql_where=inbox.c.next_attempt_at.is_not(None),
)
sa.Index("ix_inbox_account", inbox.c.account_id, inbox.c.id)

#: What went wrong at one attempt to parse or apply a webhook; successes leave their trace in the inbox row.
attempt = sa.Table(
    "webhook_attempt",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("inbox_id", Key, nullable=False, index=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("version_id", Key),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("log", sa.Text, nullable=False),
    sa.Column("wall_ms", sa.Float),
)

#: What was applied once must not be applied again: kept longer than any provider repeats.
applied = sa.Table(
    "webhook_applied",
    metadata,
    sa.Column("account_id", Key, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

#: An action whose campaign or recipient is not here yet; applied in the transaction that brings it.
waiting = sa.Table(
    "webhook_waiting",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("account_id", Key, nullable=False),
    sa.Column("external_id", sa.Text),
    sa.Column("message_external_id", sa.Text),
    sa.Column("address", sa.Text),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("inbox_id", Key, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)
sa.Index("ix_webhook_waiting_match", waiting.c.account_id, waiting.c.external_id)
sa.Index(
    "ix_webhook_waiting_message",
    waiting.c.account_id,
    waiting.c.message_external_id,
    sqlite_where=waiting.c.message_external_id.is_not(None),
    postgresql_where=waiting.c.message_external_id.is_not(None),
)

#: What happened to a recipient, for timelines and for charts over time.
event = monthly_table(
    "event",
    sa.Column("at", Instant, nullable=False),
    sa.Column("account_id", Key, nullable=False),
    sa.Column("campaign_id", Key),
    sa.Column("address_id", Key),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("detail", sa.Text),
    sa.Column("inbox_id", Key),
    # Heard by asking the service, not by its webhook.
    sa.Column("polled", sa.Boolean, nullable=False, server_default=sa.false()),
    by="at",
)
sa.Index("ix_event_campaign", event.c.campaign_id, event.c.at)
sa.Index("ix_event_address", event.c.address_id, event.c.at)

#: Up to which event something that reads them by and by has read.
event_reader = sa.Table(
    "event_reader",
    metadata,
    sa.Column("name", Exact, primary_key=True),
    sa.Column("done_to", Key, nullable=False),
)
