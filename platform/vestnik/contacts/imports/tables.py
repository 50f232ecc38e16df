"""Imports of contacts: the file, its state, what was refused, and what there was before."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Exact, Instant, Json, Key, metadata

STATES = ("uploaded", "running", "done", "failed", "cancelled", "undoing", "undone")

#: One file on its way into the contacts.
contact_import = sa.Table(
    "contact_import",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("state", sa.Text, nullable=False),
    # What the rows become: "contacts", or entries of the stop-list ("suppression").
    sa.Column("purpose", sa.String(16), nullable=False, server_default="contacts"),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("file_bytes", sa.BigInteger, nullable=False),
    sa.Column("schedule_id", Key, sa.ForeignKey("contact_import_schedule.id"), index=True),
    # How the file is read: format, encoding, delimiter, sheet, whether the first row names the columns.
    sa.Column("reading", Json, nullable=False),
    # Which column becomes what; None until a person, or the schedule, has said so.
    sa.Column("mapping", Json),
    # What to do with those who are here already, and what becomes of all: segment, category, evidence.
    sa.Column("policy", Json),
    sa.Column("total_rows", sa.Integer),
    # How often it was begun or resumed: a new workflow for each.
    sa.Column("run", sa.Integer, nullable=False),
    # Rows up to this one are applied: moved in the transaction that applies them.
    sa.Column("done_rows", sa.Integer, nullable=False),
    sa.Column("created", sa.Integer, nullable=False),
    sa.Column("updated", sa.Integer, nullable=False),
    sa.Column("unchanged", sa.Integer, nullable=False),
    sa.Column("skipped", sa.Integer, nullable=False),
    sa.Column("rejected", sa.Integer, nullable=False),
    # Who has unsubscribed stays so, whatever the file says.
    sa.Column("kept_unsubscribed", sa.Integer, nullable=False),
    # The segment that they were to be added to was archived meanwhile.
    sa.Column("left_out", sa.Integer, nullable=False, server_default="0"),
    sa.Column("undone", sa.Integer, nullable=False),
    sa.Column("not_undone", sa.Integer, nullable=False),
    sa.Column("reason", Json),
    sa.Column("created_by", Key),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("started_at", Instant),
    sa.Column("finished_at", Instant),
    sa.CheckConstraint(f"state IN {STATES}", name="state"),
)

#: The file itself, in parts: any process can go on with it.
contact_import_part = sa.Table(
    "contact_import_part",
    metadata,
    sa.Column("import_id", Key, sa.ForeignKey("contact_import.id"), primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

#: A row that was not taken, and why.
contact_import_reject = sa.Table(
    "contact_import_reject",
    metadata,
    sa.Column("import_id", Key, sa.ForeignKey("contact_import.id"), primary_key=True, autoincrement=False),
    sa.Column("row", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("reason", Json, nullable=False),
    sa.Column("cells", Json, nullable=False),
    sqlite_with_rowid=False,
)

#: What an import did to a contact: how it was before (None: it was not there), and when it was changed.
contact_change = sa.Table(
    "contact_change",
    metadata,
    sa.Column("import_id", Key, sa.ForeignKey("contact_import.id"), primary_key=True, autoincrement=False),
    sa.Column("contact_id", Key, primary_key=True, autoincrement=False),
    sa.Column("before", Json),
    sa.Column("changed_at", Instant, nullable=False),
    # Why it could not be undone; None: it was, or nobody asked for it.
    sa.Column("not_undone", sa.Text),
    sa.Index(None, "contact_id"),
    sqlite_with_rowid=False,
)

#: A file that is fetched again and again.
contact_import_schedule = sa.Table(
    "contact_import_schedule",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("reading", Json, nullable=False),
    sa.Column("mapping", Json, nullable=False),
    sa.Column("policy", Json, nullable=False),
    # Every so many hours, or at a time of day in the organisation's zone.
    sa.Column("every_hours", sa.Integer),
    sa.Column("at_time", Exact),
    sa.Column("private_allowed", sa.Boolean, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("next_at", Instant, index=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("reason", Json),
    sa.Column("created_by", Key),
    sa.Column("created_at", Instant, nullable=False),
    # What the address asks for: "basic" with a user name, or "header" with its name; the secret is sealed.
    sa.Column("credential", sa.Text),
    sa.Column("credential_name", sa.Text),
    sa.Column("credential_sealed", sa.LargeBinary),
    # The file that was imported last, so that the same file is not imported again.
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("digest", sa.Text),
    sa.Column("succeeded_at", Instant),
    sa.CheckConstraint("(every_hours IS NULL) <> (at_time IS NULL)", name="when"),
)

RUN_STATES = ("fetching", "fetched", "unchanged", "failed", "cancelled")

#: One time that a scheduled file was fetched. What became of its rows stands in its import.
contact_import_run = sa.Table(
    "contact_import_run",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("schedule_id", Key, sa.ForeignKey("contact_import_schedule.id"), nullable=False),
    # Its time, a person's hand, or the look at the columns that a schedule begins with.
    sa.Column("begun_by", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("import_id", Key, sa.ForeignKey("contact_import.id"), index=True),
    # Whether a file that did not change is imported all the same.
    sa.Column("anyway", sa.Boolean, nullable=False),
    # How often it was begun: a new workflow for each; and how often it failed in a way that may pass.
    sa.Column("run", sa.Integer, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("again_at", Instant),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("digest", sa.Text),
    sa.Column("reason", Json),
    sa.Column("begun_at", Instant, nullable=False),
    sa.Column("finished_at", Instant),
    sa.CheckConstraint("begun_by IN ('time', 'hand', 'setup')", name="begun_by"),
    sa.CheckConstraint(f"state IN {RUN_STATES}", name="state"),
    sa.Index(None, "schedule_id", "id"),
)
