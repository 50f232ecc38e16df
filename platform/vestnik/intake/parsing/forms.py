"""Fields of a web form: urlencoded or multipart, in whatever encoding; files among them are passed over."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from vestnik.intake.fields import Warned
from vestnik.intake.parsing.documents import Context, read_document, refused, understood
from vestnik.intake.parsing.names import USUAL, folded
from vestnik.intake.parsing.reading import Reading
from vestnik.intake.parsing.texts import Decoded, decode, known_encoding
from vestnik.intake.parsing.values import clean

#: A form may have so many fields.
FIELDS = 500
_FILES_SHOWN = 10
_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json|text/(?:json|plain|x-json)|application/octet-stream")
_BEGINS_AS_JSON = re.compile(rb"\s*(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*[\[{]")
#: What tells in which encoding fields without a declaration are.
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
#: Fields that speak to the door, not of the lead.
CONTROL = "_redirect"


class BrokenForm(Exception):
    """The body is no form of the stated kind."""


def read_request(data: bytes, media_type: str, context: Context) -> Reading:
    """The lead that a request brought, by its Content-Type; a body that is JSON is read as such anyway."""
    kind, options = content_type(media_type)
    declared = options.get("charset")
    if not data.strip():
        return refused("empty")
    if kind == _MULTIPART or (kind in (_FORM, "") and not _BEGINS_AS_JSON.match(data)):
        try:
            pairs, files = fields_of(data, media_type)
        except BrokenForm:
            return refused("form_broken")
        return _form(pairs, files, declared, context)
    if kind in (_FORM, "") or _JSON.fullmatch(kind):
        return read_document(data, declared, context)
    return refused("unknown_type", type=clean(kind)[:100])


def fields_of(data: bytes, media_type: str) -> tuple[list[tuple[bytes, bytes]], list[str]]:
    """The fields of a form as bytes, and the names of its files; `BrokenForm` where it is none."""
    kind, options = content_type(media_type)
    if kind == _MULTIPART:
        return _multipart(data, options.get("boundary", ""))
    if data.count(b"&") >= FIELDS * 2:
        raise BrokenForm
    pairs = []
    for each in data.split(b"&"):
        if each:
            name, _, value = each.partition(b"=")
            pairs.append((_unquoted(name), _unquoted(value)))
    return pairs[:FIELDS], []


def is_form(media_type: str) -> bool:
    """Whether a Content-Type is that of a form."""
    return content_type(media_type)[0] in (_FORM, _MULTIPART)


def control_of(data: bytes, media_type: str, name: str = CONTROL) -> str:
    """A field that speaks to the door; "" where there is none."""
    if not is_form(media_type) or name.encode() not in data:
        return ""
    try:
        pairs, _ = fields_of(data, media_type)
    except BrokenForm:
        return ""
    found = (value for key, value in pairs if key == name.encode())
    return clean(next(found, b"").decode("utf-8", "replace")).strip()


def content_type(header: str) -> tuple[str, dict[str, str]]:
    """A Content-Type in two: the kind in small letters, and its parameters."""
    kind, options = parse_options_header(header[:500].encode("ascii", "ignore").decode())
    shown_kind = kind.decode("latin-1").strip().lower()
    return shown_kind, {name.decode("latin-1"): each.decode("latin-1") for name, each in options.items()}


def _unquoted(piece: bytes) -> bytes:
    return unquote_to_bytes(piece.replace(b"+", b" "))


def texts_of(
    pairs: list[tuple[bytes, bytes]], declared: str | None
) -> tuple[list[tuple[str, str]], list[Warned], Decoded]:
    """The fields as texts, in whatever encoding they are; how it was found out, and what was lost."""
    told = next((value for name, value in pairs if name == b"_charset_"), b"").decode("ascii", "ignore")
    decoded = decode(b"\n".join(part for pair in pairs for part in pair), told or declared, _usual_words())
    texts = [(_text(name, decoded), _text(value, decoded)) for name, value in pairs]
    lost = sum(text.count("\ufffd") for pair in texts for text in pair)
    warnings: list[Warned] = []
    if lost:
        facts: dict[str, Any] = {"count": lost, "encoding": decoded.encoding}
        warnings.append(Warned("characters_lost", facts=facts))
    return texts, warnings, decoded


def _form(
    pairs: list[tuple[bytes, bytes]], files: list[str], declared: str | None, context: Context
) -> Reading:
    texts, warnings, decoded = texts_of(pairs, declared)
    fields: dict[str, str] = {}
    for key, text in texts:
        if key and key not in (CONTROL, "_charset_"):
            fields[key] = f"{fields[key]}, {text}" if fields.get(key) and text else fields.get(key) or text
    if files:
        warnings.append(Warned("files_ignored", facts={"names": ", ".join(files[:_FILES_SHOWN])}))
    return understood(fields, warnings, decoded, context)


def _text(part: bytes, decoded: Decoded) -> str:
    encoding = known_encoding(decoded.encoding) or "utf-8"
    return part.decode(encoding, "replace")


def _usual_words() -> frozenset[str]:
    words = {folded(name) for names in USUAL.values() for name in names}
    return frozenset(word for word in words if not word.isascii())


def _multipart(data: bytes, boundary: str) -> tuple[list[tuple[bytes, bytes]], list[str]]:
    if not 0 < len(boundary) <= 70:  # RFC 2046, 5.1.1
        raise BrokenForm
    parts = _Parts()
    parser = MultipartParser(
        boundary.encode("latin-1"),
        {
            "on_header_field": parts.header_field,
            "on_header_value": parts.header_value,
            "on_header_end": parts.header_end,
            "on_headers_finished": parts.begin,
            "on_part_data": parts.data,
            "on_part_end": parts.end,
        },
    )
    try:
        parser.write(data)
        parser.finalize()
    except (FormParserError, ValueError):
        raise BrokenForm from None
    if not parts.pairs and not parts.files:
        raise BrokenForm
    return parts.pairs, parts.files


@dataclass(slots=True)
class _Parts:
    """Hears the parser of a multipart form, and keeps its fields."""

    pairs: list[tuple[bytes, bytes]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    _field: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _disposition: bytes = b""
    _name: bytes = b""
    _is_file: bool = False
    _data: bytearray = field(default_factory=bytearray)

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def begin(self) -> None:
        _, options = parse_options_header(self._disposition.decode("latin-1"))
        self._disposition = b""
        self._name = options.get(b"name", b"")
        file_name = options.get(b"filename")
        self._is_file = file_name is not None
        if file_name:
            self.files.append(clean(file_name.decode("utf-8", "replace"))[:100])

    def data(self, data: bytes, start: int, end: int) -> None:
        if not self._is_file:
            self._data += data[start:end]

    def end(self) -> None:
        if self._name and not self._is_file and len(self.pairs) < FIELDS:
            self.pairs.append((self._name, bytes(self._data)))
        self._data.clear()
