"""The reader of files: what it reads, what it refuses and in which words, and that it is ours alone."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
from pathlib import Path

import pytest
import structlog
from tests.contacts.imports.conftest import Desk

from vestnik.contacts.imports import process
from vestnik.contacts.imports.files import Unreadable, inspect
from vestnik.contacts.imports.reasons import why
from vestnik.contacts.imports.rows import Failed

LINE = "Иванов;ivan@example.ru\n"


@pytest.fixture
def database_kind() -> str:
    """It reads no database."""
    return "sqlite"


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("people.csv", data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (codecs.BOM_UTF8 + LINE.encode(), "utf-8-sig"),
        (codecs.BOM_UTF16_LE + LINE.encode("utf-16-le"), "utf-16"),
        (codecs.BOM_UTF16_BE + LINE.encode("utf-16-be"), "utf-16"),
        (LINE.encode(), "utf-8"),
        (LINE.encode() * 9 + b"a\0b;b@example.ru\n", "utf-8"),
        (LINE.encode("cp1251"), "cp1251"),
        (LINE.encode("cp1251") * 100, "cp1251"),
    ],
)
def test_a_file_is_read_in_the_encodings_that_are_promised(data: bytes, encoding: str) -> None:
    assert inspect(io.BytesIO(data), None).reading.encoding == encoding


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (LINE.encode("utf-16-le"), "Файл в кодировке UTF-16 без её отметки (BOM)."),
        (LINE.encode("utf-16-be") * 100, "Файл в кодировке UTF-16 без её отметки (BOM)."),
        (LINE.encode("cp1251") * 2 + "Игорь И;i@example.ru\n".encode(), "Строка 3 записана не в UTF-8"),
        (LINE.encode("cp1251") * 3 + b"\x01", "Строка 4 записана не в UTF-8"),
        (bytes(range(256)) * 80, "Файл не читается: нужен CSV или XLSX."),
        (gzip.compress(LINE.encode(), mtime=0), "Файл сжат (gzip или zip). Распакуйте его"),
        (zipped(LINE.encode()), "Файл сжат (gzip или zip). Распакуйте его"),
        (b"a;" + b"x" * 100_001 + b"\n", "В строке 1 ячейка длиннее 100000 символов."),
        (LINE.encode() + b'a;"' + b"x" * 1_000_000 + b'"\n', "В строке 2 ячейка длиннее 100000 символов."),
        (LINE.encode() + b'a;"x\n' + LINE.encode() * 9_000, "Около строки 2 кавычка открыта и не закрыта."),
        (b";".join([b"a"] * 501), "слишком много колонок: можно не больше 500."),
    ],
)
def test_any_other_file_is_refused_with_its_reason_and_its_row(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        inspect(io.BytesIO(data), None)
    failed = Failed(refused.value.code, refused.value.row, refused.value.limit)
    assert reason in why(failed.reason, "ru")


async def test_a_refused_file_is_told_with_its_row(desk: Desk) -> None:
    answer = await desk.send(LINE.encode() + b"a;" + b"x" * 100_001, "a.csv")
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "В строке 2 ячейка длиннее 100000 символов. Сократите её и загрузите файл снова.",
    )


async def test_no_python_file_of_the_working_directory_is_run(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("bisect", "msgspec", "csv", "zipfile"):
        (tmp_path / f"{name}.py").write_text("import os\nos._exit(9)\n")
    monkeypatch.chdir(tmp_path)
    done = await desk.imported("Имя;E-mail\nАнна;a@example.ru\n")
    exported = await desk.browser.post("/contacts/export", {})
    assert (done["created"], "a@example.ru" in exported.text) == (1, True)


async def test_a_reader_that_fails_is_our_fault_and_its_number_is_in_the_log(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "FRAME_BYTES", 1)
    with structlog.testing.capture_logs() as logs:
        answer = await desk.send("Имя;E-mail\nАнна;a@example.ru\n".encode(), "a.csv")
    [line] = [line for line in logs if line["event"] == "contacts.import_child_failed"]
    assert (answer.status_code, answer.json()["code"], answer.json()["reference"]) == (
        500,
        "internal_error",
        line["reference"],
    )
