"""Tables of the engine: rate budgets, the turns of periodic work, and which executors are alive."""

import sqlalchemy as sa

from vestnik.db import Instant, Key, metadata

#: One budget: `tat_us` is the theoretical arrival time of GCRA, in microseconds since 1970.
rate = sa.Table(
    "rate",
    metadata,
    sa.Column("account_id", Key, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("tat_us", sa.BigInteger, nullable=False),
)

#: When each kind of periodic work is due; several processes share the turns.
periodic = sa.Table(
    "periodic",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("due_at", Instant, nullable=False),
)

#: Which processes run durable work, and when each was last seen.
executor = sa.Table(
    "executor",
    metadata,
    sa.Column("id", sa.String(128), primary_key=True),
    sa.Column("seen_at", Instant, nullable=False),
)
