"""What one call asked of the host and was answered, in the order of the answers, with the call's clock."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec

from vestnik.modules.recordings.recorded import Operation

#: So much may the operations of a call hold; past it none of them is kept, and the call can't be replayed.
TAPE_BYTES = 4_194_304
#: What a call tells by itself alone: a replay can't get it from anywhere else.
_SPOKEN = ("fetch", "contacts", "storage.")
_encode = msgspec.msgpack.Encoder().encode


class Entry:
    """One operation that was asked for."""

    __slots__ = ("answer", "argument", "asked_after", "at_us", "error", "name")

    def __init__(self, name: str, argument: Any, asked_after: int) -> None:
        self.name, self.argument, self.asked_after = name, argument, asked_after
        self.answer: Any = None
        self.error: tuple[str, str] | None = None
        self.at_us: int | None = None


class Tape:
    """`sandbox.Timekeeper` of a live call: its clock moves to the present with each answer, and is kept."""

    def __init__(self, *, keeps: bool = True) -> None:
        self.clock_us = time.time_ns() // 1000
        self._now_us = self.clock_us
        self._answered: list[Entry] = []
        self._waiting: dict[int, Entry] = {}
        self.bytes = 0
        self._count = 0
        #: Whether the world was asked for anything: a request, contacts, storage.
        self.has_spoken = False
        self.full = not keeps

    def asked(self, name: str, argument: Any) -> Entry:
        """Remember that an operation was asked for."""
        entry = Entry(name, argument, self._count)
        self.has_spoken = self.has_spoken or name.startswith(_SPOKEN)
        if not self.full:
            self._waiting[id(entry)] = entry
            self._grow(argument)
        return entry

    def answered(self, entry: Entry, answer: Any) -> None:
        """Remember its answer, and that this is the present."""
        entry.answer = answer
        if not self.full:
            self._grow(answer)
        self._done(entry)

    def failed(self, entry: Entry, kind: str, message: str) -> None:
        """Remember why there was none."""
        entry.error = (kind, message)
        self._done(entry)

    def operations(self) -> list[Operation]:
        """Everything kept, the unanswered at the end."""
        entries = [*self._answered, *self._waiting.values()]
        return [
            Operation(each.name, each.argument, each.answer, each.error, each.asked_after, each.at_us)
            for each in entries
        ]

    def now_us(self) -> int:
        """The moment of the last answer."""
        return self._now_us

    async def sleep(self, delay_s: float) -> None:
        """Sleep, as an operation like any other."""
        entry = self.asked("sleep", delay_s)
        await asyncio.sleep(delay_s)
        self.answered(entry, None)

    def _done(self, entry: Entry) -> None:
        self._now_us = entry.at_us = max(self._now_us, time.time_ns() // 1000)
        self._count += 1
        if not self.full and self._waiting.pop(id(entry), None) is not None:
            self._answered.append(entry)

    def _grow(self, value: Any) -> None:
        self.bytes += weight(value)
        if self.bytes > TAPE_BYTES:
            self.full = True
            self.bytes = 0
            self._answered.clear()
            self._waiting.clear()


def weight(value: Any) -> int:
    """About how many bytes a plain value takes when it is written down.

    It is asked on the event loop, of values that a module made: so it is one pass in C, whatever their shape.
    """
    try:
        return len(_encode(value))
    except (TypeError, ValueError, OverflowError, RecursionError):  # half of a surrogate pair, a huge number
        return len(repr(value))
