"""Daily work: last activity, distinct contacts, how far erasures are, alerts, scheduled imports."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Exact, Instant, Json, Key
from vestnik.db.search import create_triggers

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New tables are empty; new columns say "no" or nothing."""
    _contacts()
    _privacy()
    _alerts()
    _scheduled_imports()
    _search()


def _contacts() -> None:
    # Events that are there already are read as if they were new: the reader begins with the first.
    op.add_column("contact", sa.Column("last_activity_at", Instant, server_default="0", nullable=False))
    op.create_index(
        op.f("ix_contact_last_activity_at_id"), "contact", ["last_activity_at", "id"], unique=False
    )
    op.add_column("contact_import", sa.Column("left_out", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "event_reader",
        sa.Column("name", Exact, nullable=False),
        sa.Column("done_to", Key, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_event_reader")),
    )
    op.create_table(
        "late_link",
        sa.Column("id", Key, nullable=False),
        sa.Column("address_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_link")),
    )
    op.create_table(
        "contact_distinct",
        sa.Column("id", Key, nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("shared_id", Key, nullable=False),
        sa.Column("contact_ids", Json, nullable=False),
        sa.Column("created_by", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.CheckConstraint("ground IN ('address', 'name')", name=op.f("ck_contact_distinct_ground")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_distinct")),
    )
    op.create_index(
        op.f("ix_contact_distinct_ground_shared_id"),
        "contact_distinct",
        ["ground", "shared_id"],
        unique=False,
    )


def _privacy() -> None:
    # Erasures of before are over: there was nothing to search then.
    op.add_column("erasure", sa.Column("state", sa.Text(), server_default="done", nullable=False))
    op.add_column("erasure", sa.Column("sealed", sa.LargeBinary(), nullable=True))
    op.add_column("erasure", sa.Column("sweep", sa.Text(), nullable=True))
    op.add_column("erasure", sa.Column("place", Json, nullable=True))
    op.add_column("erasure", sa.Column("finished_at", Instant, nullable=True))
    op.create_table(
        "erased_address",
        sa.Column("address_id", Key, autoincrement=False, nullable=False),
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_erased_address_address_id")),
        sa.PrimaryKeyConstraint("address_id", name=op.f("pk_erased_address")),
    )
    op.create_index(op.f("ix_erased_address_address_hash"), "erased_address", ["address_hash"], unique=False)
    op.create_index(op.f("ix_erased_address_at"), "erased_address", ["at"], unique=False)


def _alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("kind", Exact, nullable=False),
        sa.Column("subject_id", Key, autoincrement=False, nullable=False),
        sa.Column("failing", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", Json, nullable=True),
        sa.Column("since", Instant, nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject_id", name=op.f("pk_alert")),
    )
    op.create_table(
        "alert_letter",
        sa.Column("id", Key, nullable=False),
        sa.Column("kind", Exact, nullable=False),
        sa.Column("subject_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("failing", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("reason", Json, nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant, nullable=True),
        sa.Column("sent_at", Instant, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_alert_letter_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_letter")),
    )
    for columns in (["next_at"], ["user_id"], ["kind", "subject_id"]):
        name = op.f(f"ix_alert_letter_{'_'.join(columns)}")
        op.create_index(name, "alert_letter", columns, unique=False)


def _scheduled_imports() -> None:
    for column in (
        sa.Column("credential", sa.Text(), nullable=True),
        sa.Column("credential_name", sa.Text(), nullable=True),
        sa.Column("credential_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("succeeded_at", Instant, nullable=True),
    ):
        op.add_column("contact_import_schedule", column)
    op.create_table(
        "contact_import_run",
        sa.Column("id", Key, nullable=False),
        sa.Column("schedule_id", Key, nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("import_id", Key, nullable=True),
        sa.Column("anyway", sa.Boolean(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("again_at", Instant, nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("reason", Json, nullable=True),
        sa.Column("begun_at", Instant, nullable=False),
        sa.Column("finished_at", Instant, nullable=True),
        sa.CheckConstraint(
            "begun_by IN ('time', 'hand', 'setup')", name=op.f("ck_contact_import_run_begun_by")
        ),
        sa.CheckConstraint(
            "state IN ('fetching', 'fetched', 'unchanged', 'failed', 'cancelled')",
            name=op.f("ck_contact_import_run_state"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["contact_import.id"], name=op.f("fk_contact_import_run_import_id_contact_import")
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["contact_import_schedule.id"],
            name=op.f("fk_contact_import_run_schedule_id_contact_import_schedule"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_import_run")),
    )
    for columns in (["schedule_id", "id"], ["state"], ["import_id"]):
        name = op.f(f"ix_contact_import_run_{'_'.join(columns)}")
        op.create_index(name, "contact_import_run", columns, unique=False)


def _search() -> None:
    # The index learns many rows at once.
    if op.get_bind().dialect.name == "sqlite":
        for table, column in (
            ("contact", "name_folded"),
            ("address", "normalised"),
            ("client", "name_folded"),
        ):
            create_triggers(op.get_bind(), table, column)


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")
