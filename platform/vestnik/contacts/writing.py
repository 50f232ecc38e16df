"""The child process that writes a file of contacts: frames of rows come by stdin, the file goes by stdout."""

from __future__ import annotations

import csv
import io
import os
import re
import resource
import struct
import sys
import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO, Literal

import msgspec
from xlsxwriter import Workbook  # type: ignore[import-untyped]

Format = Literal["csv", "xlsx"]

MEMORY_BYTES = 1 << 30
_NICENESS = 5
_PIECE_BYTES = 1 << 16
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
#: What begins with a sign and is no formula: numbers, phones, what follows them in a list of phones.
_NUMBERS = re.compile(r"[+-]?[\d\s().,+-]+")


class Sheet(msgspec.Struct, frozen=True):
    """How the file is to be."""

    format: Format = "csv"
    delimiter: Literal[";", ","] = ";"


def neutral(cell: Any) -> Any:
    """A cell that no spreadsheet runs as a formula; the importer takes the sign before it away again."""
    if isinstance(cell, str) and cell.startswith(_FORMULAS) and not _NUMBERS.fullmatch(cell):
        return "'" + cell
    return cell


def main() -> None:
    """Write one file."""
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    frames = _frames(sys.stdin.buffer)
    sheet = msgspec.convert(next(frames), Sheet)
    rows = (row for frame in frames for row in frame)
    out = sys.stdout.buffer
    if sheet.format == "csv":
        _csv(out, rows, sheet.delimiter)
    else:
        _xlsx(out, rows)
    out.flush()


def _frames(pipe: BinaryIO) -> Iterator[Any]:
    while head := pipe.read(4):
        (length,) = struct.unpack(">I", head)
        yield msgspec.msgpack.decode(pipe.read(length))


def _csv(out: BinaryIO, rows: Iterator[list[Any]], delimiter: str) -> None:
    # With the mark in front a spreadsheet knows that it is UTF-8.
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text, delimiter=delimiter)
    for row in rows:
        writer.writerow([neutral(cell) for cell in row])
    text.flush()
    text.detach()


def _xlsx(out: BinaryIO, rows: Iterator[list[Any]]) -> None:
    with tempfile.TemporaryFile() as file:
        book = Workbook(file, {"constant_memory": True, "in_memory": False, "strings_to_formulas": False})
        page = book.add_worksheet()
        page.freeze_panes(1, 0)
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                if isinstance(cell, str):
                    page.write_string(number, place, cell)
                else:
                    page.write(number, place, cell)
        book.close()
        file.seek(0)
        while piece := file.read(_PIECE_BYTES):
            out.write(piece)


if __name__ == "__main__":
    main()
