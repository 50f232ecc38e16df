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

#: When each kind of periodic work is due, and which process is at it until when; several share the turns.
periodic = sa.Table(
    "periodic",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("holder", sa.String(32)),
    sa.Column("held_until", Instant),
)

#: Which processes run durable work, and when each was last seen.
executor = sa.Table(
    "executor",
    metadata,
    sa.Column("id", sa.String(128), primary_key=True),
    sa.Column("seen_at", Instant, nullable=False),
)

#: A rate that all processes keep together, provider's or door's: GCRA, by a name of any kind. Until when an
#: urgent request waits for it anywhere, and another; and how many urgent ones have passed those that wait.
pace = sa.Table(
    "pace",
    metadata,
    sa.Column("key", sa.String(128), primary_key=True),
    sa.Column("tat_us", sa.BigInteger, nullable=False),
    sa.Column("urgent_until_us", sa.BigInteger, nullable=False),
    sa.Column("other_until_us", sa.BigInteger, nullable=False),
    sa.Column("passed", sa.Integer, nullable=False),
)

#: How processes divide an account's requests in flight: `holders` is JSON, changed by comparing `version`.
pace_share = sa.Table(
    "pace_share",
    metadata,
    sa.Column("key", sa.String(128), primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("holders", sa.Text, nullable=False),
    sa.Column("until_us", sa.BigInteger, nullable=False),
)
