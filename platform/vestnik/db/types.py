"""Column types: 64-bit keys, instants, JSON, and searched text."""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST, _LAST = ((end.replace(tzinfo=UTC) - EPOCH) // _MICROSECOND for end in (datetime.min, datetime.max))

#: A 64-bit integer key. SQLite numbers rows by itself only for a column declared INTEGER.
Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: A JSON document; indexable on PostgreSQL.
Json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_SURROGATE = re.compile("[\ud800-\udfff]")


def json_text(value: Any) -> str:
    """The text that a JSON column holds: Russian as it is, for rules read every row of it on SQLite.

    Half of a surrogate pair stands in no UTF-8, so that a text with one is escaped.
    """
    text = _json(value)
    return json.dumps(value) if _SURROGATE.search(text) else text


#: Text compared code point by code point on both databases: folded twins, addresses, keys.
Exact = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


class InstantType(sa.types.TypeDecorator[datetime]):
    """An aware datetime, stored as whole microseconds since 1970 UTC. Naive datetimes are refused."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else from_microseconds(int(value))


Instant = InstantType()


def to_microseconds(instant: datetime) -> int:
    """Whole microseconds since 1970 UTC; ValueError without a zone, or beyond the calendar in UTC."""
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {instant.isoformat()}")
    microseconds = (instant - EPOCH) // _MICROSECOND
    if not _FIRST <= microseconds <= _LAST:
        raise ValueError(f"an instant that no calendar shows in UTC: {instant.isoformat()}")
    return microseconds


def from_microseconds(microseconds: int) -> datetime:
    """The aware UTC datetime of a stored instant."""
    return EPOCH + timedelta(microseconds=microseconds)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


#: As many processes can number rows at the same time.
KEY_NUMBERS = 1 << 10


class _KeySource:
    """Time-ordered 63-bit keys: 41 bits of milliseconds since 2024, 10 bits of process, 12 of sequence."""

    _START_MS = 1_704_067_200_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: Of this process; on PostgreSQL no other one has it (`locks.number_keys`).
        self.number = secrets.randbelow(KEY_NUMBERS)
        self._ms = 0
        self._used = 0

    def __call__(self) -> int:
        with self._lock:
            ms = max(time.time_ns() // 1_000_000, self._ms)
            if ms == self._ms:
                self._used += 1
                if self._used >= 1 << 12:
                    ms += 1
                    self._used = 0
            else:
                self._used = 0
            self._ms = ms
            return (ms - self._START_MS) << 22 | self.number << 12 | self._used

    def before(self, instant: datetime) -> int:
        """A key that no key made before the instant is above, and each made at it or later is."""
        return ((to_microseconds(instant) // 1000 - self._START_MS) << 22) - 1


#: A new key for rows that are numbered before they are stored (inbox, events, calls).
new_key = _KeySource()


def instant_of_key(key: int) -> datetime:
    """When `new_key` made the key, to the millisecond."""
    return from_microseconds(((key >> 22) + _KeySource._START_MS) * 1000)
