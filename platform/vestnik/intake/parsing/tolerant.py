"""JSON as web sites write it by hand: read strictly first, then with tolerances, each one told with its line.

Tolerated: comments, commas too many, a mark at the beginning, NaN, ends of lines within texts, other
quotation marks, names without them, numbers with a decimal comma, Python's and JavaScript's words. Not
tolerated, for it would be guessing: a text that breaks off, a comma that is missing, a second document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

#: A document may nest so deep, hold so many values, and be so long.
DEPTH = 32
VALUES = 500_000
CHARACTERS = 6_000_000
#: A longer number is kept as the text that it is.
NUMBER_CHARACTERS = 30
#: Lines that are told of one kind of tolerance.
LINES_TOLD = 5


@dataclass(frozen=True, slots=True)
class Tolerated:
    """What was passed over, and where."""

    code: str
    line: int


@dataclass(frozen=True, slots=True)
class Document:
    """A document and what had to be tolerated in it."""

    value: Any
    tolerated: Sequence[Tolerated] = ()


class NotJson(Exception):
    """The text is no document: a code of `reasons`, and the line where that is known."""

    def __init__(self, code: str, line: int | None = None) -> None:
        super().__init__(code)
        self.code, self.line = code, line


def read(text: str) -> Document:
    """The document of a text; `NotJson` says why there is none. Numbers are int or Decimal, never float."""
    if len(text) > CHARACTERS:
        raise NotJson("json_too_long")
    if text.count(",") + text.count("[") + text.count("{") > VALUES:
        raise NotJson("json_too_many_values")
    bare = text.removeprefix("\ufeff")
    stripped = bare.rstrip("\0\x1a \t\r\n")
    try:
        strict = _Strict()
        value = strict.decode(stripped)
    except (ValueError, RecursionError):  # tolerated, or refused with its line, below
        return _Tolerant(bare).document()
    _refuse_too_deep(value)
    return Document(value, [Tolerated("json_repeated_key", 1)] if strict.repeated else ())


class _Strict:
    """The standard library's reader, but for floats and words that JSON does not know."""

    def __init__(self) -> None:
        self.repeated = False

    def decode(self, text: str) -> Any:
        decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_float=number,
            parse_int=number,
            parse_constant=_refuse_constant,
        )
        return decoder.decode(text)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        self.repeated = self.repeated or len(found) < len(pairs)
        return found


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def number(digits: str) -> int | Decimal | str:
    """The number of a JSON literal, exact; a longer one than anybody means stays the text that it is."""
    if len(digits) > NUMBER_CHARACTERS:
        return digits
    if digits.lstrip("-").isdigit():
        return int(digits)
    exact = Decimal(digits)
    return exact if abs(exact.adjusted()) <= NUMBER_CHARACTERS else digits


def _refuse_too_deep(value: Any) -> None:
    level = [value]
    for _ in range(DEPTH + 1):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise NotJson("json_too_deep")


_SPACE = re.compile(r"[ \t\r\n\u00a0\ufeff\u2028\u2029\u200b]+")
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/|#[^\r\n]*", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
#: Within an object a comma and a digit can't be the next name: 2,5 and 1 000,50.
_LOOSE_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:[ \u00a0]\d{3})+|\d+|(?=\.\d))(?:[.,]\d+)?(?![\w.])")
_WORD = re.compile(r"[^\W\d][\w$-]*")
_DIGITS = re.compile(r"\d[\w-]*")
_CLOSING = {'"': '"', "'": "'", "«": "»", "“": "”", "„": "“"}
_PLAIN = {mark: re.compile(rf"[^\\{re.escape(mark)}\x00-\x1f]+") for mark in set(_CLOSING.values())}
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "/": "/"}
_UNICODE = re.compile(r"u([0-9a-fA-F]{4})")
_WORDS: dict[str, Any] = {
    **{"true": True, "false": False, "null": None},
    **{"True": True, "False": False, "None": None, "undefined": None, "NaN": None},
    **{"Infinity": None, "Истина": True, "Ложь": False, "TRUE": True, "FALSE": False, "NULL": None},
}
_STRICT_WORDS = frozenset({"true", "false", "null"})
_PASSED_OVER_AT_END = " \t\r\n\0\x1a;"
_MISSING = object()


class _Tolerant:
    """Reads one document by a loop of its own: what nests deep is refused, not recursed into."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._tolerated: dict[str, list[int]] = {}
        self._counted = 0
        self._line, self._line_at = 1, 0

    def document(self) -> Document:
        """The value of the whole text."""
        value = self._value()
        self._skip()
        rest = self._text[self._at :].strip(_PASSED_OVER_AT_END)
        if rest:
            raise self._refused("json_more_after_end")
        told = (Tolerated(code, line) for code, lines in self._tolerated.items() for line in lines)
        return Document(value, sorted(told, key=lambda each: (each.line, each.code)))

    def _value(self) -> Any:
        """A value with all that is in it; `open` holds what is begun, with the name that it waits for."""
        open: list[tuple[dict[str, Any] | list[Any], str]] = []
        while True:
            self._skip()
            value = self._begun_or_single(within_object=bool(open) and isinstance(open[-1][0], dict))
            if isinstance(value, dict | list):
                if len(open) >= DEPTH:
                    raise self._refused("json_too_deep")
                open.append((value, ""))
                value = _MISSING
            while True:
                if not open:
                    return value
                container, name = open.pop()
                if value is not _MISSING:
                    self._put(container, name, value)
                if self._goes_on(container, is_new=value is _MISSING):
                    open.append((container, self._name() if isinstance(container, dict) else ""))
                    break
                value = container

    def _put(self, container: dict[str, Any] | list[Any], name: str, value: Any) -> None:
        if isinstance(container, list):
            container.append(value)
            return
        if name in container:
            self._note("json_repeated_key")
        container[name] = value

    def _goes_on(self, container: dict[str, Any] | list[Any], *, is_new: bool) -> bool:
        """Whether another member follows; what closes the container is passed."""
        closing = "}" if isinstance(container, dict) else "]"
        self._skip()
        if not is_new:
            if self._peek() == closing:
                self._at += 1
                return False
            if self._peek() != ",":
                raise self._unexpected("json_comma_missing")
            self._at += 1
            self._skip()
        while self._peek() == ",":
            self._note("json_comma")
            self._at += 1
            self._skip()
        if self._peek() == closing:
            if not is_new:
                self._note("json_comma")
            self._at += 1
            return False
        return True

    def _name(self) -> str:
        mark = self._peek()
        if mark in _CLOSING:
            name = self._string(mark)
        elif (word := _WORD.match(self._text, self._at)) or (word := _DIGITS.match(self._text, self._at)):
            self._note("json_bare_name")
            name, self._at = word.group(), word.end()
        else:
            raise self._unexpected("json_name_missing")
        self._skip()
        if self._peek() not in (":", "="):
            raise self._unexpected("json_colon_missing")
        if self._peek() == "=":
            self._note("json_equals")
        self._at += 1
        return name

    def _begun_or_single(self, *, within_object: bool) -> Any:
        self._counted += 1
        if self._counted > VALUES:
            raise self._refused("json_too_many_values")
        mark = self._peek()
        if mark in "{[" and mark:
            self._at += 1
            return {} if mark == "{" else []
        if mark in _CLOSING:
            return self._string(mark)
        if (word := _WORD.match(self._text, self._at)) is not None:
            return self._word(word)
        return self._number(within_object=within_object)

    def _word(self, found: re.Match[str]) -> Any:
        word = found.group()
        if word not in _WORDS:
            raise self._refused("json_bare_text")
        if word not in _STRICT_WORDS:
            self._note("json_word")
        self._at = found.end()
        return _WORDS[word]

    def _number(self, *, within_object: bool) -> Any:
        loose = _LOOSE_NUMBER.match(self._text, self._at)
        strict = _NUMBER.match(self._text, self._at)
        if strict is not None and (
            loose is None or not within_object or loose.end() <= strict.end() or not loose.group()
        ):
            self._at = strict.end()
            return number(strict.group())
        if self._text.startswith("-Infinity", self._at):
            self._note("json_word")
            self._at += len("-Infinity")
            return None
        if loose is not None and loose.group() and (within_object or "," not in loose.group()):
            digits = loose.group()
            self._note("json_number")
            self._at = loose.end()
            # Zeros before it make it a code, not a number.
            return digits if re.match(r"0\d", digits) else re.sub("[ \u00a0]", "", digits)
        raise self._unexpected("json_value_missing")

    def _string(self, mark: str) -> str:
        if mark != '"':
            self._note("json_quotes")
        closing = _CLOSING[mark]
        plain, text = _PLAIN[closing], self._text
        begun, pieces = self._at, list[str]()
        self._at += 1
        while True:
            if (run := plain.match(text, self._at)) is not None:
                pieces.append(run.group())
                self._at = run.end()
            character = self._peek()
            if character == "":
                self._at = begun
                raise self._refused("json_text_open")
            if character == closing:
                self._at += 1
                return _paired("".join(pieces))
            if character == "\\":
                pieces.append(self._escape())
                continue
            self._note("json_control")
            pieces.append(character)
            self._at += 1

    def _escape(self) -> str:
        after = self._text[self._at + 1 : self._at + 2]
        if after in _ESCAPES and after:
            self._at += 2
            return _ESCAPES[after]
        if (code := _UNICODE.match(self._text, self._at + 1)) is not None:
            self._at = code.end()
            return chr(int(code.group(1), 16))
        self._note("json_escape")
        self._at += 1
        if after == "'":
            self._at += 1
            return "'"
        return "\\"

    def _skip(self) -> None:
        while True:
            if (space := _SPACE.match(self._text, self._at)) is not None:
                self._at = space.end()
            comment = _COMMENT.match(self._text, self._at)
            if comment is None:
                return
            self._note("json_comment")
            self._at = comment.end()

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _note(self, code: str) -> None:
        lines = self._tolerated.setdefault(code, [])
        if len(lines) < LINES_TOLD and self._here() not in lines:
            lines.append(self._here())

    def _unexpected(self, code: str) -> NotJson:
        return self._refused("json_breaks_off" if not self._text[self._at :].strip() else code)

    def _refused(self, code: str) -> NotJson:
        return NotJson(code, self._here())

    def _here(self) -> int:
        """The line of the place; counted on from where it was asked for before."""
        if self._at < self._line_at:
            return 1 + self._text.count("\n", 0, self._at)
        self._line += self._text.count("\n", self._line_at, self._at)
        self._line_at = self._at
        return self._line


def _paired(text: str) -> str:
    """The text with its surrogate pairs joined, as JSON's escapes write characters beyond the first plane."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
