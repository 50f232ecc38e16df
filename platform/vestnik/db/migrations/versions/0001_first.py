"""The first schema: every table as the rooms declared it at the first release.

The column types are ours and keep their meaning; everything else is written out, so that a later
change of a room's tables does not change what this made.
"""

import sqlalchemy as sa
from alembic import op

from vestnik.db.types import Exact, Instant, Json, Key

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "address",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("kind", Exact, nullable=False),
        sa.Column("normalised", Exact, nullable=False),
        sa.Column("domain", Exact, nullable=True),
        sa.Column("suppression_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("kind IN ('email', 'phone')", name=op.f("ck_address_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address")),
        sa.UniqueConstraint("kind", "normalised", name=op.f("uq_address_kind_normalised")),
    )
    op.create_index(op.f("ix_address_domain"), "address", ["domain"], unique=False)
    op.create_index(op.f("ix_address_suppression_hash"), "address", ["suppression_hash"], unique=False)
    op.create_table(
        "audit_row",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("user_id", Key, nullable=True),
        sa.Column("key_id", Key, nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_id", Key, nullable=True),
        sa.Column("fields", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_row")),
    )
    op.create_index("ix_audit_row_object", "audit_row", ["kind", "object_id"], unique=False)
    op.create_index("ix_audit_row_user", "audit_row", ["user_id"], unique=False)
    op.create_table(
        "campaign",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_folded", Exact, nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("preview_text", sa.Text(), nullable=False),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("sender_email", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("account_id", Key, nullable=True),
        sa.Column("version_id", Key, nullable=True),
        sa.Column("template_id", Key, nullable=True),
        sa.Column("segment_id", Key, nullable=True),
        sa.Column("category_id", Key, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", Json, nullable=True),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("created_by", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("scheduled_at", Instant, nullable=True),
        sa.Column("launched_at", Instant, nullable=True),
        sa.Column("creating_at", Instant, nullable=True),
        sa.Column("external_id", Exact, nullable=True),
        sa.Column("external_url", sa.Text(), nullable=True),
        sa.Column("created_at_service", Instant, nullable=True),
        sa.Column("finished_at", Instant, nullable=True),
        sa.Column("service_status", sa.String(length=16), nullable=True),
        sa.Column("service_reason", sa.Text(), nullable=True),
        sa.Column("service_at", Instant, nullable=True),
        sa.Column("check_at", Instant, nullable=True),
        sa.Column("planned_to", Key, nullable=False),
        sa.Column("planned_at", Instant, nullable=True),
        sa.Column("cut_at", Instant, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", Instant, nullable=True),
        sa.Column("driver", sa.Text(), nullable=True),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("handed_over", sa.Integer(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("clicked", sa.Integer(), nullable=False),
        sa.Column("unsubscribed", sa.Integer(), nullable=False),
        sa.Column("soft_bounced", sa.Integer(), nullable=False),
        sa.Column("hard_bounced", sa.Integer(), nullable=False),
        sa.Column("spam", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    op.create_index(op.f("ix_campaign_name_folded"), "campaign", ["name_folded"], unique=False)
    op.create_index(op.f("ix_campaign_state"), "campaign", ["state"], unique=False)
    op.create_index(
        "uq_campaign_external",
        "campaign",
        ["account_id", "external_id"],
        unique=True,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_table(
        "category",
        sa.Column("id", Key, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_folded", Exact, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("archived_at", Instant, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint("title_folded", name=op.f("uq_category_title_folded")),
    )
    op.create_table(
        "client",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_folded", Exact, nullable=False),
        sa.Column("inn", Exact, nullable=True),
        sa.Column("kpp", Exact, nullable=True),
        sa.Column("phones", Json, nullable=False),
        sa.Column("responsible_id", Key, nullable=True),
        sa.Column("external_id", Exact, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.CheckConstraint("kind IN ('company', 'person')", name=op.f("ck_client_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client")),
        sa.UniqueConstraint("external_id", name=op.f("uq_client_external_id")),
    )
    op.create_index(op.f("ix_client_inn"), "client", ["inn"], unique=False)
    op.create_index(op.f("ix_client_name_folded"), "client", ["name_folded"], unique=False)
    op.create_table(
        "contact_field",
        sa.Column("id", Key, nullable=False),
        sa.Column("key", Exact, nullable=False),
        sa.Column("title", Json, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("options", Json, nullable=False),
        sa.Column("archived_at", Instant, nullable=True),
        sa.CheckConstraint(
            "kind IN ('text', 'number', 'boolean', 'date', 'choice')", name=op.f("ck_contact_field_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_field")),
        sa.UniqueConstraint("key", name=op.f("uq_contact_field_key")),
    )
    op.create_table(
        "delivery",
        sa.Column("campaign_id", Key, autoincrement=False, nullable=False),
        sa.Column("address_id", Key, autoincrement=False, nullable=False),
        sa.Column("contact_id", Key, nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("at", Instant, nullable=True),
        sa.Column("opened_at", Instant, nullable=True),
        sa.Column("clicked_at", Instant, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("campaign_id", "address_id", name=op.f("pk_delivery")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_delivery_address_id"), "delivery", ["address_id"], unique=False)
    op.create_table(
        "demo_part",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_demo_part")),
    )
    op.create_table(
        "event",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("campaign_id", Key, nullable=True),
        sa.Column("address_id", Key, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("inbox_id", Key, nullable=True),
        sa.PrimaryKeyConstraint("id", "at", name=op.f("pk_event")),
        info={"vestnik.partitioned_by": "at"},
        postgresql_partition_by="RANGE (at)",
    )
    op.create_index("ix_event_address", "event", ["address_id", "at"], unique=False)
    op.create_index("ix_event_campaign", "event", ["campaign_id", "at"], unique=False)
    op.create_table(
        "executor",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_executor")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", Instant, nullable=True),
        sa.Column("version_id", Key, nullable=True),
        sa.Column("actions", sa.Text(), nullable=True),
        sa.Column("effects", sa.Text(), nullable=True),
        sa.Column("response", sa.Text(), nullable=True),
        sa.Column("response_sent", sa.Boolean(), nullable=True),
        sa.Column("answered", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", "received_at", name=op.f("pk_inbox")),
        info={"vestnik.partitioned_by": "received_at"},
        postgresql_partition_by="RANGE (received_at)",
    )
    op.create_index("ix_inbox_account", "inbox", ["account_id", "id"], unique=False)
    op.create_index(
        "ix_inbox_due",
        "inbox",
        ["next_attempt_at"],
        unique=False,
        sqlite_where=sa.text("next_attempt_at IS NOT NULL"),
        postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
    )
    op.create_table(
        "installation",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("key_check", sa.Text(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "module",
        sa.Column("id", Key, nullable=False),
        sa.Column("name", Exact, nullable=False),
        sa.Column("title", Json, nullable=False),
        sa.Column("description", Json, nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("bundled", sa.Boolean(), nullable=False),
        sa.Column("live_version_id", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("archived_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_module")),
    )
    op.create_index(
        "uq_module_name",
        "module",
        ["name"],
        unique=True,
        sqlite_where=sa.text("archived_at IS NULL"),
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.create_table(
        "module_call",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("module_id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=True),
        sa.Column("version_id", Key, nullable=True),
        sa.Column("function", Exact, nullable=False),
        sa.Column("lane", Exact, nullable=False),
        sa.Column("kind", Exact, nullable=True),
        sa.Column("wall_ms", sa.Float(), nullable=False),
        sa.Column("cpu_ms", sa.Float(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("exchanges", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "started_at", name=op.f("pk_module_call")),
        info={"vestnik.partitioned_by": "started_at"},
        postgresql_partition_by="RANGE (started_at)",
    )
    op.create_index("ix_module_call_module", "module_call", ["module_id", "id"], unique=False)
    op.create_table(
        "module_change",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("generation", Key, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_module_change_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_module_change")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=True),
        sa.Column("smtp", Json, nullable=True),
        sa.Column("smtp_password", sa.LargeBinary(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_organisation_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )
    op.create_table(
        "periodic",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_periodic")),
    )
    op.create_table(
        "rate",
        sa.Column("account_id", Key, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("tat_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "name", name=op.f("pk_rate")),
    )
    op.create_table(
        "segment",
        sa.Column("id", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_folded", Exact, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rule", Json, nullable=True),
        sa.Column("external_id", Exact, nullable=True),
        sa.Column("created_by", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("archived_at", Instant, nullable=True),
        sa.CheckConstraint("(kind = 'dynamic') = (rule IS NOT NULL)", name=op.f("ck_segment_rule")),
        sa.CheckConstraint("kind IN ('static', 'dynamic')", name=op.f("ck_segment_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sa.UniqueConstraint("external_id", name=op.f("uq_segment_external_id")),
    )
    op.create_index(
        "uq_segment_name",
        "segment",
        ["name_folded"],
        unique=True,
        sqlite_where=sa.text("archived_at IS NULL"),
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.create_table(
        "setup_link",
        sa.Column("id", Key, nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setup_link")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_setup_link_token_digest")),
    )
    op.create_table(
        "template_import",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("offset", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("imported", sa.Integer(), nullable=False),
        sa.Column("archived", sa.Integer(), nullable=False),
        sa.Column("reason", Json, nullable=True),
        sa.Column("started_by", Key, nullable=True),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("finished_at", Instant, nullable=True),
        sa.CheckConstraint("state IN ('running', 'done', 'stopped')", name=op.f("ck_template_import_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_import")),
    )
    op.create_index(
        "uq_template_import_running",
        "template_import",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "user_account",
        sa.Column("id", Key, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_folded", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_folded", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("roles", Json, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("email_folded", name=op.f("uq_user_account_email_folded")),
    )
    op.create_table(
        "webhook_applied",
        sa.Column("account_id", Key, autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "digest", name=op.f("pk_webhook_applied")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "webhook_attempt",
        sa.Column("id", Key, nullable=False),
        sa.Column("inbox_id", Key, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("version_id", Key, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("wall_ms", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempt")),
    )
    op.create_index(op.f("ix_webhook_attempt_inbox_id"), "webhook_attempt", ["inbox_id"], unique=False)
    op.create_table(
        "webhook_waiting",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("inbox_id", Key, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_waiting")),
    )
    op.create_index(
        "ix_webhook_waiting_match", "webhook_waiting", ["account_id", "external_id"], unique=False
    )
    op.create_table(
        "account",
        sa.Column("id", Key, nullable=False),
        sa.Column("module_id", Key, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("settings", Json, nullable=False),
        sa.Column("state", Exact, nullable=False),
        sa.Column("check_message", Json, nullable=True),
        sa.Column("checked_at", Instant, nullable=True),
        sa.Column("token_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", Exact, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("archived_at", Instant, nullable=True),
        sa.CheckConstraint("state IN ('unchecked', 'ready', 'failing')", name=op.f("ck_account_state")),
        sa.ForeignKeyConstraint(["module_id"], ["module.id"], name=op.f("fk_account_module_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_account_token_hash")),
    )
    op.create_index(op.f("ix_account_module_id"), "account", ["module_id"], unique=False)
    op.create_table(
        "api_key",
        sa.Column("id", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(), nullable=False),
        sa.Column("rights", Json, nullable=False),
        sa.Column("created_by", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("used_at", Instant, nullable=True),
        sa.Column("revoked_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_api_key_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("key_digest", name=op.f("uq_api_key_key_digest")),
    )
    op.create_table(
        "campaign_chunk",
        sa.Column("campaign_id", Key, nullable=False),
        sa.Column("step", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_address_id", Key, nullable=False),
        sa.Column("last_address_id", Key, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=True),
        sa.Column("poll_at", Instant, nullable=True),
        sa.Column("handed_over_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_chunk_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", "step", "number", name=op.f("pk_campaign_chunk")),
    )
    op.create_index(
        op.f("ix_campaign_chunk_campaign_id_state"), "campaign_chunk", ["campaign_id", "state"], unique=False
    )
    op.create_table(
        "campaign_exclusion",
        sa.Column("campaign_id", Key, nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_exclusion_campaign_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "reason", name=op.f("pk_campaign_exclusion")),
    )
    op.create_table(
        "campaign_history",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("campaign_id", Key, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("from_state", sa.String(length=16), nullable=True),
        sa.Column("to_state", sa.String(length=16), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("user_id", Key, nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", Json, nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_history_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_history")),
    )
    op.create_index(
        op.f("ix_campaign_history_campaign_id"), "campaign_history", ["campaign_id"], unique=False
    )
    op.create_table(
        "campaign_stats",
        sa.Column("campaign_id", Key, nullable=False),
        sa.Column("figures", Json, nullable=False),
        sa.Column("fetched_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_stats_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_campaign_stats")),
    )
    op.create_table(
        "contact",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_folded", Exact, nullable=False),
        sa.Column("company_id", Key, nullable=True),
        sa.Column("owner_id", Key, nullable=True),
        sa.Column("custom", Json, nullable=False),
        sa.Column("custom_folded", Json, nullable=False),
        sa.Column("external_id", Exact, nullable=True),
        sa.Column("merged_into", Key, nullable=True),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("unsubscribed", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["client.id"], name=op.f("fk_contact_company_id")),
        sa.ForeignKeyConstraint(["merged_into"], ["contact.id"], name=op.f("fk_contact_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("external_id", name=op.f("uq_contact_external_id")),
    )
    op.create_index(op.f("ix_contact_company_id"), "contact", ["company_id"], unique=False)
    op.create_index(op.f("ix_contact_created_at"), "contact", ["created_at"], unique=False)
    op.create_index(
        "ix_contact_merged_into",
        "contact",
        ["merged_into"],
        unique=False,
        sqlite_where=sa.text("merged_into IS NOT NULL"),
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index(op.f("ix_contact_name_folded"), "contact", ["name_folded"], unique=False)
    op.create_table(
        "module_version",
        sa.Column("id", Key, nullable=False),
        sa.Column("module_id", Key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("manifest", Json, nullable=False),
        sa.Column("functions", Json, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author_id", Key, nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["module_id"], ["module.id"], name=op.f("fk_module_version_module_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_module_version")),
        sa.UniqueConstraint("module_id", "number", name=op.f("uq_module_version_module_id_number")),
    )
    op.create_table(
        "session",
        sa.Column("id", Key, nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_session_token_digest")),
    )
    op.create_index(op.f("ix_session_expires_at"), "session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_session_user_id"), "session", ["user_id"], unique=False)
    op.create_table(
        "suppression",
        sa.Column("id", Key, nullable=False),
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("category_id", Key, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('manual', 'spam', 'hard_bounce', 'unsubscribe')", name=op.f("ck_suppression_reason")
        ),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_suppression_category_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
    )
    op.create_index(op.f("ix_suppression_address_hash"), "suppression", ["address_hash"], unique=False)
    op.create_index(
        "uq_suppression_all",
        "suppression",
        ["address_hash", "reason"],
        unique=True,
        sqlite_where=sa.text("category_id IS NULL"),
        postgresql_where=sa.text("category_id IS NULL"),
    )
    op.create_index(
        "uq_suppression_category",
        "suppression",
        ["address_hash", "reason", "category_id"],
        unique=True,
        sqlite_where=sa.text("category_id IS NOT NULL"),
        postgresql_where=sa.text("category_id IS NOT NULL"),
    )
    op.create_table(
        "template",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("external_id", Exact, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_folded", Exact, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("screenshot_url", sa.Text(), nullable=True),
        sa.Column("service_created_at", Instant, nullable=True),
        sa.Column("service_updated_at", Instant, nullable=True),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("import_id", Key, nullable=False),
        sa.Column("archived_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["template_import.id"], name=op.f("fk_template_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template")),
        sa.UniqueConstraint("account_id", "external_id", name=op.f("uq_template_account_id_external_id")),
    )
    op.create_index(
        op.f("ix_template_account_id_name_folded"), "template", ["account_id", "name_folded"], unique=False
    )
    op.create_table(
        "account_list",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("external_id", Exact, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("category_id", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_list_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_list")),
        sa.UniqueConstraint("account_id", "external_id", name=op.f("uq_account_list_account_id_external_id")),
    )
    op.create_table(
        "account_secret",
        sa.Column("account_id", Key, autoincrement=False, nullable=False),
        sa.Column("name", Exact, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("public_pattern", sa.Text(), nullable=True),
        sa.Column("updated_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_secret_account_id")),
        sa.PrimaryKeyConstraint("account_id", "name", name=op.f("pk_account_secret")),
    )
    op.create_table(
        "account_storage",
        sa.Column("account_id", Key, autoincrement=False, nullable=False),
        sa.Column("key", Exact, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_storage_account_id")),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_account_storage")),
    )
    op.create_table(
        "consent",
        sa.Column("id", Key, nullable=False),
        sa.Column("contact_id", Key, nullable=False),
        sa.Column("category_id", Key, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("from_where", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('given', 'withdrawn')", name=op.f("ck_consent_state")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_consent_category_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_consent_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_contact_id_at"), "consent", ["contact_id", "at"], unique=False)
    op.create_table(
        "contact_address",
        sa.Column("contact_id", Key, nullable=False),
        sa.Column("address_id", Key, nullable=False),
        sa.Column("kind", Exact, nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_contact_address_address_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_address_contact_id")),
        sa.PrimaryKeyConstraint("contact_id", "address_id", name=op.f("pk_contact_address")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_contact_address_address_id_contact_id"),
        "contact_address",
        ["address_id", "contact_id"],
        unique=False,
    )
    op.create_index(
        "uq_contact_address_primary",
        "contact_address",
        ["contact_id", "kind"],
        unique=True,
        sqlite_where=sa.text("is_primary"),
        postgresql_where=sa.text("is_primary"),
    )
    op.create_table(
        "host_approval",
        sa.Column("account_id", Key, autoincrement=False, nullable=False),
        sa.Column("scheme", Exact, nullable=False),
        sa.Column("pattern", Exact, nullable=False),
        sa.Column("port", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("secrets", Json, nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("approved_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_host_approval_account_id")),
        sa.PrimaryKeyConstraint("account_id", "scheme", "pattern", "port", name=op.f("pk_host_approval")),
    )
    op.create_table(
        "segment_member",
        sa.Column("segment_id", Key, nullable=False),
        sa.Column("contact_id", Key, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_segment_member_contact_id")),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"], name=op.f("fk_segment_member_segment_id")),
        sa.PrimaryKeyConstraint("segment_id", "contact_id", name=op.f("pk_segment_member")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_segment_member_contact_id"), "segment_member", ["contact_id"], unique=False)
    op.create_table(
        "subscription",
        sa.Column("contact_id", Key, nullable=False),
        sa.Column("category_id", Key, nullable=False),
        sa.Column("subscribed", sa.Boolean(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_subscription_category_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_subscription_contact_id")),
        sa.PrimaryKeyConstraint("contact_id", "category_id", name=op.f("pk_subscription")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_subscription_category_id_subscribed_contact_id"),
        "subscription",
        ["category_id", "subscribed", "contact_id"],
        unique=False,
    )
    op.create_table(
        "template_html",
        sa.Column("template_id", Key, nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("fetched_at", Instant, nullable=False),
        sa.Column("service_updated_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["template_id"], ["template.id"], name=op.f("fk_template_html_template_id")),
        sa.PrimaryKeyConstraint("template_id", name=op.f("pk_template_html")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE event_default PARTITION OF event DEFAULT")
        op.execute("CREATE TABLE inbox_default PARTITION OF inbox DEFAULT")
        op.execute("CREATE TABLE module_call_default PARTITION OF module_call DEFAULT")


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")
