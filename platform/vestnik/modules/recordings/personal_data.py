"""E-mail addresses and phones in what was recorded: hidden where it is shown, replaced where it is kept.

A number that only looks like a phone is hidden too; a replacement is consistent, so that what belonged
together still does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from vestnik.masking import is_phone, masked, masked_number, plain, without_people
from vestnik.modules.recordings.recorded import Recorded

#: Of a longer text the beginning is shown, and how much is left out.
SHOWN_CHARACTERS = 65_536
#: A cut is made before an address or a phone that it would go through, as far back as this.
CUT_CHARACTERS = 512


def hidden(value: Any) -> Any:
    """The value as it is shown: the first letter and the domain of an address, the end of a phone.

    Long texts are cut, and say so. A large value takes a while: ask for it in a thread.
    """
    return _walked(value, _shown, masked_number)


def _shown(text: str) -> str:
    if len(text) <= SHOWN_CHARACTERS:
        return without_people(text, masked)
    shown = text[: _end_of(text)]
    return f"{without_people(shown, masked)}… (+{len(text) - len(shown)} characters)"


def _end_of(text: str) -> int:
    """Where a long text is cut: not in what may be an address or a phone."""
    for end in range(SHOWN_CHARACTERS, SHOWN_CHARACTERS - CUT_CHARACTERS, -1):
        if not (text[end - 1].isalnum() or text[end - 1] in _PARTS):
            return end
    return SHOWN_CHARACTERS - CUT_CHARACTERS


_PARTS = frozenset("@.+'-_% ()\\")


class Replacement:
    """Other addresses and phones in place of real ones, the same for the same."""

    def __init__(self) -> None:
        self._emails: dict[str, str] = {}
        self._phones: dict[str, str] = {}

    def of(self, value: Any) -> Any:
        """The value with every address and phone replaced."""
        return _walked(value, lambda text: without_people(text, self._replaced), self._number)

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
        key = plain(f"{match['name']}@{match['domain']}").casefold()
        other = self._emails.setdefault(key, f"reader{len(self._emails) + 1}@example.com")
        return other.replace("@", match["at"])

    def _phone(self, phone: str) -> str:
        prefix = re.match(r"\+|%2[bB]|\\u002[bB]", phone)
        kept = prefix.group() if prefix else ""
        digits = re.sub(r"\D", "", plain(phone.removeprefix(kept)))
        other = self._phones.setdefault(digits[-10:], f"{len(self._phones) + 1:010d}")
        return f"{kept}{digits[:-10]}{other}"

    def _number(self, number: int | float) -> int | float:
        """A phone that a service writes as a number."""
        return type(number)(self._phone(str(int(number)))) if is_phone(number) else number


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
