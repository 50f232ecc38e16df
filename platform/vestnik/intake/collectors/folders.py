"""Names of folders as IMAP writes them: modified UTF-7 (RFC 3501, 5.1.3)."""

from __future__ import annotations

import base64
import binascii
import re

_ENCODED = re.compile(r"&([A-Za-z0-9+,]*)-")
_NOT_PLAIN = re.compile(r"[^\x20-\x7e]+")


def encoded(name: str) -> str:
    """A folder's name for the wire; half of a surrogate pair raises UnicodeEncodeError."""

    def shift(match: re.Match[str]) -> str:
        text = base64.b64encode(match[0].encode("utf-16-be")).decode("ascii")
        return f"&{text.rstrip('=').replace('/', ',')}-"

    return _NOT_PLAIN.sub(shift, name.replace("&", "&-"))


def decoded(name: str) -> str:
    """A folder's name for people; what is no modified UTF-7 stays as the server wrote it."""

    def unshift(match: re.Match[str]) -> str:
        text = match[1].replace(",", "/")
        if not text:
            return "&"
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4)).decode("utf-16-be")
        except (binascii.Error, UnicodeDecodeError):
            return match[0]

    return _ENCODED.sub(unshift, name)
