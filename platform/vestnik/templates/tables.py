"""Templates, the cache of their HTML, and the imports that brought them."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Exact, Instant, Json, Key, metadata

template_import = sa.Table(
    "template_import",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("account_id", Key, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    # Where the next page begins: moved in the transaction that stores a page.
    sa.Column("offset", sa.Integer, nullable=False),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("imported", sa.Integer, nullable=False),
    sa.Column("archived", sa.Integer, nullable=False),
    # Why it stopped: {"code", "ru", "en"}.
    sa.Column("reason", Json),
    sa.Column("started_by", Key),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("finished_at", Instant),
    sa.CheckConstraint("state IN ('running', 'done', 'stopped')", name="state"),
    # One import of an account at a time.
    sa.Index(
        "uq_template_import_running",
        "account_id",
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    ),
)

template = sa.Table(
    "template",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("account_id", Key, nullable=False),
    sa.Column("external_id", Exact, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_folded", Exact, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("subject_folded", Exact, nullable=False, server_default=""),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("language", sa.Text),
    sa.Column("screenshot_url", sa.Text),
    # Where a person edits it at the service.
    sa.Column("editor_url", sa.Text),
    # When the service says that it was made and changed.
    sa.Column("service_created_at", Instant),
    sa.Column("service_updated_at", Instant),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("import_id", Key, sa.ForeignKey("template_import.id"), nullable=False),
    # Gone at the service; campaigns still refer to it.
    sa.Column("archived_at", Instant),
    sa.UniqueConstraint("account_id", "external_id"),
    sa.Index(None, "account_id", "name_folded"),
)

template_html = sa.Table(
    "template_html",
    metadata,
    sa.Column("template_id", Key, sa.ForeignKey("template.id"), primary_key=True),
    sa.Column("html", sa.Text, nullable=False),
    sa.Column("fetched_at", Instant, nullable=False),
    # What the service said of the template's last change when this was fetched.
    sa.Column("service_updated_at", Instant),
)
