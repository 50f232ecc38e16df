"""Tables of list syncs: the sync, its runs, and the rows that a service refused."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Exact, Instant, Json, Key, metadata

#: `run` is our generation: every run that is begun, taken up by another process's sweep, or stopped
#: has its own, so that nothing that an earlier one still does can pass for the present one.
sync = sa.Table(
    "sync",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("account_id", Key, sa.ForeignKey("account.id"), nullable=False, index=True),
    sa.Column("source", sa.String(8), nullable=False),
    sa.Column("segment_id", Key, sa.ForeignKey("segment.id"), index=True),
    # None until the service has made the list that the sync is to have.
    sa.Column("list_external_id", Exact),
    sa.Column("list_title", sa.Text, nullable=False),
    sa.Column("mode", sa.String(8), nullable=False),
    sa.Column("category_id", Key),  # the consent that it needs
    sa.Column("every_minutes", sa.Integer),  # None: by hand
    sa.Column("guard_percent", sa.Integer, nullable=False),
    sa.Column("over_limit", sa.String(8), nullable=False),
    sa.Column("first_by", sa.String(8), nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("next_at", Instant, index=True),
    sa.Column("run", sa.Integer, nullable=False),
    sa.Column("created_by", Key),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    # Syncs are never deleted: their runs are the history of a list.
    sa.Column("archived_at", Instant),
    sa.CheckConstraint("source IN ('contacts', 'clients', 'segment')", name="source"),
    sa.CheckConstraint("(source = 'segment') = (segment_id IS NOT NULL)", name="segment"),
    sa.CheckConstraint("mode IN ('exact', 'merge', 'subtract')", name="mode"),
    sa.CheckConstraint("state IN ('draft', 'on', 'off')", name="state"),
    sa.CheckConstraint("guard_percent BETWEEN 0 AND 100", name="guard"),
    sa.Index(
        "uq_sync_list",
        "account_id",
        "list_external_id",
        unique=True,
        sqlite_where=sa.text("archived_at IS NULL AND list_external_id IS NOT NULL"),
        postgresql_where=sa.text("archived_at IS NULL AND list_external_id IS NOT NULL"),
    ),
)

#: One run: plan, wait for a person where it must, apply, verify, report. The truth of the durable work.
sync_run = sa.Table(
    "sync_run",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("sync_id", Key, sa.ForeignKey("sync.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    # Counts up when a sweep gives the run a new workflow.
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("trigger", sa.String(12), nullable=False),
    sa.Column("retry_of", Key),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("stage", sa.String(12), nullable=False),
    sa.Column("version_id", Key),  # pinned when the run begins
    sa.Column("counts", Json, nullable=False),
    sa.Column("reason", Json),
    # Where the reading of the list is, and the service's job that is waited for.
    sa.Column("cursor", Json),
    sa.Column("applied_to", Key, nullable=False),
    sa.Column("driver", sa.Text),  # the process that works on it and has its scratch file
    sa.Column("confirmed_by", Key),
    sa.Column("confirmed_at", Instant),
    sa.Column("confirmed_removals", sa.Integer),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_try_at", Instant),
    sa.Column("started_by", Key),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("planned_at", Instant),
    sa.Column("finished_at", Instant),
    sa.UniqueConstraint("sync_id", "number"),
    sa.Index(
        "uq_sync_run_live",
        "sync_id",
        unique=True,
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    ),
)

#: A row that the service refused, in its own words.
sync_reject = sa.Table(
    "sync_reject",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("run_id", Key, sa.ForeignKey("sync_run.id"), nullable=False),
    sa.Column("side", sa.String(8), nullable=False),
    sa.Column("address", Exact, nullable=False),
    sa.Column("contact_id", Key, index=True),
    sa.Column("code", sa.String(32), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.UniqueConstraint("run_id", "side", "address"),
    sa.Index(None, "address"),
)
