"""Finds a person's values in texts that refer to nobody, and puts others in their place.

Addresses, phones, whole names of two words and more, and long external numbers are found by themselves. What
is no name alone (a first name, a short number, a custom value) is taken away only beside one of these: in the
object of a JSON document that is about the person, or in a whole text that is no JSON.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from vestnik.privacy import spelling

#: What stands in a text instead: such an address and such a phone are nobody's.
WORD = "erased"
EMAIL_DOMAIN = "erased.invalid"
PHONE = "70000000000"

#: A number by which others know a person is looked for by itself from this length on.
IDENTIFIER_CHARACTERS = 6
DIGITS_OF_IDENTIFIER = 8
#: A shorter word beside the person's address is left: it says nothing.
WORD_CHARACTERS = 3

#: Names of fields that are remembered, and how long they may be: those of services, not somebody's thousands.
_NAMES_SEEN = 1_000
_NAME_CHARACTERS = 60

#: What JSON nests; a union in its place would be made anew for each value.
_NESTED = (dict, list)
_SEPARATORS = b" ()-.+"
_BACKSLASHES = re.compile(rb"\\{2,}")


class Wanted(msgspec.Struct, frozen=True):
    """The values of a person, as they are sealed until all is searched."""

    addresses: Sequence[str] = ()
    names: Sequence[str] = ()
    identifiers: Sequence[str] = ()
    values: Sequence[str] = ()


class _Traces:
    """What surely stands where a value does; most texts can hold only the few that are plain letters."""

    def __init__(self, traces: Iterable[bytes]) -> None:
        self._plain: list[bytes] = []
        self._escaped: list[bytes] = []
        self._high: list[bytes] = []
        for trace in dict.fromkeys(traces):
            is_escaped = b"%" in trace or b"\\" in trace
            kind = self._high if not trace.isascii() else self._escaped if is_escaped else self._plain
            kind.append(trace)

    def may_stand_in(self, lower: bytes) -> bool:
        """Whether one of them is in a text of small letters."""
        if _has_one(lower, self._plain):
            return True
        if not lower.isascii() and _has_one(lower, self._high):
            return True
        return (b"%" in lower or b"\\" in lower) and _has_one(lower, self._escaped)


class Search:
    """The search for one person. What it does to a text twice is done once."""

    def __init__(self, wanted: Wanted) -> None:
        emails = [each for each in wanted.addresses if "@" in each]
        phones = [each for each in wanted.addresses if "@" not in each]
        names = [words for each in wanted.names if len(words := _words(each)) > 1]
        sure = [each for each in wanted.identifiers if _tells(each)]
        known = {*wanted.addresses, *sure}
        beside = {
            each
            for each in (
                *(word for text in wanted.names if "@" not in text for word in _words(text)),
                *wanted.identifiers,
                *wanted.values,
            )
            if len(each) >= WORD_CHARACTERS and each not in known
        }
        self._beside = _any(spelling.word(each) for each in sorted(beside, key=len, reverse=True))
        self._emails = [re.compile(spelling.email(each), re.IGNORECASE) for each in emails]
        self._phones = [re.compile(spelling.phone(each), re.IGNORECASE) for each in phones]
        self._words = _any([*map(spelling.name, names), *map(spelling.identifier, sure)])
        self._traces = _Traces(
            trace
            for text in (
                *(each.rpartition("@")[0] for each in emails),
                *sure,
                *(max(words, key=len) for words in names),
            )
            for trace in spelling.traces(text)
        )
        self._digits = [_national(each).encode() for each in phones]
        self._names_seen: dict[str, tuple[str, bool]] = {}
        self._fewest_digits = min(map(len, self._digits), default=0)

    def may_hold(self, data: bytes) -> bool:
        """False where no value is: few looks in C, for most texts hold nothing."""
        lower = data.lower()
        if b"\\\\u" in lower:  # escapes of a document that is a text of another
            lower = _BACKSLASHES.sub(rb"\\", lower)
        return self._traces.may_stand_in(lower) or self._phone_may_stand_in(lower)

    def _phone_may_stand_in(self, lower: bytes) -> bool:
        if not self._digits or len(lower) < self._fewest_digits:
            return False
        if b"%" in lower:
            lower = lower.replace(b"%20", b"").replace(b"%28", b"").replace(b"%29", b"").replace(b"%2d", b"")
        if not lower.isascii():
            lower = lower.replace(b"\xc2\xa0", b"")
        if b"\\u00a0" in lower:
            lower = lower.replace(b"\\u00a0", b"")
        return _has_one(lower.translate(None, _SEPARATORS), self._digits)

    def holds(self, text: str) -> bool:
        """Whether a text holds one of the values that tell by themselves."""
        return self.names(_bytes(text))

    def names(self, data: bytes) -> bool:
        """The same of a text's bytes."""
        return self.may_hold(data) and self._sure(data) != data

    def text(self, text: str) -> str:
        """The text without the person; itself where it holds nothing."""
        data = _bytes(text)
        without = self.data(data)
        return text if without is data else without.decode("utf-8", "surrogatepass")

    def data(self, data: bytes) -> bytes:
        """A text's bytes, in whatever encoding, without the person; themselves where they hold nothing."""
        if not self.may_hold(data):
            return data
        without = self._of_json(data) if data[:1] in b"{[" else None
        if without is None:
            without = self._sure(data)
            if without != data and self._beside is not None:
                without = self._beside.sub(WORD.encode(), without)
        else:
            without = self._sure(without)
        return data if without == data else without

    def spans(self, data: bytes, *, beside: bool = True) -> list[tuple[int, int]]:
        """Where a text names the person; `beside`: also what does so only as it stands beside that."""
        words = (self._words, self._beside if beside else None)
        patterns = [*self._emails, *self._phones, *(each for each in words if each is not None)]
        return sorted(match.span() for pattern in patterns for match in pattern.finditer(data))

    def value(self, value: Any) -> Any:
        """A JSON value without the person; itself where it holds nothing."""
        found, hit = self._walked(value)
        return self._without_words(found) if hit else found

    def _of_json(self, data: bytes) -> bytes | None:
        try:
            value = json.loads(data)
            without = self.value(value)
            if without == value:
                return None
            return json.dumps(without, ensure_ascii=False, separators=(",", ":")).encode(
                "utf-8", "surrogatepass"
            )
        except (ValueError, RecursionError):  # it only begins as JSON does
            return None

    def _sure(self, data: bytes) -> bytes:
        for pattern in self._emails:
            data = pattern.sub(_other_email, data)
        for pattern in self._phones:
            data = pattern.sub(_other_phone, data)
        return data if self._words is None else self._words.sub(WORD.encode(), data)

    def _walked(self, value: Any) -> tuple[Any, bool]:
        """The value, and whether what stands around it is about the person, too."""
        if isinstance(value, str):
            return self._walked_text(value)
        if isinstance(value, dict):
            return self._walked_object(value)
        if isinstance(value, list):
            return self._walked_list(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            text = str(int(value)) if value == value and abs(value) < 1e18 else ""
            hit = any(text.endswith(digits.decode()) for digits in self._digits) and self.holds(text)
            return (int(PHONE), True) if hit else (value, False)
        return value, False

    def _walked_text(self, text: str) -> tuple[str, bool]:
        data = _bytes(text)
        if not self.may_hold(data):
            return text, False
        if text[:1] in ("{", "["):
            try:
                inner, hit = self._walked(json.loads(text))
                written = json.dumps(inner, ensure_ascii=False, separators=(",", ":"))
                return (written if inner != json.loads(text) else text), hit
            except (ValueError, RecursionError):  # it only begins as JSON does
                data = _bytes(text)
        without = self._sure(data)
        return (text, False) if without == data else (without.decode("utf-8", "surrogatepass"), True)

    def _walked_object(self, value: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        if len(value) == 1 and isinstance(packed := value.get("$bytes"), str):
            return self._walked_bytes(packed)
        found: dict[str, Any] = {}
        hits = False
        for key, each in value.items():
            shown, of_key = self._walked_name(key)
            found[shown], of_value = self._walked(each)
            hits = hits or of_key or of_value
        return found, hits

    def _walked_name(self, key: str) -> tuple[str, bool]:
        """The name of a field: the same few come again and again."""
        if len(key) > _NAME_CHARACTERS:
            return self._walked_text(key)
        if (known := self._names_seen.get(key)) is None:
            known = self._walked_text(key)
            if len(self._names_seen) < _NAMES_SEEN:
                self._names_seen[key] = known
        return known

    def _walked_bytes(self, packed: str) -> tuple[dict[str, Any], bool]:
        """Bytes that a recording keeps in Base64."""
        try:
            data = base64.b64decode(packed, validate=True)
        except binascii.Error:  # a text that only looks so
            return {"$bytes": packed}, False
        without = self.data(data)
        if without is data:
            return {"$bytes": packed}, False
        return {"$bytes": base64.b64encode(without).decode()}, True

    def _walked_list(self, value: list[Any]) -> tuple[list[Any], bool]:
        """A list of records, of which only some are about the person, says nothing of what stands around."""
        walked = [self._walked(each) for each in value]
        records = [isinstance(each, _NESTED) for each in value]
        if any(hit for _, hit in walked) and any(
            record and not hit for record, (_, hit) in zip(records, walked, strict=True)
        ):
            return [self._without_words(each) if hit else each for each, hit in walked], False
        return [each for each, _ in walked], any(hit for _, hit in walked)

    def _without_words(self, value: Any) -> Any:
        if self._beside is None:
            return value
        if isinstance(value, str):
            return self._beside.sub(WORD.encode(), _bytes(value)).decode("utf-8", "surrogatepass")
        if isinstance(value, dict):
            return {key: self._without_words(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._without_words(each) for each in value]
        return value


def _has_one(text: bytes, wanted: Iterable[bytes]) -> bool:
    for each in wanted:  # a loop: any() takes three times as long for the one or two that there are
        if each in text:
            return True
    return False


def _other_email(match: re.Match[bytes]) -> bytes:
    return WORD.encode() + match["at"] + EMAIL_DOMAIN.encode()


def _other_phone(match: re.Match[bytes]) -> bytes:
    plus = re.match(rb"\+|%2[bB]|\\u002[bB]", match.group())
    return (plus.group() if plus else b"") + PHONE.encode()


def _national(phone: str) -> str:
    """The digits that every spelling of a phone has beside each other, but for gaps."""
    digits = phone.removeprefix("+")
    return digits[1:] if digits.startswith("7") and len(digits) == 11 else digits


def _tells(identifier: str) -> bool:
    needed = DIGITS_OF_IDENTIFIER if identifier.isdigit() else IDENTIFIER_CHARACTERS
    return len(identifier) >= needed


def _words(text: str) -> list[str]:
    return [] if "@" in text else [word for word in re.split(r"[\s,]+", text) if len(word) > 1]


def _any(patterns: Iterable[bytes]) -> re.Pattern[bytes] | None:
    found = list(patterns)
    return re.compile(b"|".join(found), re.IGNORECASE) if found else None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
