"""Time and chance of one call: from the host when it gives them (a replay is exact), otherwise live.

A given clock stands still but for one microsecond a reading, so that readings differ and stay in order;
it moves over a finished sleep, and with an answer of the host that tells the time.
"""

import datetime as real_datetime
import hashlib
import os
import random
import time as real_time
import uuid
from typing import Any, Final

from vestnik.sandbox.memory import plain

_EPOCH: Final = real_datetime.datetime(1970, 1, 1, tzinfo=real_datetime.UTC)


class Clock:
    """Where every module-visible reading of time comes from."""

    __slots__ = ("_now_us",)

    def __init__(self) -> None:
        self._now_us: int | None = None

    def set(self, now_us: int | None) -> None:
        """Starts a call: microseconds since 1970 in UTC, or None for the machine's own clock."""
        self._now_us = now_us

    def now_us(self) -> int:
        if self._now_us is None:
            return real_time.time_ns() // 1000
        self._now_us += 1
        return self._now_us

    def advance_to(self, moment_us: int) -> None:
        """A sleep has ended, or the host told the time: a given clock shows at least this moment."""
        if self._now_us is not None:
            self._now_us = max(self._now_us, moment_us)

    def monotonic_ns(self) -> int:
        return real_time.monotonic_ns() if self._now_us is None else self.now_us() * 1000


CLOCK: Final = Clock()


class date(real_datetime.date):
    """datetime.date whose today() is the call's."""

    __slots__ = ()
    __module__ = "datetime"

    @classmethod
    def today(cls) -> Any:
        now = datetime.now()
        return cls(now.year, now.month, now.day)


class datetime(real_datetime.datetime, date):
    """datetime.datetime whose now() is the call's; local time in a module is UTC."""

    __slots__ = ()
    __module__ = "datetime"

    @classmethod
    def now(cls, tz: real_datetime.tzinfo | None = None) -> Any:
        moment = _EPOCH + real_datetime.timedelta(microseconds=CLOCK.now_us())
        moment = moment.astimezone(tz) if tz is not None else moment.replace(tzinfo=None)
        return cls.combine(moment.date(), moment.timetz())

    @classmethod
    def utcnow(cls) -> Any:
        return cls.now()

    @classmethod
    def today(cls) -> Any:
        return cls.now()

    @classmethod
    def strptime(cls, text: str, form: str) -> Any:
        return super().strptime(plain(text), plain(form))

    def date(self) -> Any:
        return date(self.year, self.month, self.day)


def time() -> float:
    return CLOCK.now_us() / 1_000_000


def time_ns() -> int:
    return CLOCK.now_us() * 1000


def monotonic() -> float:
    return CLOCK.monotonic_ns() / 1e9


def gmtime(seconds: float | None = None) -> real_time.struct_time:
    return real_time.gmtime(time() if seconds is None else seconds)


def strftime(form: str, moment: Any = None) -> str:
    return real_time.strftime(form, gmtime() if moment is None else moment)


def strptime(text: str, form: str = "%a %b %d %H:%M:%S %Y") -> real_time.struct_time:
    return real_time.strptime(plain(text), plain(form))


TIME_NAMES: Final[dict[str, Any]] = {
    "time": time,
    "time_ns": time_ns,
    "monotonic": monotonic,
    "monotonic_ns": CLOCK.monotonic_ns,
    "perf_counter": monotonic,
    "gmtime": gmtime,
    "localtime": gmtime,
    "strftime": strftime,
    "strptime": strptime,
    "mktime": real_time.mktime,
    "struct_time": real_time.struct_time,
}

DATETIME_NAMES: Final[dict[str, Any]] = {
    "date": date,
    "datetime": datetime,
    "time": real_datetime.time,
    "timedelta": real_datetime.timedelta,
    "timezone": real_datetime.timezone,
    "tzinfo": real_datetime.tzinfo,
    "UTC": real_datetime.UTC,
    "MINYEAR": real_datetime.MINYEAR,
    "MAXYEAR": real_datetime.MAXYEAR,
}


class Chance:
    """Random numbers of a call; with a seed everything that is drawn follows from it."""

    __slots__ = ("_counter", "_key", "numbers")

    def __init__(self) -> None:
        self.numbers = random.Random()  # noqa: S311  # the module's own `random`
        self._key: bytes | None = None
        self._counter = 0

    def set(self, seed: int | None) -> None:
        """Starts a call."""
        self.numbers.seed(seed)
        self._key = None if seed is None else seed.to_bytes(16, "little", signed=True)
        self._counter = 0

    def token_bytes(self, size: int | None = None) -> bytes:
        size = 32 if size is None else size
        if self._key is None:
            return os.urandom(size)
        drawn = bytearray()
        while len(drawn) < size:
            self._counter += 1
            drawn += hashlib.sha256(self._key + self._counter.to_bytes(8, "little")).digest()
        return bytes(drawn[:size])

    def token_hex(self, size: int | None = None) -> str:
        return self.token_bytes(size).hex()

    def randbelow(self, limit: int) -> int:
        """From 0 to limit - 1; 16 bytes more than needed leave no bias worth the name."""
        if limit <= 0:
            raise ValueError("the upper bound must be positive")
        return int.from_bytes(self.token_bytes(limit.bit_length() // 8 + 17), "little") % limit

    def choice(self, values: Any) -> Any:
        return values[self.randbelow(len(values))]

    def uuid4(self) -> uuid.UUID:
        return uuid.UUID(bytes=self.token_bytes(16), version=4)


CHANCE: Final = Chance()
