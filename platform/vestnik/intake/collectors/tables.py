"""Mail collectors, the letters that they took, and their runs."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Exact, Instant, Json, Key, metadata
from vestnik.intake.leads.tables import channel
from vestnik.people.tables import user

AFTER = ("keep", "mark", "move", "delete")
OUTCOMES = ("taken", "known", "too_large", "not_fetched")
RUN_STATES = ("running", "done", "failed", "broken_off")

#: A mailbox that is read for requests.
mail_collector = sa.Table(
    "mail_collector",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("port", sa.Integer, nullable=False),
    sa.Column("security", sa.String(8), nullable=False),
    sa.Column("username", sa.Text, nullable=False),
    sa.Column("password_sealed", sa.LargeBinary, nullable=False),
    # PEM of what is trusted beside the system's authorities.
    sa.Column("certificate", sa.Text),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("keyword", sa.Text, nullable=False),
    # Letters that arrived before this day (YYYY-MM-DD, the organisation's) are not looked at.
    sa.Column("from_date", sa.String(10), nullable=False),
    # Where its leads go.
    sa.Column("calendar_id", Key, sa.ForeignKey("calendar.id"), index=True),
    sa.Column("responsible_id", Key, sa.ForeignKey(user.c.id), index=True),
    sa.Column("channel_id", Key, sa.ForeignKey(channel.c.id), index=True),
    # The site's own names of fields, by ours.
    sa.Column("mapping", Json, nullable=False),
    # What becomes of a letter that was taken.
    sa.Column("after", sa.String(8), nullable=False),
    sa.Column("mark", sa.Text),
    sa.Column("move_to", sa.Text),
    sa.Column("delete_after_days", sa.Integer),
    # Nobody works in it: old letters may go that were not taken.
    sa.Column("separate_mailbox", sa.Boolean, nullable=False),
    # An interval of its own, in place of the job's.
    sa.Column("every_minutes", sa.Integer),
    sa.Column("enabled", sa.Boolean, nullable=False),
    # Marked for removal: not run any more, its history stays.
    sa.Column("removal_marked_at", Instant),
    # Counts up whenever another mailbox or folder is entered: numbers of letters begin anew there.
    sa.Column("mailbox", sa.Integer, nullable=False),
    # Letters up to this number were considered, while the folder has this validity.
    sa.Column("uidvalidity", sa.BigInteger),
    sa.Column("seen_uid", sa.BigInteger, nullable=False),
    # The letter at which runs broke off, and how often they did.
    sa.Column("stuck_uid", sa.BigInteger),
    sa.Column("stuck_tries", sa.Integer, nullable=False),
    # When a person asked for a run; when it began last; whether it stopped before its end.
    sa.Column("asked_at", Instant),
    sa.Column("begun_at", Instant),
    sa.Column("unfinished", sa.Boolean, nullable=False),
    sa.Column("succeeded_at", Instant),
    sa.Column("failures", sa.Integer, nullable=False),
    # Who runs it has it until then; each run has a number, by which a late process finds that it lost it.
    sa.Column("run", sa.Integer, nullable=False),
    sa.Column("leased_by", sa.String(32)),
    sa.Column("leased_until", Instant),
    sa.Column("created_by", Key),
    sa.Column("created_at", Instant, nullable=False),
    sa.CheckConstraint("kind IN ('site_requests')", name="kind"),
    sa.CheckConstraint("security IN ('tls', 'starttls')", name="security"),
    sa.CheckConstraint(f"after IN {AFTER}", name="after"),
    sa.CheckConstraint("(after = 'mark') = (mark IS NOT NULL)", name="mark"),
    sa.CheckConstraint("(after = 'move') = (move_to IS NOT NULL)", name="move"),
    sa.CheckConstraint("(after = 'delete') = (delete_after_days IS NOT NULL)", name="delete"),
)

#: A letter with the keyword: what was taken, and what could not be.
collected_letter = sa.Table(
    "collected_letter",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("collector_id", Key, sa.ForeignKey(mail_collector.c.id), nullable=False),
    sa.Column("mailbox", sa.Integer, nullable=False),
    sa.Column("uidvalidity", sa.BigInteger, nullable=False),
    sa.Column("uid", sa.BigInteger, nullable=False),
    sa.Column("outcome", sa.String(16), nullable=False),
    # Its key among inputs, and the input that holds it; none of a letter that was not fetched.
    sa.Column("key", Exact),
    sa.Column("input_id", Key),
    # Of a letter that was not fetched: what a person finds it by.
    sa.Column("subject", sa.Text),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("arrived_at", Instant),
    sa.Column("collected_at", Instant, nullable=False),
    # When it was marked or moved, as the collector says; when it is to be removed, and was.
    sa.Column("settled_at", Instant),
    sa.Column("to_be_deleted_at", Instant),
    sa.Column("deleted_at", Instant),
    sa.CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),
    sa.UniqueConstraint("collector_id", "mailbox", "uidvalidity", "uid"),
    sa.Index(None, "collector_id", "key"),
    sa.Index(
        "ix_collected_letter_unsettled",
        "collector_id",
        "uid",
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    ),
    sa.Index(
        "ix_collected_letter_to_be_deleted",
        "collector_id",
        "to_be_deleted_at",
        sqlite_where=sa.text("to_be_deleted_at IS NOT NULL AND deleted_at IS NULL"),
        postgresql_where=sa.text("to_be_deleted_at IS NOT NULL AND deleted_at IS NULL"),
    ),
)

#: One look at a mailbox. The letters add up: seen = without the keyword + taken + known + not taken.
collector_run = sa.Table(
    "collector_run",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("collector_id", Key, sa.ForeignKey(mail_collector.c.id), nullable=False),
    sa.Column("run", sa.Integer, nullable=False),
    sa.Column("begun_by", sa.String(8), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("seen", sa.Integer, nullable=False),
    sa.Column("with_keyword", sa.Integer, nullable=False),
    sa.Column("taken", sa.Integer, nullable=False),
    sa.Column("known", sa.Integer, nullable=False),
    sa.Column("not_taken", sa.Integer, nullable=False),
    sa.Column("settled", sa.Integer, nullable=False),
    sa.Column("deleted", sa.Integer, nullable=False),
    # Why it failed, or what could not be done with letters that were taken.
    sa.Column("reason", Json),
    sa.Column("begun_at", Instant, nullable=False),
    sa.Column("finished_at", Instant),
    sa.CheckConstraint("begun_by IN ('time', 'hand')", name="begun_by"),
    sa.CheckConstraint(f"state IN {RUN_STATES}", name="state"),
    sa.Index(None, "collector_id", "id"),
)


def remove_all(connection: sa.Connection) -> None:
    """Forget every collector with its letters and runs; a part of the unit of work that removes the demo."""
    for table in (collected_letter, collector_run, mail_collector):
        connection.execute(sa.delete(table))
