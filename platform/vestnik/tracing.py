"""One id for all that follows from one request: log lines, durable work, calls of modules, their exchanges.

The id is a trace id of W3C Trace Context: 16 bytes, as 32 hexadecimal digits. Whoever begins something opens
it with `under`; what runs inside finds it with `current`. Work that outlives its process takes it along
(`Engine.run`), and work on a stored row has the id that its key gives (`of_key`), however often it is done.

`span` tells an exporter of traces how long a thing took. Without one (`telemetry.py`) it costs a comparison.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import NamedTuple, Protocol, Self

_HEADER = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")
_ID = re.compile(r"[0-9a-f]{32}")
#: Before the key of a stored row: no random id begins like that.
_OF_KEYS = "7665737400000000"


class Origin(NamedTuple):
    """An id, and the span at the caller of which all this is a part."""

    trace_id: str
    parent: str | None = None


_current: ContextVar[Origin | None] = ContextVar("vestnik_trace", default=None)


class Span(Protocol):
    """Something that takes time, while it lasts. Attributes are names and numbers, never people's data."""

    def set(self, name: str, value: str | int | float) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class _Untold:
    """A span that nobody hears of."""

    def set(self, name: str, value: str | int | float) -> None:
        """Nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


_UNTOLD = _Untold()
Begin = Callable[[str, dict[str, str | int | float]], Span]
_begin: Begin | None = None


def span(name: str, **attributes: str | int | float) -> Span:
    """What is done in `with span(…)` as a part of the current trace."""
    return _UNTOLD if _begin is None else _begin(name, attributes)


def tell(begin: Begin | None) -> None:
    """Have spans told to an exporter, or with None to nobody."""
    global _begin
    _begin = begin


def new_id() -> str:
    """An id that nothing else has."""
    return os.urandom(16).hex()


def current() -> str | None:
    """The id of what began this; None where nobody opened one."""
    origin = _current.get()
    return None if origin is None else origin.trace_id


def origin() -> Origin | None:
    """The same with the caller's span."""
    return _current.get()


@contextmanager
def under(trace_id: str | None = None, parent: str | None = None) -> Iterator[str]:
    """What runs inside belongs to this id, or to a new one."""
    found = Origin(trace_id or new_id(), parent)
    token = _current.set(found)
    try:
        yield found.trace_id
    finally:
        _current.reset(token)


@contextmanager
def going_on(origin: Origin | None) -> Iterator[None]:
    """What runs inside, in another thread perhaps, belongs to this; to nothing where it is None."""
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)


def of_key(key: int) -> str:
    """The id of all work on the stored row that has this key."""
    return f"{_OF_KEYS}{key:016x}"


def is_id(text: str) -> bool:
    """Whether a text is an id that Trace Context allows."""
    return _ID.fullmatch(text) is not None and int(text, 16) != 0


def from_header(value: str) -> Origin | None:
    """What a `traceparent` header says; None for one that Trace Context has a receiver disregard."""
    found = _HEADER.fullmatch(value)
    if found is None or value.startswith("ff") or (value.startswith("00") and len(value) != 55):
        return None
    trace_id, parent = found.groups()
    if not is_id(trace_id) or int(parent, 16) == 0:
        return None
    return Origin(trace_id, parent)
