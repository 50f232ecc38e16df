"""Deals, orders and job tickets; addresses of clients."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Exact, Instant, Json, Key
from vestnik.db.search import create_index

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New tables are empty; every client that there is was named by somebody, none had phones of its own."""
    _clients()
    _deals()
    _orders()
    _tickets()
    for table, column in (
        ("deal", "title_folded"),
        ("sales_order", "title_folded"),
        ("job_ticket", "item_folded"),
    ):
        create_index(op.get_bind(), table, column)


def _clients() -> None:
    op.add_column(
        "client", sa.Column("name_pending", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.drop_column("client", "phones")
    op.create_table(
        "client_address",
        sa.Column("client_id", Key, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("normalised", Exact, nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('email', 'phone')", name=op.f("ck_client_address_kind")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_client_address_client_id")),
        sa.PrimaryKeyConstraint("client_id", "kind", "normalised", name=op.f("pk_client_address")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_client_address_kind_normalised"), "client_address", ["kind", "normalised"], unique=False
    )


def _deals() -> None:
    op.create_table(
        "deal_stage",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_folded", Exact, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("archived_at", Instant, nullable=True),
        sa.CheckConstraint("kind IN ('open', 'won', 'lost')", name=op.f("ck_deal_stage_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_stage")),
        sa.UniqueConstraint("name_folded", name=op.f("uq_deal_stage_name_folded")),
    )
    op.create_table(
        "deal",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("number", Key, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_folded", Exact, nullable=False),
        sa.Column("client_id", Key, nullable=True),
        sa.Column("contact_id", Key, nullable=True),
        sa.Column("stage_id", Key, nullable=False),
        sa.Column("sum", sa.Text(), nullable=True),
        sa.Column("responsible_id", Key, nullable=True),
        sa.Column("source_kind", sa.String(length=16), nullable=True),
        sa.Column("source_id", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("closed_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_deal_client_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_deal_contact_id")),
        sa.ForeignKeyConstraint(["stage_id"], ["deal_stage.id"], name=op.f("fk_deal_stage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal")),
        sa.UniqueConstraint("number", name=op.f("uq_deal_number")),
        sa.UniqueConstraint("source_kind", "source_id", name=op.f("uq_deal_source_kind_source_id")),
    )
    for column in ("client_id", "contact_id", "stage_id", "responsible_id"):
        op.create_index(op.f(f"ix_deal_{column}"), "deal", [column], unique=False)


def _orders() -> None:
    op.create_table(
        "sales_order",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("number", Key, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_folded", Exact, nullable=False),
        sa.Column("client_id", Key, nullable=True),
        sa.Column("contact_id", Key, nullable=True),
        sa.Column("deal_id", Key, nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("responsible_id", Key, nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("layouts", Json, nullable=False),
        sa.Column("sum", sa.Text(), nullable=True),
        sa.Column("source_kind", sa.String(length=16), nullable=True),
        sa.Column("source_id", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("closed_at", Instant, nullable=True),
        sa.CheckConstraint(
            "state IN ('new', 'in_work', 'done', 'cancelled')", name=op.f("ck_sales_order_state")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_sales_order_client_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_sales_order_contact_id")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_sales_order_deal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_order")),
        sa.UniqueConstraint("number", name=op.f("uq_sales_order_number")),
        sa.UniqueConstraint("source_kind", "source_id", name=op.f("uq_sales_order_source_kind_source_id")),
    )
    for column in ("client_id", "contact_id", "deal_id", "responsible_id"):
        op.create_index(op.f(f"ix_sales_order_{column}"), "sales_order", [column], unique=False)
    op.create_table(
        "order_line",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("order_id", Key, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("item", *_MADE_OF)),
        *(sa.Column(name, sa.Text(), nullable=True) for name in (*_SIZES, "price", "amount")),
        sa.Column("is_service", sa.Boolean(), nullable=False),
        sa.Column("works", Json, nullable=False),
        sa.Column("extra", Json, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_order_line_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
    )
    op.create_index(
        op.f("ix_order_line_order_id_position"), "order_line", ["order_id", "position"], unique=False
    )


_MADE_OF = ("machine_code", "resolution", "material", "material_code")
_SIZES = ("width", "height", "quantity")


def _tickets() -> None:
    op.create_table(
        "job_ticket",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("number", Key, nullable=False),
        sa.Column("order_id", Key, nullable=False),
        sa.Column("line_id", Key, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("responsible_id", Key, nullable=True),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("item_folded", Exact, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _MADE_OF),
        *(sa.Column(name, sa.Text(), nullable=True) for name in _SIZES),
        sa.Column("works", Json, nullable=False),
        sa.Column("layouts", Json, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("closed_at", Instant, nullable=True),
        sa.CheckConstraint(
            "state IN ('new', 'in_work', 'done', 'cancelled')", name=op.f("ck_job_ticket_state")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_job_ticket_order_id")),
        sa.ForeignKeyConstraint(["line_id"], ["order_line.id"], name=op.f("fk_job_ticket_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_ticket")),
        sa.UniqueConstraint("number", name=op.f("uq_job_ticket_number")),
        sa.UniqueConstraint("line_id", name=op.f("uq_job_ticket_line_id")),
    )
    for column in ("order_id", "responsible_id"):
        op.create_index(op.f(f"ix_job_ticket_{column}"), "job_ticket", [column], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")
