"""Parameters of a request, wherever it carries them: in the address, in a form, in a JSON object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_from_bytes

import msgspec

from vestnik.intake.parsing.forms import BrokenForm, content_type, fields_of
from vestnik.intake.parsing.values import clean

FORM = "application/x-www-form-urlencoded"
#: What stands in place of the key wherever a request is kept.
MASK = b"***"

_KEY = b"apikey"
_MULTIPART = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a request says, in its order. `is_broken`: its body can't be read."""

    pairs: Sequence[tuple[bytes, bytes]]
    charset: str
    is_broken: bool = False

    def get(self, name: str) -> str:
        """The last value that says something; "" where there is none: an empty parameter is an absent one."""
        wanted = name.encode()
        values = (clean(each.decode("utf-8", "replace")).strip() for key, each in self.pairs if key == wanted)
        return next((value for value in reversed([*values]) if value), "")

    @property
    def media_type(self) -> str:
        """What `raw` is."""
        return f"{FORM}; charset={self.charset}" if self.charset else FORM

    def raw(self) -> bytes:
        """The parameters as they are kept: each byte of them, but for the key."""
        key = self.get("apikey").encode()
        return b"&".join(
            f"{quote_from_bytes(name)}={quote_from_bytes(_without(name, value, key), safe='*')}".encode()
            for name, value in self.pairs
        )


def parameters(query: bytes, body: bytes, media_type: str) -> Parameters:
    """What a request says; of a parameter that stands in both the body's value counts."""
    try:
        asked, _ = fields_of(query, FORM)
    except BrokenForm:
        return Parameters([], "", is_broken=True)
    kind, options = content_type(media_type)
    charset = options.get("charset", "")
    if not body.strip():
        return Parameters(asked, charset)
    try:
        if kind != _MULTIPART and body.lstrip()[:1] == b"{":
            return Parameters([*asked, *_members(body)], "")
        posted, _ = fields_of(body, media_type if kind == _MULTIPART else FORM)
    except (BrokenForm, msgspec.DecodeError, RecursionError):
        return Parameters(asked, charset, is_broken=True)
    return Parameters([*asked, *posted], charset)


def _members(body: bytes) -> list[tuple[bytes, bytes]]:
    """Texts and numbers of a JSON object; what is neither says nothing here."""
    found: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
    kept = {name: each for name, each in found.items() if isinstance(each, str | int | float)}
    return [
        (name.encode("utf-8", "replace"), str(each).encode("utf-8", "replace")) for name, each in kept.items()
    ]


def _without(name: bytes, value: bytes, key: bytes) -> bytes:
    if name.strip().lower() == _KEY:
        return MASK
    return value.replace(key, MASK) if key else value
