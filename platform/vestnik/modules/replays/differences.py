"""How two JSON values differ: each place with what stood there before and what stands there after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

#: More differences than this are not listed: by then the values have little in common.
DIFFERENCES = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """One place. What is not there on one side is None there, and `missing` says so."""

    path: str
    before: Any
    after: Any
    missing: Literal["before", "after"] | None = None


def differences(before: Any, after: Any) -> list[Difference]:
    """Where `after` differs from `before`; none for equal values. Keys in order, lists by position."""
    return list(islice(_differences("$", before, after), DIFFERENCES))


def _differences(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            place = f"{path}.{key}"
            if key not in after:
                yield Difference(place, before[key], None, "after")
            elif key not in before:
                yield Difference(place, None, after[key], "before")
            else:
                yield from _differences(place, before[key], after[key])
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        for number in range(max(len(before), len(after))):
            place = f"{path}[{number}]"
            if number >= len(after):
                yield Difference(place, before[number], None, "after")
            elif number >= len(before):
                yield Difference(place, None, after[number], "before")
            else:
                yield from _differences(place, before[number], after[number])
    elif not _same(before, after):
        yield Difference(path, before, after)


def _same(before: Any, after: Any) -> bool:
    """Python calls True and 1 equal; JSON does not."""
    return isinstance(before, bool) == isinstance(after, bool) and bool(before == after)
