"""E-mail addresses and phones in what was recorded: hidden where it is shown, replaced where it is kept.

Found are addresses also where `@` stands percent-encoded, and phones that look like phones: with a plus, or a
Russian number of eleven digits. A number that only looks like one is hidden too; a replacement is consistent,
so that what belonged together still does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from vestnik.modules.recordings.recorded import Recorded

_EMAIL = r"[\w.+'-]{1,64}(?:@|%40)(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}"
_INTERNATIONAL = r"(?:\+|%2[bB])\d(?:[ ()-]?\d){9,14}"
_RUSSIAN = r"(?<![\w.%+-])[78](?:[ ()-]{0,2}\d){10}(?![\w.-]?\d)"
_PERSONAL = re.compile(rf"({_EMAIL})|({_INTERNATIONAL}|{_RUSSIAN})", re.UNICODE)
_RUSSIAN_NUMBERS = range(70_000_000_000, 90_000_000_000)


def hidden(value: Any) -> Any:
    """The value as it is shown: the first letter and the domain of an address, the end of a phone."""
    return _walked(value, lambda text: _PERSONAL.sub(_hidden, text))


def _hidden(match: re.Match[str]) -> str:
    address, phone = match.groups()
    if address is None:
        return f"***{phone[-2:]}"
    at = "%40" if "@" not in address else "@"
    name, _, domain = address.partition(at)
    return f"{name[:1]}***{at}{domain}"


class Replacement:
    """Other addresses and phones in place of real ones, the same for the same."""

    def __init__(self) -> None:
        self._emails: dict[str, str] = {}
        self._phones: dict[str, str] = {}

    def of(self, value: Any) -> Any:
        """The value with every address and phone replaced."""
        return _walked(value, lambda text: _PERSONAL.sub(self._replaced, text), self._number)

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
        address, phone = match.groups()
        if address is None:
            return self._phone(phone)
        at = "%40" if "@" not in address else "@"
        key = address.replace("%40", "@").casefold()
        other = self._emails.setdefault(key, f"reader{len(self._emails) + 1}@example.com")
        return other.replace("@", at)

    def _phone(self, phone: str) -> str:
        digits = re.sub(r"\D", "", re.sub(r"^%2[bB]", "", phone))
        other = self._phones.setdefault(digits[-10:], f"{len(self._phones) + 1:010d}")
        prefix = re.match(r"\+|%2[bB]", phone)
        return f"{prefix.group() if prefix else ''}{digits[:-10]}{other}"

    def _number(self, number: int) -> int:
        """A phone that a service writes as a number."""
        return int(self._phone(str(number))) if number in _RUSSIAN_NUMBERS else number


def _walked(value: Any, text: Callable[[str], str], number: Callable[[int], int] | None = None) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bytes):
        return text(value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    if isinstance(value, Mapping):
        return {_walked(key, text): _walked(each, text, number) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_walked(each, text, number) for each in value]
    if number is not None and type(value) is int:
        return number(value)
    return value
