"""Looks for a person's values in everything that is stored, by other means than the product's own search."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import sqlalchemy as sa
from tests.application import Installation

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_BASE64 = re.compile(r'\$bytes\\*": ?\\*"([A-Za-z0-9+/=]+)')


async def in_tables(installation: Installation, needles: Mapping[str, str]) -> set[str]:
    """Where a value stands: `table.column needle`, over every column of every table that there is."""
    async with installation.services.database.read() as connection:
        return await connection.run_sync(_in_tables, needles)


def _in_tables(connection: sa.Connection, needles: Mapping[str, str]) -> set[str]:
    found: set[str] = set()
    for table in sa.inspect(connection).get_table_names():
        rows = connection.exec_driver_sql(f'SELECT * FROM "{table}"').mappings()
        for row in rows:
            for column, value in row.items():
                found |= {f"{table}.{column} {needle}" for needle in held(value, needles)}
    return found


def in_files(folder: Path, needles: Mapping[str, str]) -> set[str]:
    """The same for the bytes of every file, recordings unpacked."""
    found: set[str] = set()
    for path in folder.rglob("*"):
        if path.is_file():
            found |= {f"{path.name} {needle}" for needle in held(path.read_bytes(), needles)}
    return found


def in_recordings(installation: Installation, needles: Mapping[str, str]) -> set[str]:
    """The same for every recorded call."""
    rows = installation.services.modules.recorder.store.following(0, 10_000)
    return {f"recording {needle}" for row in rows for needle in held(row.document, needles)}


def held(value: Any, needles: Mapping[str, str]) -> set[str]:
    """The needles that a value holds in any spelling that this test knows."""
    found: set[str] = set()
    for text in map(_plain, _texts(value)):
        digits = re.sub(r"[^0-9]", "", re.sub(r"[ ().+-]", "", text)) if len(text) < 100_000 else text
        found |= {
            name
            for name, needle in needles.items()
            if needle in text or (needle.isdigit() and needle in digits and _beside(needle, text))
        }
    return found


def _beside(digits: str, text: str) -> bool:
    """Digits of a phone stand beside each other, but for what people write between them."""
    return re.search(r"[ ().+-]*".join(digits), text) is not None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, bytes | memoryview):
        data = bytes(value)
        yield from (data.decode("utf-8", "replace"), data.decode("cp1251", "replace"))
        try:
            yield from _texts(zlib.decompress(data).decode())
        except (zlib.error, UnicodeDecodeError):
            return
    elif value is not None:
        text = value if isinstance(value, str) else repr(value)
        yield from (text, unquote(text), unquote(unquote(text)), unquote(text, "cp1251"))
        for packed in _BASE64.findall(text):
            try:
                yield from _texts(base64.b64decode(packed))
            except binascii.Error:
                continue


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text).lower().replace("ё", "е")
