"""Rate limits in memory: token buckets by key, bounded in number.

Where several processes serve, they tell each other before long what was taken (`news`, `learn`).
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vestnik.http.errors import TooManyRequests

KEYS = 20_000

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class RateLimit:
    """At most `burst` at once for one key, and one more every `seconds_each`.

    A process decides by what it knows. Where others serve too, each learns of what the others let through
    a little later; what was too much by then is made up for. The least recently used key is forgotten
    beyond `KEYS` of them, so an attacker with many addresses can't fill the memory.
    """

    def __init__(self, burst: int, seconds_each: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._seconds_each, self._clock = burst, seconds_each, clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._news: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str) -> None:
        """Count one attempt for `key`; `TooManyRequests` says after how many seconds the next is allowed."""
        now = self._clock()
        bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
        self._buckets.move_to_end(key)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) / self._seconds_each)
        bucket.at = now
        if bucket.tokens < 1:
            raise TooManyRequests(retry_after_s=math.ceil((1 - bucket.tokens) * self._seconds_each))
        bucket.tokens -= 1
        self._note(key, 1)
        if len(self._buckets) > KEYS:
            self._buckets.popitem(last=False)

    def give_back(self, key: str) -> None:
        """Undo one `take`: what succeeded does not count."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.tokens = min(self._burst, bucket.tokens + 1)
            self._note(key, -1)

    @property
    def seconds_each(self) -> float:
        """How many seconds one attempt costs."""
        return self._seconds_each

    def news(self) -> Mapping[str, int]:
        """How many attempts were counted for each key since the last time; from the first time on."""
        news, self._news = self._news or {}, {}
        return {key: count for key, count in news.items() if count}

    def learn(self, key: str, behind_s: float) -> None:
        """Of a key all processes together have let through what takes `behind_s` seconds to make up for."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            untold = (self._news or {}).get(key, 0)
            bucket.tokens = min(self._burst, self._burst - behind_s / self._seconds_each - untold)
            bucket.at = self._clock()

    def _note(self, key: str, count: int) -> None:
        if self._news is not None:
            self._news[key] = self._news.get(key, 0) + count
            if len(self._news) > KEYS:
                del self._news[next(iter(self._news))]


def address_of(text: str) -> IpAddress | None:
    """The address that `text` is. One of IPv4 that a socket of IPv6 writes (`::ffff:…`) is that of IPv4."""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, ipaddress.IPv6Address) else parsed


def network_of(address: str) -> str:
    """The key under which a client is limited: an IPv4 address, or the /64 of an IPv6 one."""
    parsed = address_of(address)
    if parsed is None:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))
