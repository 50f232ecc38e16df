"""E-mail addresses and phones in what was recorded: hidden where it is shown, replaced where it is kept.

Found are addresses also where `@` stands percent-encoded or as an escape of JSON, and phones that look like
phones: with a plus, or a Russian number of eleven digits, also as a number of JSON, or of ten with gaps. A
number that only looks like one is hidden too; a replacement is consistent, so that what belonged together
still does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from vestnik.modules.recordings.recorded import Recorded

#: Of a longer text the beginning is shown, and how much is left out.
SHOWN_CHARACTERS = 65_536
#: A cut is made before an address or a phone that it would go through, as far back as this.
CUT_CHARACTERS = 512

_HEX = "[0-9a-fA-F]"
# Escapes of JSON: a letter; what a label of a domain, and the name before the `@`, may have beside letters.
_LETTER = rf"\\u(?:00(?:[46][1-9a-fA-F]|[57][0-9aA]|[c-fC-F]{_HEX})|(?!00){_HEX}{{4}})"
_IN_LABEL = rf"{_LETTER}|\\u00(?:2[dD]|3\d|5[fF])"
_IN_NAME = rf"{_IN_LABEL}|\\u00(?:27|2[bBeE])"
#: Any other escape: what stands after it begins anew, though the escape ends with a letter.
_OTHER = rf"(?<=\\[nrtbf])|(?<=\\u00(?:[0189abAB]{_HEX}|2[0-689acACfF]|3[a-fA-F]|40|5[b-eB-E]|60|7[b-fB-F]))"
_NO_ESCAPE = rf"(?!(?<=\\)(?:[nrtbf]|u{_HEX}{{4}}))"
# Possessive repetitions: a text that nearly is an address costs no more than its length.
_EMAIL = (
    rf"(?:(?<![\w.+'-]){_NO_ESCAPE}|{_OTHER})(?P<name>(?:[\w.+'-]|{_IN_NAME})++)(?P<at>@|%(?:25)?40|\\u0040)"
    rf"(?P<domain>(?:(?:[\w-]|{_IN_LABEL}){{1,63}}+(?:\.|\\u002[eE])){{1,30}}(?:[^\W\d_]|{_LETTER}){{2,24}})"
)
_DIGIT = r"(?:\d|\\u003\d)"
_PLUS = r"(?:\+|%2[bB]|\\u002[bB])"
_INTERNATIONAL = (
    rf"{_PLUS}(?:7|\\u0037)(?:[ ()-]{{0,2}}{_DIGIT}){{10}}(?!{_DIGIT})"
    rf"|{_PLUS}{_DIGIT}(?:[ ()-]{{0,2}}{_DIGIT}){{9,14}}"
)
_RUSSIAN = (
    rf"(?:(?<![\w.%+-]){_NO_ESCAPE}|{_OTHER})(?:[78]|\\u003[78])"
    rf"(?:[ ()-]{{0,2}}{_DIGIT}){{10}}(?![\w.-]?{_DIGIT})"
)
# A mobile number without its country: only where it is written as phones are, with gaps.
_MOBILE = rf"(?<![\w.%+-])\(?9\d\d(?:\) ?|[ -])\d{{3}}[ -]?\d\d[ -]?\d\d(?![\w.-]?{_DIGIT})"
_PHONE = rf"(?P<phone>{_INTERNATIONAL}|{_RUSSIAN}|{_MOBILE})"
_EMAILS, _PHONES = re.compile(_EMAIL), re.compile(_PHONE)
_PERSONAL = re.compile(rf"{_EMAIL}|{_PHONE}")
#: No phone has fewer digits beside each other.
_DIGITS = re.compile(r"\d(?:[ ()-]{0,2}\d){4}")
_RUSSIAN_NUMBERS = (70_000_000_000, 90_000_000_000)
_ESCAPED = re.compile(rf"\\u({_HEX}{{4}})")


def hidden(value: Any) -> Any:
    """The value as it is shown: the first letter and the domain of an address, the end of a phone.

    Long texts are cut, and say so. A large value takes a while: ask for it in a thread.
    """
    return _walked(value, _shown, _hidden_number)


def _shown(text: str) -> str:
    if len(text) <= SHOWN_CHARACTERS:
        return _without_people(text, _hidden)
    shown = text[: _end_of(text)]
    return f"{_without_people(shown, _hidden)}… (+{len(text) - len(shown)} characters)"


def _end_of(text: str) -> int:
    """Where a long text is cut: not in what may be an address or a phone."""
    for end in range(SHOWN_CHARACTERS, SHOWN_CHARACTERS - CUT_CHARACTERS, -1):
        if not (text[end - 1].isalnum() or text[end - 1] in _PARTS):
            return end
    return SHOWN_CHARACTERS - CUT_CHARACTERS


_PARTS = frozenset("@.+'-_% ()\\")


def _without_people(text: str, other: Callable[[re.Match[str]], str]) -> str:
    """The text with `other` in place of every address and phone; most texts have none, and cost nothing."""
    addresses = "@" in text or "%40" in text or "%2540" in text or "\\u0040" in text
    phones = _DIGITS.search(text) is not None or "\\u003" in text
    if addresses:
        return (_PERSONAL if phones else _EMAILS).sub(other, text)
    return _PHONES.sub(other, text) if phones else text


def _hidden(match: re.Match[str]) -> str:
    if match.lastgroup == "phone":
        return f"***{_plain(match['phone'])[-2:]}"
    first = _ESCAPED.match(match["name"])
    return f"{first.group() if first else match['name'][:1]}***{match['at']}{match['domain']}"


def _hidden_number(number: int | float) -> Any:
    return f"***{int(number) % 100:02d}" if _is_phone(number) else number


def _is_phone(number: int | float) -> bool:
    first, end = _RUSSIAN_NUMBERS
    return first <= number < end and number == int(number)


def _plain(text: str) -> str:
    """The text without escapes."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


class Replacement:
    """Other addresses and phones in place of real ones, the same for the same."""

    def __init__(self) -> None:
        self._emails: dict[str, str] = {}
        self._phones: dict[str, str] = {}

    def of(self, value: Any) -> Any:
        """The value with every address and phone replaced."""
        return _walked(value, lambda text: _without_people(text, self._replaced), self._number)

    def recorded(self, recorded: Recorded) -> Recorded:
        """A recorded call with other addresses and phones in everything that a replay reads or compares."""
        return replace(
            recorded,
            arguments=self.of(recorded.arguments),
            settings=self.of(recorded.settings),
            operations=[
                replace(each, argument=self.of(each.argument), answer=self.of(each.answer))
                for each in recorded.operations
            ],
            result=self.of(recorded.result),
            error=self.of(recorded.error),
        )

    def _replaced(self, match: re.Match[str]) -> str:
        if match.lastgroup == "phone":
            return self._phone(match["phone"])
        key = _plain(f"{match['name']}@{match['domain']}").casefold()
        other = self._emails.setdefault(key, f"reader{len(self._emails) + 1}@example.com")
        return other.replace("@", match["at"])

    def _phone(self, phone: str) -> str:
        prefix = re.match(r"\+|%2[bB]|\\u002[bB]", phone)
        kept = prefix.group() if prefix else ""
        digits = re.sub(r"\D", "", _plain(phone.removeprefix(kept)))
        other = self._phones.setdefault(digits[-10:], f"{len(self._phones) + 1:010d}")
        return f"{kept}{digits[:-10]}{other}"

    def _number(self, number: int | float) -> int | float:
        """A phone that a service writes as a number."""
        return type(number)(self._phone(str(int(number)))) if _is_phone(number) else number


def _walked(value: Any, text: Callable[[str], str], number: Callable[[int | float], Any]) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bytes):
        return text(value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    if isinstance(value, Mapping):
        return {_walked(key, text, number): _walked(each, text, number) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_walked(each, text, number) for each in value]
    if type(value) is int or type(value) is float:
        return number(value)
    return value
