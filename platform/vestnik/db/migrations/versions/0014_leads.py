"""Leads, their sources and who is responsible."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Exact, Instant, Json, Key
from vestnik.db.search import create_index

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No lead has come in yet."""
    _directories()
    _leads()
    create_index(op.get_bind(), "lead", "words_folded")


def _directories() -> None:
    op.create_table(
        "channel",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_folded", Exact, nullable=False),
        sa.Column("checked", sa.Boolean(), nullable=False),
        sa.Column("merged_into", Key, nullable=True),
        sa.Column("archived_at", Instant, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["merged_into"], ["channel.id"], name=op.f("fk_channel_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
        sa.UniqueConstraint("title_folded", name=op.f("uq_channel_title_folded")),
    )
    op.create_table(
        "channel_rule",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("channel_id", Key, nullable=False),
        sa.Column("field", sa.String(length=16), nullable=False),
        sa.Column("how", sa.String(length=8), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("value_folded", Exact, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "field IN ('path', 'utm_source', 'utm_medium', 'utm_campaign', 'site', 'referrer')",
            name=op.f("ck_channel_rule_field"),
        ),
        sa.CheckConstraint("how IN ('equals', 'contains')", name=op.f("ck_channel_rule_how")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_channel_rule_channel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_rule")),
    )
    op.create_index(op.f("ix_channel_rule_channel_id"), "channel_rule", ["channel_id"], unique=False)
    op.create_table(
        "partner",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_folded", Exact, nullable=False),
        sa.Column("site", Exact, nullable=False),
        sa.Column("archived_at", Instant, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("site", name=op.f("uq_partner_site")),
    )
    op.create_table(
        "assignment_rule",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("people", Json, nullable=False),
        sa.Column("channels", Json, nullable=False),
        sa.Column("partners", Json, nullable=False),
        sa.Column("cities", Json, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("turn", Key, nullable=True),
        sa.CheckConstraint(
            "kind IN ('round_robin', 'least_busy', 'by_source')", name=op.f("ck_assignment_rule_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_rule")),
    )
    op.create_table(
        "intake_settings",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("coordinator_id", Key, nullable=True),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("mail_on", sa.Boolean(), nullable=False),
        sa.Column("mail_every_minutes", sa.Integer(), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(), nullable=True),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("updated_at", Instant, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_intake_settings_only_one")),
        sa.ForeignKeyConstraint(
            ["coordinator_id"], ["user_account.id"], name=op.f("fk_intake_settings_coordinator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_settings")),
    )


def _leads() -> None:
    op.create_table(
        "lead",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("number", Key, nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("result", sa.String(length=12), nullable=True),
        sa.Column("door", sa.String(length=8), nullable=False),
        sa.Column("input_id", Key, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("inn", sa.Text(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("marks", Json, nullable=False),
        sa.Column("layouts", Json, nullable=False),
        sa.Column("extra", Json, nullable=False),
        sa.Column("words_folded", Exact, nullable=False),
        sa.Column("email_normalised", Exact, nullable=True),
        sa.Column("phone_normalised", Exact, nullable=True),
        sa.Column("channel_id", Key, nullable=True),
        sa.Column("partner_id", Key, nullable=True),
        sa.Column("client_id", Key, nullable=True),
        sa.Column("contact_id", Key, nullable=True),
        sa.Column("deal_id", Key, nullable=True),
        sa.Column("order_id", Key, nullable=True),
        sa.Column("event_id", Key, nullable=True),
        sa.Column("responsible_id", Key, nullable=True),
        sa.Column("assigned_by", sa.String(length=12), nullable=False),
        sa.Column("duplicate_of", Key, nullable=True),
        sa.Column("warnings", Json, nullable=False),
        sa.Column("matches", Json, nullable=False),
        sa.Column("edited", Json, nullable=False),
        sa.Column("dated_at", Instant, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=True),
        sa.Column("taken_at", Instant, nullable=True),
        sa.Column("finished_at", Instant, nullable=True),
        sa.Column("converted_at", Instant, nullable=True),
        sa.CheckConstraint(
            "assigned_by IN ('request', 'door', 'client', 'contact', 'rule', 'coordinator', 'person')",
            name=op.f("ck_lead_assigned_by"),
        ),
        sa.CheckConstraint("(status = 'closed') = (result IS NOT NULL)", name=op.f("ck_lead_closed")),
        sa.CheckConstraint("door IN ('letter', 'http', 'api', 'classic', 'hand')", name=op.f("ck_lead_door")),
        sa.CheckConstraint(
            "result IN ('spam', 'duplicate', 'other', 'not_target')", name=op.f("ck_lead_result")
        ),
        sa.CheckConstraint(
            "status IN ('open', 'in_work', 'processed', 'closed')", name=op.f("ck_lead_status")
        ),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_lead_channel_id")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_lead_client_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_lead_contact_id")),
        sa.ForeignKeyConstraint(["duplicate_of"], ["lead.id"], name=op.f("fk_lead_duplicate_of")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_lead_partner_id")),
        sa.ForeignKeyConstraint(["responsible_id"], ["user_account.id"], name=op.f("fk_lead_responsible_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead")),
        sa.UniqueConstraint("input_id", name=op.f("uq_lead_input_id")),
        sa.UniqueConstraint("number", name=op.f("uq_lead_number")),
    )
    op.create_index(op.f("ix_lead_channel_id_created_at"), "lead", ["channel_id", "created_at"], unique=False)
    op.create_index(op.f("ix_lead_client_id"), "lead", ["client_id"], unique=False)
    op.create_index(op.f("ix_lead_contact_id"), "lead", ["contact_id"], unique=False)
    op.create_index(op.f("ix_lead_created_at_id"), "lead", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_lead_duplicate_of"), "lead", ["duplicate_of"], unique=False)
    op.create_index(op.f("ix_lead_email_normalised"), "lead", ["email_normalised"], unique=False)
    op.create_index(op.f("ix_lead_finished_at"), "lead", ["finished_at"], unique=False)
    op.create_index(op.f("ix_lead_phone_normalised"), "lead", ["phone_normalised"], unique=False)
    op.create_index(op.f("ix_lead_responsible_id_status"), "lead", ["responsible_id", "status"], unique=False)
    op.create_index(
        op.f("ix_lead_status_created_at_id"), "lead", ["status", "created_at", "id"], unique=False
    )
    op.create_table(
        "lead_event",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("lead_id", Key, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("user_id", Key, nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("detail", Json, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lead_event_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_event")),
    )
    op.create_index(op.f("ix_lead_event_lead_id_id"), "lead_event", ["lead_id", "id"], unique=False)
    op.create_table(
        "lead_letter",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("lead_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant, nullable=True),
        sa.Column("sent_at", Instant, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lead_letter_lead_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_lead_letter_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_letter")),
    )
    op.create_index(op.f("ix_lead_letter_lead_id"), "lead_letter", ["lead_id"], unique=False)
    op.create_index(op.f("ix_lead_letter_next_at"), "lead_letter", ["next_at"], unique=False)
    op.create_index(op.f("ix_lead_letter_user_id"), "lead_letter", ["user_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")
