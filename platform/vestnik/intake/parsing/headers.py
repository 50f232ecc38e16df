"""Heads of letters as mailers really write them: encoded words, several, broken ones, raw eight-bit bytes.

The standard library's structured parser is not used: it follows the rules closely, takes seconds for some
headers of a few kilobytes, and gives up where a mailer cut a character into two encoded words.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr, parsedate_to_datetime

from vestnik.folding import fold
from vestnik.intake.parsing.texts import decode, known_encoding
from vestnik.intake.parsing.values import FIRST_YEAR, LAST_YEAR, clean

#: Of a longer header the beginning is read.
HEADER_BYTES = 8_192
#: A head has no more bytes than this.
HEAD_BYTES = 262_144
SHOWN_CHARACTERS = 1_000

_WORD = re.compile(rb"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*)*)\?=")
_FOLDED = re.compile(rb"\r?\n[ \t]+|[\r\n]+")
_ONLY_SPACE = re.compile(rb"[ \t]*")
_HEADER = re.compile(rb"(?m)^([!-9;-~]+)[ \t]*:[ \t]*(.*(?:\r?\n[ \t].*)*)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_QUOTED = re.compile(rb"=([0-9A-Fa-f]{2})")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Head:
    """What a letter says of itself; "" and None are what it does not say."""

    subject: str = ""
    sender: str = ""
    dated_at: datetime | None = None
    message_id: str = ""


def head_of(data: bytes) -> Head:
    """The head of a letter, from the whole letter or from its headers alone. Never raises."""
    found: dict[str, bytes] = {}
    for name, value in _headers(data):
        found.setdefault(name, value)
    return Head(
        subject=text_of(found.get("subject", b"")),
        sender=sender_of(found.get("from", b"")),
        dated_at=_date(found.get("date", b"")),
        message_id=text_of(found.get("message-id", b""))[:SHOWN_CHARACTERS],
    )


def subject_of(data: bytes) -> str:
    """The subject of a letter, from the whole letter or from any of its header lines. Never raises."""
    return head_of(data).subject


def has_keyword(subject: str, keyword: str) -> bool:
    """Whether a subject has the keyword as a word of its own, in capitals or not. Every subject has none."""
    wanted = fold(keyword).strip()
    if not wanted:
        return True
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", fold(subject)) is not None


def text_of(raw: bytes) -> str:
    """A header's text on one line, its encoded words decoded."""
    flat = _FOLDED.sub(b" ", raw[:HEADER_BYTES]).replace(b"\0", b"")  # no header is UTF-16: these are rubbish
    text = "".join(_pieces(flat))
    return _SPACES.sub(" ", clean(text)).strip()[:SHOWN_CHARACTERS]


def sender_of(raw: bytes) -> str:
    """A From header's first address with its name."""
    flat = _FOLDED.sub(b" ", raw[:HEADER_BYTES])
    ascii_only = "".join(chr(byte) if byte < 128 else "?" for byte in flat)
    _, address = parseaddr(ascii_only)
    whole = text_of(flat)
    if not address or "@" not in address:
        return whole
    name = whole.rpartition("<")[0].strip().strip('"').strip()
    return f"{name} <{address}>" if name else address


def _headers(data: bytes) -> Iterator[tuple[str, bytes]]:
    head = data[:HEAD_BYTES]
    ends = re.search(rb"\r?\n\r?\n", head)
    head = head if ends is None else head[: ends.start()]
    for found in _HEADER.finditer(head):
        yield found[1].decode("ascii").lower(), found[2]


def _pieces(flat: bytes) -> Iterator[str]:
    """Texts of a header: encoded words beside each other are one, so that no character is cut in two."""
    waiting, charset, at = b"", "", 0
    for word in _WORD.finditer(flat):
        between = flat[at : word.start()]
        of_word = word[1].decode("ascii", "replace").partition("*")[0].lower()
        joined = waiting and of_word == charset and _ONLY_SPACE.fullmatch(between)
        if not joined:
            if waiting:
                yield _decoded(waiting, charset)
            if at == 0 or not _ONLY_SPACE.fullmatch(between):
                yield _decoded(between, "")
            waiting = b""
        waiting += _unquoted(word[3]) if word[2] in b"qQ" else _unpacked(word[3])
        charset, at = of_word, word.end()
    if waiting:
        yield _decoded(waiting, charset)
    yield _decoded(flat[at:], "")


def _decoded(data: bytes, charset: str) -> str:
    """By the stated encoding where it can be that one; else by what the bytes look like."""
    known = known_encoding(charset)
    if known is not None:
        try:
            return data.decode(known)
        except UnicodeDecodeError:
            pass  # a mailer that states one encoding and writes another
    return decode(data, charset or None).text


def _unpacked(data: bytes) -> bytes:
    """Base64 with or without its padding, also where a mailer cut it short."""
    bare = _NOT_BASE64.sub(b"", data)
    bare = bare[: len(bare) - 1] if len(bare) % 4 == 1 else bare
    try:
        return base64.b64decode(bare + b"=" * (-len(bare) % 4))
    except binascii.Error:
        return b""


def _unquoted(data: bytes) -> bytes:
    return _QUOTED.sub(lambda found: bytes([int(found[1], 16)]), data.replace(b"_", b" "))


def _date(raw: bytes) -> datetime | None:
    written = raw[:200].decode("ascii", "replace").strip()
    try:
        found = parsedate_to_datetime(written)
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            return None
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):  # every way in which it says "no date"
        return None
