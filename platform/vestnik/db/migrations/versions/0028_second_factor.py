"""A second factor beside the password, and whether the organisation asks everybody for one."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Instant, Key

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_factor",
        sa.Column("user_id", Key, autoincrement=False, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("since", Instant, nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("new_secret", sa.LargeBinary(), nullable=True),
        sa.Column("new_until", Instant, nullable=True),
        _of_user("second_factor"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        _of_user("recovery_code"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_code_code_hash")),
    )
    op.create_index(op.f("ix_recovery_code_user_id"), "recovery_code", ["user_id"])
    op.create_table(
        "sign_in_step",
        sa.Column("id", Key, nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("made_for", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        _of_user("sign_in_step"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_step")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_sign_in_step_token_digest")),
    )
    op.create_index(op.f("ix_sign_in_step_user_id"), "sign_in_step", ["user_id"])
    op.create_index(op.f("ix_sign_in_step_expires_at"), "sign_in_step", ["expires_at"])
    op.create_table(
        "factor_letter",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant, nullable=True),
        sa.Column("sent_at", Instant, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        _of_user("factor_letter"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_factor_letter")),
    )
    op.create_index(op.f("ix_factor_letter_next_at"), "factor_letter", ["next_at"])
    op.add_column(
        "organisation",
        sa.Column("second_factor_required", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_user_id_user_account")
    return sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=name)
