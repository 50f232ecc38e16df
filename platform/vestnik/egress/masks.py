"""Finds the value of a secret in any usual encoding and puts `[sealed:name]` in its place.

Found are, of each value as a whole: every mixture of characters that are raw (in UTF-8, UTF-16, UTF-32 or a
Western or Cyrillic code page, letters of ASCII in either case), percent-encoded (any set of safe characters,
either case, once or twice), JSON-escaped (also JSON within JSON, and \\xhh) or character references of HTML;
base64 (both alphabets) at each of the three alignments, of the raw, percent-encoded and JSON-escaped text;
and hexadecimal digits (either case, also with a space, a colon or a dash between the bytes). A part of a
value is never looked for: that would tell its prefix.
"""

import asyncio
import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from html.entities import html5
from typing import Self
from urllib.parse import quote, quote_plus

_JSON_SHORT = {
    '"': '\\"',
    "\\": "\\\\",
    "/": "\\/",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}
# Names of HTML's character references, without the semicolon; letters and digits have none.
_ENTITIES: dict[str, list[str]] = {}
for _name, _text in html5.items():
    if _name.endswith(";"):
        _ENTITIES.setdefault(_text, []).append(_name[:-1])

_BASE64_ALPHABET = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")

#: So much is looked through at a time: about 10 ms of the worst, of which each byte may begin a secret.
WINDOW_BYTES = 65_536

_Found = tuple[int, int, str]


class Masker:
    """Masks the given secrets; made once for a call. An empty masker returns what it is given."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        # The longest first: where one value begins with another, the whole of it is masked.
        kept = sorted(
            ((name, value) for name, value in secrets.items() if value), key=lambda item: -len(item[1])
        )
        self._names = tuple(name for name, _ in kept)
        self._values = tuple(value for _, value in kept)
        self.longest_bytes = max(map(_longest_encoding, self._values), default=0)

    @classmethod
    def of(cls, values: Iterable[str]) -> Self:
        """A masker of values that have no names."""
        return cls({f"{number}": value for number, value in enumerate(values, 1)})

    def finds(self, text: str) -> bool:
        """True when some secret stands in the text in some encoding."""
        return any(True for _ in self.found(_encode(text)))

    def text(self, text: str) -> str:
        """The text with every secret masked."""
        if not self._values:
            return text
        return self.data(_encode(text)).decode("utf-8", "surrogatepass")

    def data(self, data: bytes) -> bytes:
        """The bytes with every secret masked; what is not a secret stays byte for byte."""
        return self._masked(data, len(data))

    async def data_in_turns(self, data: bytes) -> bytes:
        """As `data`, for a large body: the event loop has its turn between windows."""
        found: list[_Found] = []
        for window in self._windows(data):
            found += window
            await asyncio.sleep(0)
        return _replaced(data, found, len(data))

    async def texts_in_turns(self, texts: Iterable[str]) -> list[str]:
        """As `text`, for many lines or long ones: the event loop has its turn after each window's worth."""
        masked: list[str] = []
        looked_through = 0
        for text in texts:
            looked_through += len(text)
            if looked_through < WINDOW_BYTES:
                masked.append(self.text(text))
                continue
            looked_through = 0
            data = await self.data_in_turns(_encode(text))
            masked.append(data.decode("utf-8", "surrogatepass"))
        return masked

    def header(self, text: str) -> str:
        """As `text`, for a header: its characters stand for bytes, of which any encoding may be made."""
        try:
            data = text.encode("latin-1")
        except UnicodeEncodeError:
            return self.text(text)
        return self.text(self.data(data).decode("latin-1"))

    def stream(self) -> "MaskedStream":
        """Masks a body that comes in pieces."""
        return MaskedStream(self)

    def preview(self, data: bytes, limit_bytes: int) -> bytes:
        """The first `limit_bytes` of the data, masked; a secret that the cut goes through is masked whole."""
        return self._masked(data[: limit_bytes + self.longest_bytes], limit_bytes)

    def _masked(self, data: bytes, limit_bytes: int) -> bytes:
        return _replaced(data, self.found(data), limit_bytes)

    def found(self, data: bytes) -> Iterator[_Found]:
        """Start, end and name of each secret in the data, from left to right, none inside another."""
        for window in self._windows(data):
            yield from window

    def _windows(self, data: bytes) -> Iterator[list[_Found]]:
        """What is found, window by window. A secret belongs to the window in which it begins."""
        if not self._values:
            return
        pattern, position = _compiled(self._values), 0
        size = max(WINDOW_BYTES, self.longest_bytes)
        for window_start in range(0, len(data), size):
            window_end = window_start + size
            found: list[_Found] = []
            for match in pattern.finditer(data, window_start, window_end + self.longest_bytes):
                group = match.lastindex or 1
                start, end = match.span(group)
                if start >= window_end:
                    break
                if start < position:
                    continue
                if group % 2 == 0 and start > position and data[start - 1] in _BASE64_ALPHABET:
                    start -= 1
                found.append((start, end, self._names[(group - 1) // 2]))
                position = end
            yield found


class MaskedStream:
    """A body that comes in pieces, masked before it is kept; a secret across two pieces is found too."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._pending = bytearray()

    def feed(self, piece: bytes) -> bytes:
        """What can be kept by now: all but the end, in which a secret may have begun."""
        self._pending += piece
        if len(self._pending) < WINDOW_BYTES + self._masker.longest_bytes:
            return b""
        return self._taken(len(self._pending) - self._masker.longest_bytes)

    def finish(self) -> bytes:
        """The rest."""
        return self._taken(len(self._pending))

    def _taken(self, end: int) -> bytes:
        data = bytes(self._pending)
        found = [each for each in self._masker.found(data) if each[0] < end]
        taken = max(end, found[-1][1]) if found else end
        del self._pending[:taken]
        return _replaced(data[:taken], found, taken)


def _replaced(data: bytes, found: Iterable[_Found], limit_bytes: int) -> bytes:
    pieces: list[bytes] = []
    position = 0
    for start, end, name in found:
        if start >= limit_bytes:
            break
        pieces += (data[position:start], f"[sealed:{name}]".encode())
        position = end
    if not pieces:
        return data[:limit_bytes]
    pieces.append(data[position : max(position, limit_bytes)])
    return b"".join(pieces)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _longest_encoding(value: str) -> int:
    # A character outside the BMP is at most two \uXXXX with four backslashes, each character %25hh: 90 bytes.
    return 90 * len(value) + 16


@lru_cache(maxsize=256)
def _compiled(values: tuple[str, ...]) -> re.Pattern[bytes]:
    """Two groups for each value: its whole forms, and the base64 forms whose first character is shared.

    The pattern begins with one set of bytes, because only such a pattern is scanned fast by `re` (ten times
    as fast); what stands there is then looked at from its beginning.
    """
    groups = b"|".join(b"(%s)|(%s)" % _patterns_of(value) for value in values)
    first = b"".join(re.escape(bytes([byte])) for byte in sorted(set().union(*map(_first_bytes, values))))
    return re.compile(b"[%s](?<=(?=%s)[%s])" % (first, groups, first))


def _first_bytes(value: str) -> set[int]:
    """The bytes with which some form of the value can begin."""
    raw = _encode(value[0])[:1]
    first = set(b"%\\&" + raw.lower() + raw.upper()) | (set(b"+") if value[0] == " " else set())
    first |= {value[0].encode(encoding, "surrogatepass")[0] for encoding in _WIDE} | _narrow(value[0])
    first |= set(_hex_digits(f"{_encode(value[0])[0] >> 4:x}")) - set(b"[]")
    for text in _texts_of(value):
        for shift in range(3):
            character = _base64_characters(text, shift)[0]
            first |= (
                set(b"+-%") if character == b"+" else set(b"/_%\\") if character == b"/" else set(character)
            )
    return first


def _texts_of(value: str) -> list[bytes]:
    """The texts whose base64 is looked for."""
    texts = {
        value,
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
    }
    return sorted(_encode(text) for text in texts)


def _patterns_of(value: str) -> tuple[bytes, bytes]:
    texts = _texts_of(value)
    wide = "\0" not in value  # in which a NUL would be both itself and the half of a neighbour
    whole = [
        b"".join(_character(character, wide) for character in value),
        _hexadecimal(value),
        *(_base64(text, 0) for text in texts),
    ]
    shifted = [_base64(text, shift) for text in texts for shift in (1, 2)]
    return b"|".join(whole), b"|".join(shifted)


#: Encodings in which a text may come beside UTF-8; those with more than one byte a character.
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")

#: Encodings of one byte a character, in which old services answer.
_NARROW = ("cp1252", "cp1251", "koi8-r")

_BACKSLASH = rb"(?:%(?:25)?5[cC]|\\)"


def _character(character: str, wide: bool) -> bytes:
    """One character in any of its forms, the longer before the shorter that it begins with."""
    forms = [_BACKSLASH + b"{1,4}+(?:%s)" % b"|".join(_escapes(character))]
    if character == "\\":
        forms.append(_BACKSLASH + b"(?:%s(?:%s{2})?)" % (_BACKSLASH, _BACKSLASH))
    forms.append(b"&(?:%s);" % b"|".join(_references(character)))
    # before UTF-8, whose one byte may be the first of these
    if wide:
        forms += [re.escape(character.encode(encoding, "surrogatepass")) for encoding in reversed(_WIDE)]
    forms.append(b"".join(map(_byte, _encode(character))))
    if not character.isascii():
        # what becomes of UTF-8 that something took for Latin-1 on its way
        forms.append(b"".join(map(_byte, _encode(_encode(character).decode("latin-1")))))
        forms += [_byte(byte) for byte in sorted(_narrow(character))]
    if character == " ":
        forms.append(re.escape(b"+"))
    # Never tried in another way once it has matched, or a text made for it would take for ever; but what
    # begins an escape may also be meant as itself.
    return (b"(?:%s)" if character in "%&\\" else b"(?>%s)") % b"|".join(forms)


def _narrow(character: str) -> set[int]:
    """The byte of a character beyond ASCII in each code page that has it."""
    return {byte for each in _NARROW for byte in character.encode(each, "ignore") if byte >= 0x80}


def _escapes(character: str) -> list[bytes]:
    """What may follow a backslash, or four: JSON within JSON has its own escaped."""
    units = [each.hex() for each in _units(character)]
    escapes = [(_BACKSLASH + b"{1,4}+").join(_byte(0x75) + _hex_digits(unit) for unit in units)]
    if ord(character) < 0x100:
        escapes.append(_byte(0x78) + _hex_digits(f"{ord(character):02x}"))
    if character in _JSON_SHORT and character != "\\":
        escapes.append(_byte(ord(_JSON_SHORT[character][1])))
    return escapes


def _units(character: str) -> list[bytes]:
    encoded = character.encode("utf-16-be", "surrogatepass")
    return [encoded[i : i + 2] for i in range(0, len(encoded), 2)]


def _references(character: str) -> list[bytes]:
    """What may stand between `&` and `;`."""
    number = rb"#(?:0{0,4}%d|[xX]0{0,4}%s)" % (ord(character), _hex_digits(f"{ord(character):x}"))
    return [number, *(name.encode() for name in _ENTITIES.get(character, ()))]


def _byte(byte: int) -> bytes:
    """A byte percent-encoded once or twice, or raw; a letter in either case, as names of hosts change it."""
    letter = bytes([byte])
    raw = b"[%s%s]" % (letter.lower(), letter.upper()) if letter.isalpha() else re.escape(letter)
    return b"(?:%%(?:25)?%s|%s)" % (_hex_digits(f"{byte:02x}"), raw)


def _hexadecimal(value: str) -> bytes:
    return rb"[ :-]?+".join(_hex_digits(f"{byte:02x}") for byte in _encode(value))


def _hex_digits(digits: str) -> bytes:
    return b"".join(
        b"[%c%c]" % (ord(digit), ord(digit.upper())) if digit.isalpha() else digit.encode()
        for digit in digits
    )


def _base64_characters(value: bytes, shift: int) -> list[bytes]:
    """The characters of base64 that the value alone decides when `shift` bytes stand before it."""
    encoded = base64.b64encode(b"\0" * shift + value)
    return [encoded[i : i + 1] for i in range((shift * 8 + 5) // 6, (shift + len(value)) * 8 // 6)]


def _base64(value: bytes, shift: int) -> bytes:
    """Those characters in both alphabets, then one that may be shared with what follows, and the padding."""
    body = b"".join(_base64_character(character) for character in _base64_characters(value, shift))
    shared = rb"[A-Za-z0-9+/_-]?" if (shift + len(value)) % 3 else b""
    return body + shared + rb"(?:=|%3[dD]){0,2}"


def _base64_character(character: bytes) -> bytes:
    if character == b"+":
        return rb"(?:\+|-|%2[bB])"
    if character == b"/":
        return rb"(?:\\?/|_|%2[fF])"
    return character


NO_MASKS = Masker({})
