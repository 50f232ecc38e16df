"""How stored texts may write a person's values, as patterns over bytes.

A value stands in a form, in JSON, in a log as itself, percent-encoded, with JSON's escapes, in UTF-8 or
WINDOWS-1251, in capitals or not; a phone has gaps or lacks its country. Each character becomes the choice
of all of these, so that one pattern finds every mixture.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import permutations
from urllib.parse import quote

#: Between the words of a name, and in a phone.
_SPACE = rb"(?:[\s+,_]|%20|%2[cC]|\\u00a0|\xc2\xa0|\\[nrt]){1,3}"
_GAP = rb"(?:[ ()\-.]|%20|%28|%29|%2[dD]|\xc2\xa0|\\u00a0){0,3}"
_AT = rb"(?P<at>@|%(?:25)?40|\\u0040)"
#: A name begins here: after no letter of another, but an escape ends with one.
_BEGINS = rb"(?:(?<![\w.+'-])|(?<=\\[nrtbf])|(?<=\\u[0-9a-fA-F]{4})|(?<=%[0-9a-fA-F]{2}))"
#: A domain ends here: another may be longer, but for names of files.
_ENDS = rb"(?![\w-])(?!\.(?!csv|xlsx?|txt|tsv|json)[a-zA-Z])"
_DIGIT_BEGINS = rb"(?:(?<!\d)|(?<=\\u[0-9a-fA-F]{4})|(?<=%[0-9a-fA-F]{2}))"

#: Names of more words than these are looked for in their own order only.
_SHUFFLED_WORDS = 3


def email(address: str) -> bytes:
    """The pattern of an e-mail address; its group `at` is how the `@` is written."""
    local, _, domain = address.rpartition("@")
    domains = [_text(domain)]
    if not domain.isascii():
        try:
            domains.append(_text(domain.encode("idna").decode()))
        except UnicodeError:  # a domain that is none to this codec is written in letters alone
            domains = domains[:1]
    return _BEGINS + _text(local) + _AT + b"(?:" + b"|".join(domains) + rb")" + _ENDS


def phone(number: str) -> bytes:
    """The pattern of a phone in E.164: with gaps, without its plus; a Russian one with 8, or with nothing."""
    digits = number.removeprefix("+")
    plus = rb"(?:\+|%2[bB]|\\u002[bB])?"
    if digits.startswith("7") and len(digits) == 11:
        return (
            _DIGIT_BEGINS + b"(?:" + plus + b"[78]" + _GAP + b")?" + _GAP.join(_each(digits[1:])) + rb"(?!\d)"
        )
    return _DIGIT_BEGINS + plus + _GAP.join(_each(digits)) + rb"(?!\d)"


def name(words: list[str]) -> bytes:
    """The pattern of a whole name, its words in any order."""
    orders = permutations(words) if len(words) <= _SHUFFLED_WORDS else [tuple(words)]
    return b"|".join(_SPACE.join(map(_text, order)) for order in orders)


def identifier(text: str) -> bytes:
    """The pattern of a number by which others know the person: not a part of another one."""
    return rb"(?:(?<![\w-])|(?<=%[0-9a-fA-F]{2}))" + _text(text) + rb"(?![\w-])"


def word(text: str) -> bytes:
    """The pattern of a word, or of a whole value."""
    return _SPACE.join(map(_text, text.split()))


def traces(text: str) -> Iterator[bytes]:
    """What surely stands, in small letters, where one of the patterns of a text matches: for a quick look."""
    variants = {text, text.lower(), text.upper(), text.title()}
    variants |= {each.replace("ё", "е").replace("Ё", "Е") for each in variants}
    for each in variants:
        yield each.encode().lower()
        yield quote(each).encode().lower()
        yield each.encode("ascii", "backslashreplace").lower()
        try:
            yield each.encode("cp1251").lower()
            yield quote(each, encoding="cp1251").encode().lower()
        except UnicodeEncodeError:  # this text can't be written in WINDOWS-1251
            continue


def _each(digits: str) -> Iterable[bytes]:
    return (digit.encode() for digit in digits)


def _text(text: str) -> bytes:
    return b"".join(map(_character, text))


def _character(character: str) -> bytes:
    if character.isascii() and character.isalnum():
        return character.encode()
    found: dict[bytes, None] = {}
    for each in {character.lower(), character.upper()} | ({*"ёЁеЕ"} if character in "ёЁеЕ" else set()):
        found[re.escape(each.encode())] = None
        for encoding in ("utf-8", "cp1251"):
            try:
                plain = each.encode(encoding)
            except UnicodeEncodeError:  # not a character of WINDOWS-1251
                continue
            found[re.escape(plain)] = None
            encoded = "".join(f"%{byte:02x}" for byte in plain)
            found[encoded.encode()] = None
            found[encoded.replace("%", "%25").encode()] = None
        for unit in _units(each):
            found[rb"\\{1,4}u" + unit] = None
    return b"(?:" + b"|".join(found) + b")"


def _units(text: str) -> Iterator[bytes]:
    """The digits of one character's escape in JSON, also in a text of JSON in JSON; or those of a pair."""
    units = text.encode("utf-16-be").hex()
    yield rb"\\{1,4}u".join(units[start : start + 4].encode() for start in range(0, len(units), 4))
