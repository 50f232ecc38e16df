"""Limits of attempts that all processes count together, on PostgreSQL.

Each process decides at once, by what it knows, and tells what it counted some moments later: all keys in
one statement, whose answer says how far all processes together are ahead of the pace (a row of `pace`, as of
any other rate). What several processes let through before they had told each other comes off what they let
through next. Keys are people's addresses: only keyed hashes of them are told.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

import msgspec
import structlog

from vestnik.db import Database

TELL_EVERY_S = 0.5
#: News that could not be told are kept for so many keys.
UNTOLD = 20_000
_HASH_DIGITS = 40

_TELL = """
INSERT INTO pace AS p (key, tat_us, urgent_until_us, other_until_us, passed)
SELECT r.key, CAST(extract(epoch FROM statement_timestamp()) * 1000000 AS bigint) + r.cost, 0, 0, 0
FROM json_to_recordset(CAST(%(rows)s AS json)) AS r(key text, cost bigint) ORDER BY r.key
ON CONFLICT (key) DO UPDATE SET tat_us = EXCLUDED.tat_us
  + greatest(p.tat_us - CAST(extract(epoch FROM statement_timestamp()) * 1000000 AS bigint), 0)
RETURNING p.key,
  p.tat_us - CAST(extract(epoch FROM statement_timestamp()) * 1000000 AS bigint) AS behind_us
"""

_encode = msgspec.json.Encoder().encode
log = structlog.get_logger("vestnik.engine")


class Limit(Protocol):
    """A limit that counts in one process."""

    @property
    def seconds_each(self) -> float:
        """How many seconds one attempt costs."""
        ...

    def news(self) -> Mapping[str, int]:
        """How many attempts were counted for each key since the last time."""
        ...

    def learn(self, key: str, behind_s: float) -> None:
        """Of a key all processes have let through what takes so many seconds to make up for."""
        ...


class SharedLimits:
    """Tells other processes what this one counts. `hashed` stands for a key; `limits` are by their names."""

    def __init__(
        self,
        database: Database,
        hashed: Callable[[str], str],
        limits: Callable[[], Mapping[str, Limit]],
    ) -> None:
        self._database, self._hashed, self._limits = database, hashed, limits
        self._untold: Counter[tuple[str, str]] = Counter()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tell and learn until the end; on SQLite there is nobody to tell."""
        if self._database.on_sqlite:
            yield
            return
        telling = asyncio.create_task(self._tell_again())
        try:
            yield
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    async def tell(self) -> None:
        """Tell what was counted since the last time, and learn what others counted of the same keys."""
        limits = self._limits()
        for name, limit in limits.items():
            for key, count in limit.news().items():
                self._untold[name, key] += count
        told, self._untold = self._untold, Counter()
        costs = {
            f"limit:{self._hashed(f'{name}:{key}')[:_HASH_DIGITS]}": (
                limits[name],
                key,
                round(count * limits[name].seconds_each * 1e6),
            )
            for (name, key), count in told.items()
            if count and name in limits
        }
        if not costs:
            return
        rows = [{"key": hashed, "cost": cost} for hashed, (_, _, cost) in costs.items()]
        try:
            found = await self._database.alone(_TELL, {"rows": _encode(rows).decode()})
        except BaseException:
            self._untold = Counter(dict(told.most_common(UNTOLD)))
            raise
        for row in found:
            limit, key, _ = costs[row.key]
            limit.learn(key, max(0, row.behind_us) / 1e6)

    async def _tell_again(self) -> None:
        while True:
            try:
                await self.tell()
            except Exception as error:
                log.warning("limits.not_told", error=type(error).__name__)
            await asyncio.sleep(TELL_EVERY_S)
