"""What an IMAP server says, as values: atoms are `str`, strings `bytes`, NIL None, lists tuples.

Everything here is hostile: whatever is not as RFC 3501 has it raises `Unreadable`.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = "str | bytes | tuple[Value, ...] | None"

#: Lists within lists of an answer, and values in it.
DEPTH = 16
VALUES = 4_096

_STATUSES = frozenset({"OK", "NO", "BAD", "BYE", "PREAUTH"})
_ATOM_END = frozenset(b' ()"{')
_NUMBERS = re.compile(rb"(?: +[0-9]{1,10})* *")
_CODE = re.compile(rb"\[([^\]\x00-\x1f]{1,4000})\]\s?")


class Unreadable(ValueError):
    """An answer that no IMAP server gives."""


@dataclass(frozen=True, slots=True)
class Status:
    """How a command ended, or what the server says by the way: `code` is what stands in brackets."""

    name: str
    code: str = ""
    text: str = ""

    @property
    def ok(self) -> bool:
        """Whether the command was carried out."""
        return self.name == "OK"

    def has(self, code: str) -> bool:
        """Whether the code in brackets is this one."""
        return self.code.partition(" ")[0].upper() == code


@dataclass(frozen=True, slots=True)
class Data:
    """An untagged answer with data; `number` stands before its kind, as in `* 12 FETCH (…)`.

    `numbers` are what SEARCH found: millions of letters take four bytes each.
    """

    kind: str
    number: int | None
    values: tuple[Value, ...] = ()
    numbers: Sequence[int] = ()


def status(line: bytes) -> Status | None:
    """A status answer without its tag; None for data."""
    word, _, rest = line.partition(b" ")
    name = word.upper().decode("ascii", "replace")
    if name not in _STATUSES:
        return None
    code = ""
    if (match := _CODE.match(rest)) is not None:
        code, rest = _text(match[1]), rest[match.end() :]
    return Status(name, code, _text(rest))


def data(parts: Sequence[bytes]) -> Data:
    """Untagged data without its star: text and literals by turns, as they came."""
    if parts[0][:6].upper() == b"SEARCH":
        return _search(parts[0][6:])
    values = tuple(_values(parts))
    match values:
        case (str(number), str(kind), *rest) if number.isascii() and number.isdecimal():
            return Data(kind.upper(), int(number[:10]), tuple(rest))
        case (str(kind), *rest):
            return Data(kind.upper(), None, tuple(rest))
    raise Unreadable("an answer without a kind")


def pairs(value: Value) -> dict[str, Value]:
    """The items of a FETCH answer by name; names of body parts without what stands in brackets."""
    if not isinstance(value, tuple) or len(value) % 2:
        raise Unreadable("an answer to FETCH that is no list of pairs")
    found: dict[str, Value] = {}
    for name, item in zip(value[::2], value[1::2], strict=True):
        if not isinstance(name, str):
            raise Unreadable("an item of FETCH without a name")
        found[name.partition("[")[0].upper()] = item
    return found


def number(value: Value) -> int:
    """A number of up to ten digits."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 10:
        return int(value)
    raise Unreadable("not a number")


def _search(line: bytes) -> Data:
    if _NUMBERS.fullmatch(line) is None:
        raise Unreadable("an answer to SEARCH that is no list of numbers")
    try:
        return Data("SEARCH", None, numbers=array("I", map(int, line.split())))
    except OverflowError:
        raise Unreadable("a number of a letter beyond 32 bits") from None


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").strip()


def _values(parts: Sequence[bytes]) -> Iterator[Value]:
    open_lists: list[list[Value]] = [[]]
    count = 0
    for at, part in enumerate(parts):
        if at % 2:
            open_lists[-1].append(part)
            continue
        for value in _scan(part):
            count += 1
            if count > VALUES:
                raise Unreadable("too many values")
            if value == "(":
                if len(open_lists) > DEPTH:
                    raise Unreadable("too many lists within lists")
                open_lists.append([])
            elif value == ")":
                if len(open_lists) == 1:
                    raise Unreadable("a list that never began")
                closed = tuple(open_lists.pop())
                open_lists[-1].append(closed)
            else:
                open_lists[-1].append(value)
    if len(open_lists) > 1:
        raise Unreadable("a list without an end")
    yield from open_lists[0]


def _scan(line: bytes) -> Iterator[Value]:
    """Tokens of a stretch of text; "(" and ")" stand for themselves."""
    at, end = 0, len(line)
    while at < end:
        byte = line[at]
        if byte == 0x20:
            at += 1
        elif byte in b"()":
            yield chr(byte)
            at += 1
        elif byte == 0x22:
            value, at = _quoted(line, at + 1)
            yield value
        else:
            atom, at = _atom(line, at)
            yield None if atom.upper() == "NIL" else atom


def _quoted(line: bytes, at: int) -> tuple[bytes, int]:
    value = bytearray()
    while at < len(line):
        byte = line[at]
        if byte == 0x22:
            return bytes(value), at + 1
        if byte == 0x5C:
            at += 1
            if at == len(line):
                break
            byte = line[at]
        value.append(byte)
        at += 1
    raise Unreadable("a quotation mark without its end")


def _atom(line: bytes, at: int) -> tuple[str, int]:
    """An atom; what stands in its brackets is a part of it, blanks and lists included."""
    start, within = at, False
    while at < len(line):
        byte = line[at]
        if byte == 0x5B:
            within = True
        elif byte == 0x5D:
            within = False
        elif byte in _ATOM_END and not within:
            break
        at += 1
    if at == start:  # a brace that announces no literal
        raise Unreadable("a character that stands in no atom")
    return line[start:at].decode("ascii", "replace"), at
