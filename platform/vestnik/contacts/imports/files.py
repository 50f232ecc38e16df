"""Files of rows: CSV in whatever encoding and with whatever delimiter, and XLSX. Runs in the child."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, BinaryIO

from charset_normalizer import from_bytes
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
_CYRILLIC = ["cp1251", "koi8_r", "cp866", "mac_cyrillic"]


class Unreadable(Exception):
    """The file can't be read on: a code of `reasons`, and the row where that is known."""

    def __init__(self, code: str, row: int | None = None) -> None:
        super().__init__(code)
        self.code, self.row = code, row


def inspect(file: BinaryIO, wanted: Reading | None) -> Inspected:
    """Find out what a file is, and read its first rows; what `wanted` says is not guessed."""
    file.seek(0)
    if (wanted.format == "xlsx") if wanted else file.read(4) == b"PK\x03\x04":
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
        raise Unreadable("too_many_columns")
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
    try:
        for row in rows:
            yield [_plain(cell) for cell in row]
    except csv.Error:
        raise Unreadable("broken_quotes", rows.line_num) from None
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
    """UTF-8 when the whole file is; else what charset-normalizer says of the lines that are not ASCII."""
    file.seek(0)
    start = file.read(4)
    for bom, name in _BOMS.items():
        if start.startswith(bom):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while piece := file.read(_READ_BYTES):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _foreign_encoding(file)
    return "utf-8"


def _foreign_encoding(file: BinaryIO) -> str:
    file.seek(0)
    sample = bytearray()
    for line in iter(lambda: file.readline(_SAMPLE_BYTES), b""):
        if not line.isascii():
            sample += line
        if len(sample) > _SAMPLE_BYTES:
            break
    best = from_bytes(bytes(sample), cp_isolation=_CYRILLIC).best()
    return "cp1251" if best is None else best.encoding


def _delimiter(sample: str) -> str:
    """The delimiter by which most of the first rows have the same number of cells, and the most cells."""

    def rating(delimiter: str) -> tuple[int, int]:
        try:
            lines = io.StringIO(sample, newline="")
            rows = [
                len(row)
                for _, row in zip(range(_GUESSED_ROWS), csv.reader(lines, delimiter=delimiter), strict=False)
                if row
            ]
        except csv.Error:
            return (0, 0)
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
