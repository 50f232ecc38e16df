"""Finds whatever looks like somebody's address or phone in a text, and hides it: the first letter stays.

Found are addresses also where `@` stands percent-encoded or as an escape of JSON, and phones that look like
phones: with a plus, or a Russian number of eleven digits, also as a number of JSON, or of ten with gaps. A
number that only looks like one is hidden too.
"""

from __future__ import annotations

import re
from collections.abc import Callable

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


def without_people(text: str, other: Callable[[re.Match[str]], str]) -> str:
    """The text with `other` in place of every address and phone; most texts have none, and cost nothing."""
    addresses = "@" in text or "%40" in text or "%2540" in text or "\\u0040" in text
    phones = _DIGITS.search(text) is not None or "\\u003" in text
    if addresses:
        return (_PERSONAL if phones else _EMAILS).sub(other, text)
    return _PHONES.sub(other, text) if phones else text


def masked(match: re.Match[str]) -> str:
    """The first letter and the domain of an address that was found, the end of a phone."""
    if match.lastgroup == "phone":
        return f"***{plain(match['phone'])[-2:]}"
    first = _ESCAPED.match(match["name"])
    return f"{first.group() if first else match['name'][:1]}***{match['at']}{match['domain']}"


def masked_number(number: int | float) -> int | float | str:
    """The end of a phone that is written as a number; any other number as it is."""
    return f"***{int(number) % 100:02d}" if is_phone(number) else number


def is_phone(number: int | float) -> bool:
    """Whether a number of JSON looks like a Russian phone."""
    first, end = _RUSSIAN_NUMBERS
    return first <= number < end and number == int(number)


def plain(text: str) -> str:
    """The text without escapes of JSON."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
