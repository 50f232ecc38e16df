"""What came in, as a person looks at it: texts decoded as they were read, all else by its first bytes."""

from __future__ import annotations

import email
from collections.abc import Sequence
from dataclasses import dataclass
from email.policy import compat32

from vestnik.intake.parsing.documents import Context
from vestnik.intake.parsing.forms import BrokenForm, fields_of, is_form
from vestnik.intake.parsing.letters import looks_like_text, parts_of
from vestnik.intake.parsing.texts import decode
from vestnik.intake.parsing.values import clean

#: Of longer texts the beginning is shown, and of what is no text so many bytes.
SHOWN_CHARACTERS = 100_000
HEX_BYTES = 512
PARTS = 20

_HEAD_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Shown:
    """One piece: the head of a letter, its body, a file, or the whole of a request. Either a text or hex."""

    kind: str
    name: str
    media_type: str
    size: int
    encoding: str = ""
    text: str | None = None
    hex: str | None = None
    cut: bool = False


def show_letter(data: bytes, context: Context, most: int = SHOWN_CHARACTERS) -> Sequence[Shown]:
    """A letter: its head, its body, its files. Never raises."""
    head = data[:_HEAD_BYTES].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    shown = [_piece("head", "", "text/plain", head, None, context, most)]
    try:
        parts = parts_of(email.message_from_bytes(data, policy=compat32))
    except Exception:  # no letter at all: its bytes are all there is to see
        return [_piece("raw", "", "application/octet-stream", data, None, context, most)]
    for part in parts[:PARTS]:
        kind = "body" if part.is_body else "file"
        shown.append(_piece(kind, part.name, part.media_type, part.data, part.charset, context, most))
    return shown


def show_request(
    data: bytes, media_type: str, context: Context, most: int = SHOWN_CHARACTERS
) -> Sequence[Shown]:
    """The body of a request; a form's fields one a line. Never raises."""
    if is_form(media_type):
        try:
            pairs, _ = fields_of(data, media_type)
        except BrokenForm:
            pairs = []
        if pairs:
            lines = b"\n".join(name + b" = " + value for name, value in pairs)
            return [_piece("form", "", media_type, lines, None, context, most)]
    return [_piece("raw", "", media_type, data, None, context, most)]


def _piece(
    kind: str, name: str, media_type: str, data: bytes, charset: str | None, context: Context, most: int
) -> Shown:
    if kind == "file" and not looks_like_text(media_type, data):
        return _hex(kind, name, media_type, data)
    decoded = decode(data[: most * 4], charset, context.names.telling())
    if decoded.lost * 10 > len(decoded.text) or decoded.text.count("\0") * 20 > len(decoded.text) > 0:
        return _hex(kind, name, media_type, data)
    text = clean(decoded.text)
    is_cut = len(text) > most or len(data) > most * 4
    shown = text[:most]
    return Shown(kind, name, media_type, len(data), decoded.encoding, shown, cut=is_cut)


def _hex(kind: str, name: str, media_type: str, data: bytes) -> Shown:
    return Shown(kind, name, media_type, len(data), hex=data[:HEX_BYTES].hex(" "), cut=len(data) > HEX_BYTES)
