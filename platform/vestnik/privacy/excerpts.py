"""What a text says of one person, and of nobody else: what an erasure would change, and what it belongs to.

The rule, which docs/security.md tells a reader: of a plain text the line (in a form or a link the parameter)
that names the person. Of JSON the smallest object, or row of a table, that names the person, under the keys
that lead to it; of a list only such elements. Beside it other people's addresses and phones are masked, what
is nested there and names others is left out, and so are values that are secrets by their names.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Any
from urllib.parse import unquote

from vestnik.masking import masked, masked_number, without_people
from vestnik.privacy.search import Search

#: Of a longer line so much is shown before and after the person's name; of another long text the beginning.
AROUND_BYTES = 1_000
#: What stands for a value that is left out.
LEFT_OUT = "…"

_ENDS = re.compile(rb"[\r\n&]")
#: A long line is not cut within a word: it may be half of somebody's address.
_BETWEEN_WORDS = re.compile(rb"[\s,;|<>\"']")
_SECRET = re.compile(
    r"pass(?:word|wd|phrase)|secret|token|apikey|authorization|cookie|csrf|signature|session"
)
_IN_NAMES = re.compile(r"[-_ ]")
_NAME_CHARACTERS = 60
#: What JSON nests; a union in its place would be made anew for each value.
_NESTED = (dict, list)
_QUOTED = re.compile(r"%[0-9a-fA-F]{2}")
#: The bytes of one character of UTF-8 that a cut may leave.
_OF_A_CHARACTER = 4


class Excerpts:
    """Cuts what concerns one person out of texts that a `Search` for the person would change."""

    def __init__(self, search: Search) -> None:
        self.search = search

    def of(self, value: Any, *, row: bool = False) -> Any:
        """What a stored text, its bytes or a JSON value says of the person; None: an erasure changes nothing.

        A list that is a `row` belongs together: it is shown whole.
        """
        if value is None:
            return None
        if isinstance(value, str):
            return self._data(value.encode("utf-8", "surrogatepass"))
        if isinstance(value, bytes | memoryview):
            return self._data(bytes(value))
        return self._changed(value, self.search.value(value), row)

    def beside(self, name: str, value: Any) -> Any:
        """A value that belongs to what names the person: whole, but for secrets and for what names others."""
        inner = _nested(value)
        if _is_secret(name):
            return LEFT_OUT
        if _is_single(inner):
            return self._single(inner)
        return LEFT_OUT if self._names_others(inner) else self._whole(inner)

    def lines(
        self, data: bytes, spans: Sequence[tuple[int, int]], ends: re.Pattern[bytes] = _ENDS
    ) -> list[str]:
        """The lines of a text that have these places, each once, others masked; `ends` is between lines."""
        pieces: list[tuple[int, int]] = []
        for start, stop in spans:
            begin, end = _line(data, start, stop, ends)
            if pieces and begin <= pieces[-1][1]:
                pieces[-1] = (pieces[-1][0], max(end, pieces[-1][1]))
            else:
                pieces.append((begin, end))
        return [_unquoted(self._without_others(_decoded(data[begin:end]))).strip() for begin, end in pieces]

    def _data(self, data: bytes) -> Any:
        """As `Search.data` looks for the person: in a document by its members, else in the text of it."""
        if not self.search.may_hold(data):
            return None
        found = self._json(data) if data[:1] in (b"{", b"[") else None
        if found is not None:
            return found
        return self._text(data) if self.search.names(data) else None

    def _json(self, data: bytes) -> Any:
        try:
            value = json.loads(data)
            return self._changed(value, self.search.value(value))
        except (ValueError, RecursionError):  # it only begins as JSON does
            return None

    def _text(self, data: bytes) -> str:
        return "\n".join(self.lines(data, self.search.spans(data) or [(0, len(data))]))

    def _changed(self, value: Any, without: Any, row: bool = False) -> Any:
        """What an erasure would change of a JSON value, in its surroundings."""
        if value == without:
            return None
        if isinstance(value, str):
            return self._changed_text(value, without)
        if isinstance(value, dict):
            return self._changed_object(value, without)
        if isinstance(value, list):
            return self._changed_list(value, without, row)
        return value

    def _changed_text(self, value: str, without: str) -> Any:
        inner = _nested(value)
        if inner is not value and (found := self._changed(inner, _nested(without))) is not None:
            return found
        return self._text(value.encode("utf-8", "surrogatepass"))

    def _changed_object(self, value: Mapping[str, Any], without: Mapping[str, Any]) -> Any:
        if len(value) == 1 and "$bytes" in value:
            return self._data(base64.b64decode(value["$bytes"]))
        if value.keys() == {"$utf8"}:
            return self._changed(value["$utf8"], without.get("$utf8"))
        of_person = any(
            key not in without or (_nested(each) is each and _is_single(each) and each != without[key])
            for key, each in value.items()
        )
        if of_person:
            return {
                self._without_others(key): self._beside(
                    key, each, without[key] if key in without else self.search.value(each)
                )
                for key, each in value.items()
            }
        found = {key: self._changed(each, without[key]) for key, each in value.items()}
        return {key: each for key, each in found.items() if each is not None}

    def _changed_list(self, value: Sequence[Any], without: Sequence[Any], row: bool) -> list[Any]:
        if row:
            return [self._beside("", each, other) for each, other in zip(value, without, strict=True)]
        found = [
            self._changed(each, other, isinstance(each, list))
            for each, other in zip(value, without, strict=True)
        ]
        return [each for each in found if each is not None]

    def _beside(self, name: str, value: Any, without: Any) -> Any:
        found = self._changed(value, without)
        return self.beside(name, value) if found is None else found

    def _whole(self, value: Any) -> Any:
        """An object or a list that names nobody else: it is not asked anew what is in it."""
        if isinstance(value, dict):
            return {key: self._within(key, each) for key, each in value.items()}
        return [self._within("", each) for each in value]

    def _within(self, name: str, value: Any) -> Any:
        if _is_single(value):
            return self.beside(name, value)
        return LEFT_OUT if _is_secret(name) else self._whole(value)

    def _single(self, value: Any) -> Any:
        if isinstance(value, str):
            text = self._without_others(value)
            return text if len(text) <= AROUND_BYTES else text[:AROUND_BYTES] + LEFT_OUT
        return masked_number(value) if type(value) in (int, float) else value

    def _names_others(self, value: Any) -> bool:
        if isinstance(value, dict):
            return any(self._names_others(each) for pair in value.items() for each in pair)
        if isinstance(value, list):
            return any(self._names_others(each) for each in value)
        if isinstance(value, str):
            return self._without_others(value) != value
        return type(value) in (int, float) and masked_number(value) != value

    def _without_others(self, text: str) -> str:
        """The text with everybody's addresses and phones masked but the person's own."""
        return without_people(
            text, lambda match: match.group() if self.search.holds(match.group()) else masked(match)
        )


def _is_secret(name: str) -> bool:
    return _is_secret_name(name) if len(name) <= _NAME_CHARACTERS else _tells_of_secret(name)


def _tells_of_secret(name: str) -> bool:
    return _SECRET.search(_IN_NAMES.sub("", name.lower())) is not None


#: The names of fields are the same few again and again.
_is_secret_name = lru_cache(maxsize=1_000)(_tells_of_secret)


def _is_single(value: Any) -> bool:
    return not isinstance(value, _NESTED)


def _nested(value: Any) -> Any:
    """The JSON that a text is; any other value itself."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):  # it only begins as JSON does
            return value
    return value


def _line(data: bytes, start: int, stop: int, ends: re.Pattern[bytes]) -> tuple[int, int]:
    """Where the line around a place begins and ends; of a long one, so much that no word is cut."""
    before, after = max(0, start - AROUND_BYTES), min(len(data), stop + AROUND_BYTES)
    found = [match.end() for match in ends.finditer(data, before, start)]
    if not found and before > 0:
        found = [match.end() for match in _BETWEEN_WORDS.finditer(data, before, start)][:1] or [start]
    begin = found[-1] if found else before
    if (end := ends.search(data, stop, after)) is not None:
        return begin, end.start()
    if after == len(data):
        return begin, after
    between = [match.start() for match in _BETWEEN_WORDS.finditer(data, stop, after)]
    return begin, between[-1] if between else stop


def _unquoted(text: str) -> str:
    """A text of a form or a link as it is read."""
    if _QUOTED.search(text) is None:
        return text
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:  # so WINDOWS-1251 stands in forms, too
        return unquote(text, "cp1251")


def _decoded(piece: bytes) -> str:
    """A piece of a text in UTF-8, whose first and last character may be cut, or in WINDOWS-1251."""
    for before, after in product(range(_OF_A_CHARACTER), repeat=2):
        try:
            return piece[before : len(piece) - after].decode()
        except UnicodeDecodeError:  # cut off one byte more
            continue
    return piece.decode("cp1251", "replace")
