"""Budgets that all processes keep together, on PostgreSQL: rates of requests, and places in flight.

A plug of `egress.SharedBudgets`. Each question is one short statement that is committed by itself, by the
database's clock: nothing is locked while a process thinks, or freezes, and the writer has no part in it. A
rate is a row by GCRA. Places are a row that names what each process holds and wants; it is changed only as it
was read, so that two processes never divide the same places twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

import msgspec

from vestnik.db import Database
from vestnik.engine.sharing import Claim, claimed

#: Whoever waits is remembered for so long past the time at which it asks again.
REMEMBERED_S = 1.0
#: Whoever lets another go first asks again so soon.
YIELD_S = 0.05
_ATTEMPTS = 20
#: Rows that have meant nothing for so long go.
KEPT_S = 60.0

_RATES = "json_to_recordset(CAST(%(rates)s AS json))"
_NOW = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"
_TAKE = f"""
WITH clock AS MATERIALIZED (SELECT {_NOW} AS at),
wanted AS MATERIALIZED (SELECT * FROM {_RATES} AS r(key text, step bigint, slack bigint)),
held AS MATERIALIZED (
  SELECT p.key, p.tat_us <= c.at + w.slack AS due,
    CASE WHEN %(urgent)s THEN p.passed < %(passes)s OR p.other_until_us <= c.at
      ELSE p.passed >= %(passes)s OR p.urgent_until_us <= c.at END AS first
  FROM pace AS p JOIN wanted AS w ON w.key = p.key CROSS JOIN clock AS c ORDER BY p.key FOR UPDATE OF p),
verdict AS MATERIALIZED (SELECT count(*) = %(count)s AND bool_and(due AND first) AS taken FROM held)
UPDATE pace AS p SET
  tat_us = CASE WHEN v.taken THEN greatest(p.tat_us, c.at) + w.step ELSE p.tat_us END,
  passed = CASE WHEN NOT v.taken THEN p.passed
    WHEN %(urgent)s AND p.other_until_us > c.at THEN p.passed + 1 ELSE 0 END,
  urgent_until_us = CASE WHEN NOT %(urgent)s THEN p.urgent_until_us WHEN v.taken THEN 0
    ELSE greatest(p.tat_us - w.slack, c.at) + %(remembered)s END,
  other_until_us = CASE WHEN %(urgent)s THEN p.other_until_us WHEN v.taken THEN 0
    ELSE greatest(p.tat_us - w.slack, c.at) + %(remembered)s END
FROM wanted AS w, clock AS c, verdict AS v, held AS h
WHERE p.key = w.key AND h.key = w.key
RETURNING p.key, v.taken, h.first, p.tat_us - w.slack - c.at AS wait_us, p.tat_us
"""  # noqa: S608  # our own names
_NEW = f"""
INSERT INTO pace (key, tat_us, urgent_until_us, other_until_us, passed)
SELECT key, 0, 0, 0, 0 FROM {_RATES} AS r(key text) ON CONFLICT (key) DO NOTHING
"""  # noqa: S608
_GIVE_BACK = f"""
UPDATE pace AS p SET tat_us = p.tat_us - r.step FROM {_RATES} AS r(key text, step bigint, mark bigint)
WHERE p.key = r.key AND p.tat_us = r.mark
"""  # noqa: S608
_FORGET = """
DELETE FROM {table} WHERE key IN (
  SELECT key FROM {table} WHERE {over} < {now} - %(kept)s FOR UPDATE SKIP LOCKED)
"""
_FORGET_RATES = _FORGET.format(
    table="pace", over="greatest(tat_us, urgent_until_us, other_until_us)", now=_NOW
)
_FORGET_SHARES = _FORGET.format(table="pace_share", over="until_us", now=_NOW)
_READ = f"""
SELECT {_NOW} AS at, s.version, s.holders
FROM (SELECT 1 AS one) AS always LEFT JOIN pace_share AS s ON s.key = %(key)s
"""  # noqa: S608
_BEGIN = """
INSERT INTO pace_share (key, version, holders, until_us) VALUES (%(key)s, %(mark)s, %(holders)s, %(until)s)
ON CONFLICT (key) DO NOTHING RETURNING version
"""
_CHANGE = """
UPDATE pace_share SET version = %(mark)s, holders = %(holders)s, until_us = %(until)s
WHERE key = %(key)s AND version = %(version)s RETURNING version
"""

_encode = msgspec.json.Encoder().encode
_claims = msgspec.json.Decoder(dict[str, Claim]).decode


class Contended(RuntimeError):
    """Others changed a row each time that this process wanted to."""


class SharedPaces:
    """The budgets of all processes, as one of them sees them. `own_id` is the process; none has it twice."""

    def __init__(self, database: Database, own_id: str | None = None) -> None:
        self._database = database
        self._own_id = own_id or secrets.token_hex(8)

    async def take(
        self, rates: Sequence[tuple[str, int, int]], *, urgent: bool, passes: int
    ) -> Sequence[tuple[float, int]]:
        """Take one request of each rate (key, µs between two, µs early at most), or of none.

        For each of them the seconds to wait, and a mark; all wait 0.0 when they are taken.
        """
        keys = [key for key, _, _ in rates]
        values = {
            "rates": _rows(rates, "slack"),
            "count": len(rates),
            "urgent": urgent,
            "passes": passes,
            "remembered": round(REMEMBERED_S * 1e6),
        }
        rows = await self._database.alone(_TAKE, values)
        if len(rows) < len(rates):
            await self._database.alone(_NEW, {"rates": _rows(rates, "slack")})
            rows = await self._database.alone(_TAKE, values)
        if len(rows) < len(rates):
            raise Contended("a row of a rate went as soon as it came")
        found = {row.key: row for row in rows}
        if found[keys[0]].taken:
            return [(0.0, found[key].tat_us) for key in keys]
        return [
            (max(found[key].wait_us / 1e6, 0.0 if found[key].first else YIELD_S), found[key].tat_us)
            for key in keys
        ]

    async def give_back(self, rates: Sequence[tuple[str, int, int]]) -> None:
        """Undo a `take` of rates (key, µs between two, mark), where nothing was taken since."""
        await self._database.alone(_GIVE_BACK, {"rates": _rows(rates, "mark")})

    async def share(
        self, key: str, size: int, *, in_use: int, wanted: int, urgent: bool, lease_s: float
    ) -> int:
        """How many of `size` places this process may use from now on, for `lease_s`."""
        for _ in range(_ATTEMPTS):
            now_us, version, claims = await self._claims(key)
            allowed, claims = claimed(
                size,
                claims,
                self._own_id,
                now_us,
                in_use=in_use,
                wanted=wanted,
                urgent=urgent,
                lease_us=round(lease_s * 1e6),
            )
            if await self._change(key, version, claims):
                return allowed
        raise Contended(key)

    async def leave(self, key: str) -> None:
        """Hold no share any more."""
        for _ in range(_ATTEMPTS):
            _, version, claims = await self._claims(key)
            if claims.pop(self._own_id, None) is None or await self._change(key, version, claims):
                return
        raise Contended(key)

    async def forget(self) -> None:
        """Take away rows that mean nothing any more."""
        for statement in (_FORGET_RATES, _FORGET_SHARES):
            await self._database.alone(statement, {"kept": round(KEPT_S * 1e6)})

    async def _claims(self, key: str) -> tuple[int, int | None, dict[str, Claim]]:
        row = (await self._database.alone(_READ, {"key": key}))[0]
        return row.at, row.version, {} if row.version is None else _claims(row.holders)

    async def _change(self, key: str, version: int | None, claims: Mapping[str, Claim]) -> bool:
        values = {
            "key": key,
            "version": version,
            "mark": secrets.randbits(62),  # rows may go and come again: a count would begin anew
            "holders": _encode(claims).decode(),
            "until": max((claim.until_us for claim in claims.values()), default=0),
        }
        return bool(await self._database.alone(_BEGIN if version is None else _CHANGE, values))


def _rows(rates: Sequence[tuple[str, int, int]], third: str) -> str:
    return _encode([{"key": key, "step": step, third: value} for key, step, value in rates]).decode()
