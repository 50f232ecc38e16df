"""Which columns of a file that comes again are those that were mapped once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from vestnik.contacts.imports.rows import Reading
from vestnik.db import fold

_UTF = frozenset({"utf-8", "utf-8-sig", "utf-16"})


class ColumnsChanged(Exception):
    """The file no longer has what is mapped: a code of `reasons.FETCHES` and its values."""

    def __init__(self, code: str, **values: str | int) -> None:
        super().__init__(code)
        self.code, self.values = code, values


def found_again(
    targets: Sequence[str | None], titles: Sequence[str], present: Sequence[str], *, named: bool
) -> list[str | None]:
    """What each column of the file in hand becomes, with `present` as its titles.

    Columns with names are known by them, wherever they stand; those without by their place. What is new
    is left out; of what is mapped nothing may be missing (`ColumnsChanged`).
    """
    if not named:
        needed = max((place + 1 for place, target in enumerate(targets) if target), default=0)
        if len(present) < needed:
            raise ColumnsChanged("too_few_columns", found=len(present), needed=needed)
        return [*targets[: len(present)], *([None] * (len(present) - len(targets)))]
    wanted = {key: target for key, target in zip(_keys(titles), targets, strict=False) if target}
    called = dict(zip(_keys(titles), titles, strict=True))
    here = list(_keys(present))
    missing = [called[key] or "—" for key in wanted if key not in here]
    if missing:
        raise ColumnsChanged("columns_missing", columns=", ".join(f"«{title}»" for title in missing))
    return [wanted.get(key) for key in here]


def _keys(titles: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Titles as they are compared: of those that repeat, the first, the second and so on."""
    seen: Counter[str] = Counter()
    for title in titles:
        key = fold(" ".join(title.split()))
        seen[key] += 1
        yield key, seen[key]


def read_again(agreed: Reading, guessed: Reading) -> Reading:
    """How the file in hand is read: as agreed, but whether it is Unicode shows the file itself."""
    if agreed.format != guessed.format:
        return Reading(guessed.format, guessed.encoding, guessed.delimiter, guessed.sheet, agreed.header)
    changed = (agreed.encoding in _UTF) != (guessed.encoding in _UTF) or guessed.encoding in _UTF
    encoding = guessed.encoding if changed else agreed.encoding
    return Reading(agreed.format, encoding, agreed.delimiter, agreed.sheet, agreed.header)
