"""Which origins the functions of a module ask for: noted with each recorded call, added up for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from vestnik.egress import EgressError, ExchangeTrace, Target

#: Of one call so many origins are noted: a module that asks for more is looked at in its exchanges.
ORIGINS_OF_A_CALL = 20

_decode = msgspec.json.Decoder(list[tuple[str, str, int, int]]).decode


@dataclass(frozen=True, slots=True)
class OriginUse:
    """How often a function asked an origin, and when last."""

    target: Target
    function: str
    count: int
    last_at: datetime


def origins_of(exchanges: Sequence[ExchangeTrace]) -> str:
    """The origins of a call's requests as JSON: scheme, host, port and how many; "" for none."""
    counts: Counter[Target] = Counter()
    for exchange in exchanges:
        try:
            counts[Target.of(exchange["url"])] += 1
        except EgressError:
            continue  # what was asked for is no address
    noted = [
        (target.scheme, target.host, target.port, count)
        for target, count in counts.most_common(ORIGINS_OF_A_CALL)
    ]
    return msgspec.json.encode(noted).decode() if noted else ""


def uses_of(rows: Iterable[Any]) -> list[OriginUse]:
    """What was noted, added up: the function that asks most often first."""
    counts: Counter[tuple[Target, str]] = Counter()
    last: dict[tuple[Target, str], datetime] = {}
    for row in rows:
        for scheme, host, port, count in _decode(row.hosts):
            key = Target(scheme, host, port), row.function
            counts[key] += count
            last[key] = max(row.started_at, last.get(key, row.started_at))
    return [
        OriginUse(target, function, count, last[target, function])
        for (target, function), count in counts.most_common()
    ]
