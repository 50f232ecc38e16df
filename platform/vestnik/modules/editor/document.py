"""The module's text as an editor and its language server have it, never larger than a module may be.

An editor sends the whole text once and then what changes. The bridge applies the changes too, since nothing
else tells how large the text has become.
"""

from __future__ import annotations

import re
from typing import Any

from vestnik.modules.sources.packages import SOURCE_BYTES

Change = dict[str, Any]

#: A line with its end, as the protocol has it.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


class ChangeRefused(Exception):
    """A change that can't be applied: its shape is wrong, or its place is not in the text."""


class TooLarge(Exception):
    """The text would become larger than a module's source may be."""


class Document:
    """A text by its lines; every change is applied whole or not at all."""

    def __init__(self) -> None:
        self._lines: list[str] | None = None
        self._bytes = 0

    @property
    def text(self) -> str:
        """The text as it is now; empty before it is opened."""
        return "".join(self._lines or ())

    def open(self, text: Any) -> None:
        """Begin with a text; raises ChangeRefused, TooLarge."""
        if not isinstance(text, str):
            raise ChangeRefused()
        self._bytes = _fitting(_size(text))
        self._lines = _LINE.findall(text)

    def change(self, change: Any) -> Change:
        """Apply a change and return it in the declared shape; raises ChangeRefused, TooLarge."""
        if self._lines is None or not isinstance(change, dict) or not isinstance(change.get("text"), str):
            raise ChangeRefused()
        text: str = change["text"]
        if change.get("range") is None:
            self.open(text)
            return {"text": text}
        (line, character), (last, last_character) = _ends(change["range"])
        if (last, last_character) < (line, character):
            raise ChangeRefused()
        before = self._line(line)[: self._index(line, character)]
        after = self._line(last)[self._index(last, last_character) :]
        first = line
        if first and self._lines[first - 1].endswith("\r"):  # with a line feed after it that is one end
            first -= 1
            before = self._lines[first] + before
        removed = sum(map(_size, self._lines[first : last + 1]))
        piece = before + text + after
        self._bytes = _fitting(self._bytes - removed + _size(piece))
        self._lines[first : last + 1] = _LINE.findall(piece)
        span = {
            "start": {"line": line, "character": character},
            "end": {"line": last, "character": last_character},
        }
        return {"range": span, "text": text}

    def _line(self, number: int) -> str:
        """A line; after a last line that has an end there is an empty one."""
        lines = self._lines or []
        if number < len(lines):
            return lines[number]
        if number == len(lines) and (not lines or lines[-1].endswith(("\r", "\n"))):
            return ""
        raise ChangeRefused()

    def _index(self, number: int, character: int) -> int:
        """The place in a line of so many UTF-16 units."""
        line = self._line(number).rstrip("\r\n")
        if line.isascii():
            if character > len(line):
                raise ChangeRefused()
            return character
        units = line.encode("utf-16-le")
        if 2 * character > len(units):
            raise ChangeRefused()
        try:
            return len(units[: 2 * character].decode("utf-16-le"))
        except UnicodeDecodeError:  # between the two halves of one letter
            raise ChangeRefused() from None


def _ends(given: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    if not isinstance(given, dict):
        raise ChangeRefused()
    return _place(given.get("start")), _place(given.get("end"))


def _place(given: Any) -> tuple[int, int]:
    if not isinstance(given, dict):
        raise ChangeRefused()
    line, character = given.get("line"), given.get("character")
    if type(line) is not int or type(character) is not int or line < 0 or character < 0:
        raise ChangeRefused()
    return line, character


def _size(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:  # half a letter
        raise ChangeRefused() from None


def _fitting(size: int) -> int:
    if size > SOURCE_BYTES:
        raise TooLarge()
    return size
