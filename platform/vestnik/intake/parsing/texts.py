"""The encoding of a text that a web site or a letter brought: found out, and told how surely.

What a letter declares is a hint only: mailers declare one encoding and send another. Marks at the beginning
and the rules of UTF-8 decide; beyond them the words that a text of ours must have do, each encoding tried.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from vestnik.folding import fold

#: `certain`: there is no other way to read it. `likely`: the best of several. `assumed`: nothing told.
Sureness = Literal["certain", "likely", "assumed"]

#: What a text is taken for when nothing tells (the document's own rule).
DEFAULT = "windows-1251"
#: So much of a text is looked at to choose its encoding.
SAMPLE_BYTES = 262_144

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ONE_BYTE = (DEFAULT, "koi8-r", "cp866", "mac-cyrillic")
#: Encodings that a sender may name; a name of Python's that is no encoding of text is not among them.
_KNOWN = frozenset(
    {
        *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-7"),
        *("ascii", "cp1251", "koi8-r", "koi8-u", "cp866", "cp855", "mac-cyrillic", "iso8859-5"),
        *("iso8859-1", "iso8859-15", "cp1252", "cp1250", "iso8859-2", "cp1254", "iso8859-9", "ptcp154"),
        *("gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "iso2022_jp", "kz1048"),
    }
)
_SHOWN_AS = {"cp1251": DEFAULT, "ascii": "us-ascii", "iso8859-1": "iso-8859-1", "iso8859-5": "iso-8859-5"}
#: One NUL among so many bytes: UTF-16 without its mark, for JSON is full of Latin marks.
_NUL_AMONG = 20
#: By how much another encoding must look more Russian than the expected one, and on how many letters.
_CLEARLY = 0.2
_TELLING_BYTES = 5
_ENOUGH_BYTES = 4_096
_FREQUENT = frozenset("оеаинтсрвлкмдпу")
_CASE_BREAKS = re.compile("[а-яё][А-ЯЁ]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text with its encoding; `lost` characters could not be read and are marked in it."""

    text: str
    encoding: str
    sureness: Sureness
    lost: int = 0


def known_encoding(name: str | None) -> str | None:
    """Python's name for an encoding that a sender named; None for what is none of text."""
    try:
        found = codecs.lookup((name or "").strip().strip("\"'")).name
    except (LookupError, ValueError, UnicodeError):
        return None
    return found if found in _KNOWN else None


def shown(encoding: str) -> str:
    """The encoding's name as people write it."""
    return _SHOWN_AS.get(encoding, encoding)


def decode(data: bytes, declared: str | None = None, words: Collection[str] = ()) -> Decoded:
    """The text of `data`; `words`, folded, are such as a right reading is likely to have. Never raises."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _decoded(data[len(bom) :], encoding, "certain")
    if (wide := _wide(data)) is not None:
        return _decoded(data, wide, "likely")
    hint = known_encoding(declared)
    if data.isascii():
        if hint in ("utf-7", "iso2022_jp"):
            return _decoded(data, hint, "likely")
        return Decoded(data.decode("ascii"), "us-ascii", "certain")
    try:
        return Decoded(data.decode("utf-8"), "utf-8", "certain")
    except UnicodeDecodeError:
        return _best(data, hint, words)


def _decoded(data: bytes, encoding: str, sureness: Sureness) -> Decoded:
    text = data.decode(encoding, "replace")
    lost = text.count("\ufffd")
    return Decoded(text, shown(encoding), sureness, lost)


def _wide(data: bytes) -> str | None:
    """UTF-16 without its mark: its Latin characters have a NUL each, all on one side."""
    sample = data[:SAMPLE_BYTES]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if len(data) < 2 or (even + odd) * _NUL_AMONG < len(sample) or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _best(data: bytes, hint: str | None, words: Collection[str]) -> Decoded:
    """The one-byte encoding, or damaged UTF-8, by which most of the words are there; then the likeliest."""
    sample = data[:SAMPLE_BYTES]
    rated = {encoding: _rating(sample, encoding, words) for encoding in _candidates(hint)}
    first = next(iter(rated))
    found = max(rated, key=lambda encoding: rated[encoding])  # the first of equal ones
    by_words = sorted((each[0] for each in rated.values()), reverse=True)
    if by_words[0] > by_words[1]:
        return _decoded(data, found, "certain" if by_words[0] > 1 else "likely")
    is_clear = rated[found][1] > rated[first][1] + _CLEARLY
    if is_clear and sum(byte >= 128 for byte in sample[:_ENOUGH_BYTES]) >= _TELLING_BYTES:
        return _decoded(data, found, "likely")
    return _decoded(data, first, "assumed" if hint is None else "likely")


def _candidates(hint: str | None) -> Iterator[str]:
    """In the order in which they win when nothing tells them apart."""
    if hint is not None and hint not in ("ascii", "utf-16", "utf-32"):
        yield hint
    yield from (each for each in (*_ONE_BYTE, "utf-8") if codecs.lookup(each).name != hint)


def _rating(sample: bytes, encoding: str, words: Collection[str]) -> tuple[int, float]:
    """How many of the words are there, and how much the text looks like Russian: from -1 to 1."""
    try:
        text = sample.decode(encoding, "replace")
    except (UnicodeError, ValueError):  # an encoding that can't read on at all
        return 0, -1.0
    folded = fold(text)
    found = sum(word in folded for word in words)
    letters = [character for character in text if not character.isascii()]
    if not letters:
        return found, 0.0
    frequent = sum(character in _FREQUENT for character in letters)
    odd = sum(_is_odd(character) for character in letters) + len(_CASE_BREAKS.findall(text))
    return found, round((frequent - 2 * odd) / len(letters), 3)


def _is_odd(character: str) -> bool:
    """Whether a Russian text hardly has it: marks of other alphabets, frames of tables, lost characters."""
    return not ("а" <= character.lower() <= "я" or character in "ёЁ№«»—–…“”„’\u00a0²³°×•")
