"""The marketing workspace: imports, views, bulk runs, erasures, repeated campaigns, links, polling."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Exact, Instant, Json, Key, fold
from vestnik.db.search import create_index

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New tables are empty; new columns say "no" or nothing."""
    for table, column in (("contact", "name_folded"), ("address", "normalised"), ("client", "name_folded")):
        create_index(op.get_bind(), table, column)
    _contacts()
    _imports()
    _campaigns()
    _templates()
    op.add_column("event", sa.Column("polled", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("segment", sa.Column("members", sa.Integer(), nullable=True))
    op.add_column("segment", sa.Column("counted_at", Instant, nullable=True))


def _contacts() -> None:
    op.create_table(
        "contact_bulk_run",
        sa.Column("id", Key, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("arguments", Json, nullable=False),
        sa.Column("selection", Json, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done_to", Key, nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("reason", Json, nullable=True),
        sa.Column("created_by", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("finished_at", Instant, nullable=True),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'failed', 'cancelled')", name=op.f("ck_contact_bulk_run_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_bulk_run")),
    )
    op.create_table(
        "erasure",
        sa.Column("id", Key, nullable=False),
        sa.Column("contact_id", Key, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("removed", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_erasure_contact_id")),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", Json, nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_by", Key, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    op.create_index(op.f("ix_saved_view_created_by"), "saved_view", ["created_by"], unique=False)
    op.add_column("contact", sa.Column("erased_at", Instant, nullable=True))
    op.drop_index(op.f("ix_contact_created_at"), table_name="contact")
    op.drop_index(op.f("ix_contact_name_folded"), table_name="contact")
    op.create_index(op.f("ix_contact_created_at_id"), "contact", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_contact_name_folded_id"), "contact", ["name_folded", "id"], unique=False)
    op.create_index(op.f("ix_contact_owner_id"), "contact", ["owner_id"], unique=False)
    op.create_index(op.f("ix_contact_updated_at_id"), "contact", ["updated_at", "id"], unique=False)
    op.add_column("contact_field", sa.Column("position", sa.Integer(), server_default="0", nullable=False))


def _imports() -> None:
    op.create_table(
        "contact_import_schedule",
        sa.Column("id", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("reading", Json, nullable=False),
        sa.Column("mapping", Json, nullable=False),
        sa.Column("policy", Json, nullable=False),
        sa.Column("every_hours", sa.Integer(), nullable=True),
        sa.Column("at_time", Exact, nullable=True),
        sa.Column("private_allowed", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("next_at", Instant, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", Json, nullable=True),
        sa.Column("created_by", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.CheckConstraint(
            "(every_hours IS NULL) <> (at_time IS NULL)", name=op.f("ck_contact_import_schedule_when")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_import_schedule")),
    )
    op.create_index(
        op.f("ix_contact_import_schedule_next_at"), "contact_import_schedule", ["next_at"], unique=False
    )
    op.create_table(
        "contact_import",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("schedule_id", Key, nullable=True),
        sa.Column("reading", Json, nullable=False),
        sa.Column("mapping", Json, nullable=True),
        sa.Column("policy", Json, nullable=True),
        sa.Column("total_rows", sa.Integer(), nullable=True),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("done_rows", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("kept_unsubscribed", sa.Integer(), nullable=False),
        sa.Column("undone", sa.Integer(), nullable=False),
        sa.Column("not_undone", sa.Integer(), nullable=False),
        sa.Column("reason", Json, nullable=True),
        sa.Column("created_by", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("started_at", Instant, nullable=True),
        sa.Column("finished_at", Instant, nullable=True),
        sa.CheckConstraint(
            "state IN ('uploaded', 'running', 'done', 'failed', 'cancelled', 'undoing', 'undone')",
            name=op.f("ck_contact_import_state"),
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["contact_import_schedule.id"], name=op.f("fk_contact_import_schedule_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_import")),
    )
    op.create_index(op.f("ix_contact_import_schedule_id"), "contact_import", ["schedule_id"], unique=False)
    op.create_table(
        "contact_change",
        sa.Column("import_id", Key, autoincrement=False, nullable=False),
        sa.Column("contact_id", Key, autoincrement=False, nullable=False),
        sa.Column("before", Json, nullable=True),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("not_undone", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["contact_import.id"], name=op.f("fk_contact_change_import_id")
        ),
        sa.PrimaryKeyConstraint("import_id", "contact_id", name=op.f("pk_contact_change")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_contact_change_contact_id"), "contact_change", ["contact_id"], unique=False)
    op.create_table(
        "contact_import_part",
        sa.Column("import_id", Key, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["contact_import.id"], name=op.f("fk_contact_import_part_import_id")
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_contact_import_part")),
    )
    op.create_table(
        "contact_import_reject",
        sa.Column("import_id", Key, autoincrement=False, nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", Json, nullable=False),
        sa.Column("cells", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["contact_import.id"], name=op.f("fk_contact_import_reject_import_id")
        ),
        sa.PrimaryKeyConstraint("import_id", "row", name=op.f("pk_contact_import_reject")),
        sqlite_with_rowid=False,
    )


def _templates() -> None:
    op.add_column("template", sa.Column("editor_url", sa.Text(), nullable=True))
    op.add_column("template", sa.Column("subject_folded", Exact, server_default="", nullable=False))
    template = sa.table("template", sa.column("id"), sa.column("subject"), sa.column("subject_folded"))
    connection = op.get_bind()
    for id, subject in connection.execute(sa.select(template.c.id, template.c.subject)).all():
        connection.execute(
            sa.update(template).where(template.c.id == id).values(subject_folded=fold(subject))
        )


def _campaigns() -> None:
    op.create_table(
        "campaign_repeat",
        sa.Column("id", Key, nullable=False),
        sa.Column("pattern_id", Key, nullable=False),
        sa.Column("every", sa.String(length=8), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("at_time", Exact, nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("next_at", Instant, nullable=True),
        sa.Column("issues", sa.Integer(), nullable=False),
        sa.Column("reason", Json, nullable=True),
        sa.Column("created_by", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.CheckConstraint("every IN ('week', 'month')", name=op.f("ck_campaign_repeat_every")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_repeat")),
        sa.UniqueConstraint("pattern_id", name=op.f("uq_campaign_repeat_pattern_id")),
    )
    op.create_index(op.f("ix_campaign_repeat_next_at"), "campaign_repeat", ["next_at"], unique=False)
    op.create_table(
        "campaign_link",
        sa.Column("campaign_id", Key, autoincrement=False, nullable=False),
        sa.Column("url", Exact, nullable=False),
        sa.Column("clicks", sa.Integer(), nullable=False),
        sa.Column("unique_clicks", sa.Integer(), nullable=True),
        sa.Column("fetched_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_link_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", "url", name=op.f("pk_campaign_link")),
    )
    op.add_column("campaign", sa.Column("zone", sa.Text(), nullable=True))
    op.add_column("campaign", sa.Column("held", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("campaign", sa.Column("repeat_id", Key, nullable=True))
    op.add_column("campaign", sa.Column("poll_at", Instant, nullable=True))
    op.add_column("campaign", sa.Column("poll_cursor", sa.Text(), nullable=True))
    op.add_column("campaign", sa.Column("polled_at", Instant, nullable=True))
    op.add_column("campaign", sa.Column("poll_failure", Json, nullable=True))
    op.add_column("campaign", sa.Column("stats_failure", Json, nullable=True))
    op.add_column("campaign", sa.Column("links_at", Instant, nullable=True))
    op.add_column("campaign", sa.Column("links_failure", Json, nullable=True))
    op.create_index(op.f("ix_campaign_poll_at"), "campaign", ["poll_at"], unique=False)
    op.create_index(
        op.f("ix_campaign_category_id_launched_at"), "campaign", ["category_id", "launched_at"], unique=False
    )
    op.create_index(op.f("ix_campaign_repeat_id"), "campaign", ["repeat_id"], unique=False)
    op.create_index(
        op.f("ix_delivery_contact_id_campaign_id"), "delivery", ["contact_id", "campaign_id"], unique=False
    )
    for did in ("opened", "clicked"):
        there = sa.text(f"{did}_at IS NOT NULL")
        op.create_index(
            f"ix_delivery_{did}",
            "delivery",
            [f"{did}_at", "contact_id"],
            unique=False,
            sqlite_where=there,
            postgresql_where=there,
        )


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")
