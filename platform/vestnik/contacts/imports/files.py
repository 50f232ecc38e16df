"""Files of rows: CSV in whatever encoding and with whatever delimiter, and XLSX. Runs in the child."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineWorkbook

from vestnik.contacts.imports.rows import Inspected, Reading

PREVIEW_ROWS = 20
#: A cell that begins so is a formula to a spreadsheet.
FORMULAS = "=+-@"
CELL_CHARACTERS = 100_000
COLUMNS = 500
#: What an XLSX may be unpacked: it stands in memory whole.
XLSX_BYTES = 600 << 20

_READ_BYTES = 1 << 20
_GUESSED_ROWS = 50
_SAMPLE_BYTES = 256 << 10
_DELIMITERS = ";,\t|"
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_GZIP = b"\x1f\x8b"
#: What no text holds: control characters but tabs and ends of lines.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: The one byte that WINDOWS-1251 leaves undefined; in UTF-8 it is the second of И.
_UNDEFINED = re.compile(rb"\x98")
#: So many NULs among so many bytes are no slip: the file is UTF-16, or no text at all.
_NULS, _AMONG = 1, 100


class Unreadable(Exception):
    """The file can't be read on: a code of `reasons`, the row where that is known, and what is allowed."""

    def __init__(self, code: str, row: int | None = None, limit: int | None = None) -> None:
        super().__init__(code)
        self.code, self.row, self.limit = code, row, limit


def inspect(file: BinaryIO, wanted: Reading | None) -> Inspected:
    """Find out what a file is, and read its first rows; what `wanted` says is not guessed."""
    file.seek(0)
    start = file.read(4)
    if start.startswith(_GZIP):
        raise Unreadable("compressed")
    if (wanted.format == "xlsx") if wanted else start == b"PK\x03\x04":
        sheets = [] if (book := _book(file)) is None else book.sheet_names
        if not sheets:
            raise Unreadable("unreadable")
        reading = wanted or Reading(format="xlsx", sheet=sheets[0])
        total = 0
    else:
        sheets = []
        reading = wanted or _csv_reading(file)
        total = _lines(file)
    first: list[list[str]] = []
    counted = 0
    for row in all_rows(file, reading):
        counted += 1
        if counted <= PREVIEW_ROWS + 1:
            first.append(row)
        elif reading.format == "csv":
            break
    if not first:
        raise Unreadable("empty_file")
    header = wanted.header if wanted else _names_columns(first)
    width = max(map(len, first))
    if width > COLUMNS:
        raise Unreadable("too_many_columns", limit=COLUMNS)
    total = max((counted if reading.format == "xlsx" else total) - header, len(first) - header)
    names = first[0] if header else []
    columns = [*names, *("" for _ in range(width - len(names)))]
    kept = Reading(reading.format, reading.encoding, reading.delimiter, reading.sheet, header)
    return Inspected(kept, sheets, columns, first[header : PREVIEW_ROWS + header], total)


def all_rows(file: BinaryIO, reading: Reading) -> Iterator[list[str]]:
    """Every row of a file as texts, the row that names the columns too; empty rows are passed over."""
    file.seek(0)
    rows = _xlsx_rows(file, reading) if reading.format == "xlsx" else _csv_rows(file, reading)
    return (row for row in rows if any(row))


def _csv_rows(file: BinaryIO, reading: Reading) -> Iterator[list[str]]:
    csv.field_size_limit(CELL_CHARACTERS)
    text = io.TextIOWrapper(file, encoding=reading.encoding, errors="replace", newline="")
    rows = csv.reader(text, delimiter=reading.delimiter)
    line = 1
    try:
        for row in rows:
            yield [_plain(cell) for cell in row]
            line = rows.line_num + 1
    except csv.Error:  # a cell that does not end: over many lines it is a quotation mark that was left open
        if rows.line_num > line:
            raise Unreadable("broken_quotes", line) from None
        raise Unreadable("cell_too_long", line, CELL_CHARACTERS) from None
    finally:
        text.detach()


def _xlsx_rows(file: BinaryIO, reading: Reading) -> Iterator[list[str]]:
    book = _book(file)
    if book is None or not book.sheet_names:
        raise Unreadable("unreadable")
    name = reading.sheet if reading.sheet in book.sheet_names else book.sheet_names[0]
    for row in book.get_sheet_by_name(name).iter_rows():
        yield [_text(cell) for cell in row]


def _book(file: BinaryIO) -> CalamineWorkbook | None:
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as packed:
            if not any(part.filename.startswith("xl/") for part in packed.infolist()):
                raise Unreadable("compressed")
            if sum(part.file_size for part in packed.infolist()) > XLSX_BYTES:
                raise Unreadable("too_large_unpacked")
        file.seek(0)
        return CalamineWorkbook.from_filelike(file)
    except (zipfile.BadZipFile, CalamineError):
        raise Unreadable("unreadable") from None


def _text(cell: Any) -> str:
    match cell:
        case bool():
            return "1" if cell else "0"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if (cell.hour, cell.minute, cell.second) == (0, 0, 0):
            return cell.date().isoformat()
        case datetime() | date():
            return cell.isoformat()
    return _plain(str(cell))


def _plain(text: str) -> str:
    """A cell without what no database keeps, and without the sign that our own files put before a formula."""
    text = text.replace("\0", "").strip()
    return text[1:] if text[:1] == "'" and text[1:2] in FORMULAS and text[1:2] else text


def _csv_reading(file: BinaryIO) -> Reading:
    encoding = _encoding(file)
    file.seek(0)
    sample = file.read(_SAMPLE_BYTES).decode(encoding, "replace")
    if not sample.strip():
        raise Unreadable("empty_file")
    return Reading(encoding=encoding, delimiter=_delimiter(sample))


def _encoding(file: BinaryIO) -> str:
    """UTF-16 by its mark, UTF-8 when the whole file is, else WINDOWS-1251 when the whole file can be.

    No other is guessed: a wrong guess stores people under names that nobody can read.
    """
    file.seek(0)
    start = file.read(4)
    for bom, name in _BOMS.items():
        if start.startswith(bom):
            return name
    nuls = _nuls(file)
    if _is_utf8(file):
        return "utf-8"
    if nuls:
        raise Unreadable("unreadable")
    return _windows(file)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    return iter(lambda: file.read(_READ_BYTES), b"")


def _nuls(file: BinaryIO) -> int:
    """How many bytes are NUL; `Unreadable` for so many that it is UTF-16 without its mark, or no text."""
    even = odd = length = 0
    for piece in _pieces(file):  # of an even length, all but the last
        even += piece[::2].count(0)
        odd += piece[1::2].count(0)
        length += len(piece)
    if (even + odd) * _AMONG < length * _NULS:
        return even + odd
    raise Unreadable("utf16_unmarked" if min(even, odd) * 10 <= max(even, odd) else "unreadable")


def _is_utf8(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in _pieces(file):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _windows(file: BinaryIO) -> str:
    """WINDOWS-1251, or `Unreadable` with the line that can't be that either."""
    lines = 1
    for piece in _pieces(file):
        bad = [found.start() for found in (_CONTROL.search(piece), _UNDEFINED.search(piece)) if found]
        if bad:
            raise Unreadable("unknown_encoding", lines + piece.count(b"\n", 0, min(bad)))
        lines += piece.count(b"\n")
    return "cp1251"


def _delimiter(sample: str) -> str:
    """The delimiter by which most of the first rows have the same number of cells, and the most cells."""

    def rating(delimiter: str) -> tuple[int, int]:
        lines = io.StringIO(sample, newline="")
        rows: list[int] = []
        with suppress(csv.Error):  # the rows before an open quotation mark tell it too
            for _, row in zip(range(_GUESSED_ROWS), csv.reader(lines, delimiter=delimiter), strict=False):
                if row:
                    rows.append(len(row))
        usual = max(set(rows), key=rows.count, default=1)
        return (rows.count(usual) if usual > 1 else 0, usual)

    return max(_DELIMITERS, key=rating)


def _lines(file: BinaryIO) -> int:
    file.seek(0)
    lines, last = 0, b"\n"
    while piece := file.read(_READ_BYTES):
        lines += piece.count(b"\n")
        last = piece[-1:]
    return lines + (last != b"\n")


def _names_columns(rows: list[list[str]]) -> bool:
    """True when the first row can't be somebody: no cell of it has a digit or an @, and each is filled."""
    first = [cell for cell in rows[0] if cell]
    if any("@" in cell or sum(map(str.isdigit, cell)) > 4 for cell in first):
        return False
    return len(rows) == 1 or len(first) >= len(rows[0]) / 2
