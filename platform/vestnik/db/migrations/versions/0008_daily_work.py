"""Daily work: when contacts were last active, which alike ones are different people, how far erasures are."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Exact, Instant, Json, Key

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New tables are empty; new columns say "no" or nothing."""
    _contacts()
    _privacy()


def _contacts() -> None:
    # Events that are there already are read as if they were new: the reader begins with the first.
    op.add_column("contact", sa.Column("last_activity_at", Instant, server_default="0", nullable=False))
    op.create_index(
        op.f("ix_contact_last_activity_at_id"), "contact", ["last_activity_at", "id"], unique=False
    )
    op.create_table(
        "event_reader",
        sa.Column("name", Exact, nullable=False),
        sa.Column("done_to", Key, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_event_reader")),
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


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")
