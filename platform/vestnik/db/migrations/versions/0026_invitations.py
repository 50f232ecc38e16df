"""Who is invited, with which roles, and the letters that bring the links."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Instant, Json, Key

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_folded", sa.Text(), nullable=False),
        sa.Column("roles", Json, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("invited_by", Key, nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", Instant, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant, nullable=True),
        sa.Column("sent_at", Instant, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["user_account.id"], name=op.f("fk_invitation_invited_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("email_folded", name=op.f("uq_invitation_email_folded")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_invitation_token_digest")),
    )
    op.create_index(op.f("ix_invitation_invited_by"), "invitation", ["invited_by"])
    op.create_index(op.f("ix_invitation_next_at"), "invitation", ["next_at"])


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")
