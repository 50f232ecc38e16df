"""Uploads: a file that is the whole body, or a field of a form. Described once, so read and documented alike.

A form is `multipart/form-data` (RFC 7578) with a file in the field `file`, and texts beside it that are
decoded into a shape. What is wrong with a form is one `InvalidRequest` that names the field or the byte.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from vestnik.http.bodies import refuse_declared
from vestnik.http.decoding import NO_NUL, NOT_UTF8, decode_query
from vestnik.http.errors import BodyTooLarge, InvalidRequest, Text

FORM = "multipart/form-data"
#: The field of a form that holds the file.
FILE = "file"
#: What a form may hold beside its file: texts, names, and what stands between the parts.
BESIDE_FILE_BYTES = 20_000

_CONTENT_TYPE = "Content-Type"
_NO_FORM: Text = {"ru": "нужна форма multipart/form-data", "en": "it must be a multipart/form-data form"}
_NO_BOUNDARY: Text = {
    "ru": "нужен boundary от 1 до 70 знаков",
    "en": "it must have a boundary of 1 to 70 characters",
}
_BROKEN_OFF: Text = {"ru": "форма обрывается", "en": "the form breaks off"}
_UNREADABLE: Text = {"ru": "форма не читается", "en": "the form can't be read"}
_NO_NAME: Text = {"ru": "у части формы нет имени", "en": "a part of the form has no name"}
_TWICE: Text = {"ru": "это поле уже было", "en": "this field has come before"}
_NO_FILE: Text = {"ru": "нет файла", "en": "a file is missing"}
_NOT_A_FILE: Text = {"ru": "нужен файл, а здесь текст", "en": "it must be a file, and here is a text"}
_NOT_A_TEXT: Text = {"ru": "нужен текст, а здесь файл", "en": "it must be a text, and here is a file"}


@dataclass(frozen=True, slots=True)
class FileBody:
    """The body is a file: the handler gets its pieces, and refuses it past `limit_bytes`."""

    limit_bytes: int


@dataclass(frozen=True, slots=True)
class FileForm:
    """The body is a form with a file of at most `limit_bytes`, and with the texts of a shape."""

    limit_bytes: int
    texts: type[msgspec.Struct]


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What a form brought; `texts` is of the form's shape."""

    file_name: str
    data: bytes
    texts: Any


async def read_form(request: Request, form: FileForm) -> Uploaded:
    """The file and the texts of a form, never more in memory than it may hold."""
    limit_bytes = form.limit_bytes + BESIDE_FILE_BYTES
    refuse_declared(request.headers, limit_bytes, form.limit_bytes)
    parts = _Parts(form)
    parser = MultipartParser(
        _boundary(request),
        {
            "on_header_field": parts.header_field,
            "on_header_value": parts.header_value,
            "on_header_end": parts.header_end,
            "on_headers_finished": parts.begin,
            "on_part_data": parts.data,
            "on_part_end": parts.end,
            "on_end": parts.finish,
        },
    )
    await _feed(parser, request.stream(), limit_bytes, form)
    return parts.whole()


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get(_CONTENT_TYPE))
    if kind.decode("latin-1") != FORM:
        raise InvalidRequest(path=_CONTENT_TYPE, reason=_NO_FORM)
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= 70:  # RFC 2046, 5.1.1
        raise InvalidRequest(path=_CONTENT_TYPE, reason=_NO_BOUNDARY)
    return boundary


async def _feed(
    parser: MultipartParser, pieces: AsyncIterator[bytes], limit_bytes: int, form: FileForm
) -> None:
    fed = 0
    async for piece in pieces:
        if fed + len(piece) > limit_bytes:
            raise BodyTooLarge(limit_bytes=form.limit_bytes)
        try:
            parser.write(piece)
        except FormParserError as error:
            raise InvalidRequest(path="$", reason=_unreadable(fed, getattr(error, "offset", -1))) from None
        fed += len(piece)


def _unreadable(fed: int, offset: int) -> Text:
    if offset < 0:
        return _UNREADABLE
    place = fed + offset
    return {
        "ru": f"{_UNREADABLE['ru']}: ошибка в байте {place}",
        "en": f"{_UNREADABLE['en']}: there is a mistake at byte {place}",
    }


@dataclass(slots=True)
class _Parts:
    """Hears the parser, and keeps the parts of the form."""

    form: FileForm
    texts: dict[str, str] = field(default_factory=dict)
    file: tuple[str, bytes] | None = None
    is_whole: bool = False
    _field: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _disposition: bytes = b""
    _name: str = ""
    _file_name: str | None = None
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
        """The head of a part is read: know it by its name."""
        _, options = parse_options_header(self._disposition.decode("latin-1"))
        self._disposition = b""
        if not options.get(b"name"):
            raise InvalidRequest(path="$", reason=_NO_NAME)
        self._name = _text("$", options[b"name"])
        if self._name in self.texts or (self._name == FILE and self.file is not None):
            raise InvalidRequest(path=f"$.{self._name}", reason=_TWICE)
        self._file_name = None
        if (file_name := options.get(b"filename")) is not None:
            self._file_name = _text(f"$.{FILE}", file_name)
        if (self._name == FILE) != (self._file_name is not None):
            reason = _NOT_A_FILE if self._name == FILE else _NOT_A_TEXT
            raise InvalidRequest(path=f"$.{self._name}", reason=reason)

    def data(self, data: bytes, start: int, end: int) -> None:
        if len(self._data) + end - start > self.form.limit_bytes:
            raise BodyTooLarge(limit_bytes=self.form.limit_bytes)
        self._data += data[start:end]

    def end(self) -> None:
        if self._file_name is None:
            self.texts[self._name] = _text(f"$.{self._name}", bytes(self._data))
        else:
            self.file = self._file_name, bytes(self._data)
        self._data.clear()

    def finish(self) -> None:
        self.is_whole = True

    def whole(self) -> Uploaded:
        """What all parts come to."""
        if not self.is_whole:
            raise InvalidRequest(path="$", reason=_BROKEN_OFF)
        texts = decode_query(self.texts, self.form.texts)
        if self.file is None:
            raise InvalidRequest(path=f"$.{FILE}", reason=_NO_FILE)
        return Uploaded(*self.file, texts)


def _text(path: str, data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise InvalidRequest(path=path, reason=NOT_UTF8) from None
    if "\0" in text:
        raise InvalidRequest(path=path, reason=NO_NUL)
    return text
