"""Forms with a file: what is wrong with one is said of its field, in the reader's language."""

from __future__ import annotations

import ast
import inspect
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

import vestnik
from vestnik.app import routers
from vestnik.http.api import PREFIX, Shape
from vestnik.http.errors import BodyTooLarge, InvalidRequest, Problem
from vestnik.http.openapi import document
from vestnik.http.uploads import BESIDE_FILE_BYTES, FileBody, FileForm, Uploaded, read_form

LIMIT_BYTES = 1_000
TYPE = "multipart/form-data; boundary=b"
HEAD = b'--b\r\nContent-Disposition: form-data; name="%s"'
FILE = HEAD % b"file" + b'; filename="%s"\r\nContent-Type: text/plain\r\n\r\n%s\r\n'
TEXT = HEAD % b"%s" + b"\r\n\r\n%s\r\n"
END = b"--b--\r\n"
GOOD = FILE % (b"a.py", b"x = 1")


class Note(Shape):
    """What stands beside the file."""

    note: str = ""


FORM = FileForm(LIMIT_BYTES, Note)


async def read(body: bytes, content_type: str = TYPE, piece_bytes: int = 1 << 16) -> Uploaded:
    """The form of a request whose body comes in pieces."""
    pieces = [body[start : start + piece_bytes] for start in range(0, len(body), piece_bytes)]
    messages = iter([{"type": "http.request", "body": each, "more_body": True} for each in pieces])

    async def receive() -> Any:
        return next(messages, {"type": "http.request", "body": b"", "more_body": False})

    headers = [(b"content-type", content_type.encode())] if content_type else []
    return await read_form(Request({"type": "http", "headers": headers}, receive), FORM)


async def refused(body: bytes, content_type: str = TYPE) -> tuple[str, str, str]:
    """Where a form is wrong, and why in both languages; the same however it is cut into pieces."""
    found = set()
    for piece_bytes in (1, 7, 1 << 16):
        with pytest.raises(InvalidRequest) as error:
            await read(body, content_type, piece_bytes)
        values = error.value.values
        found.add((values["path"], values["reason"]["ru"], values["reason"]["en"]))
    (only,) = found
    return only


@pytest.mark.parametrize("piece_bytes", [1, 3, 1 << 16])
async def test_a_form_is_its_file_and_its_texts(piece_bytes: int) -> None:
    data = b"\r\n--not a boundary\r\n\xff\x00"
    body = FILE % ("модуль.py".encode(), data) + TEXT % (b"note", "что нового".encode()) + END

    assert await read(body, piece_bytes=piece_bytes) == Uploaded("модуль.py", data, Note(note="что нового"))
    assert await read(GOOD + END) == Uploaded("a.py", b"x = 1", Note(note=""))


@pytest.mark.parametrize(
    ("content_type", "body", "where", "ru", "en"),
    [
        (
            "",
            GOOD + END,
            "Content-Type",
            "нужна форма multipart/form-data",
            "it must be a multipart/form-data form",
        ),
        (
            "application/x-www-form-urlencoded",
            b"file=a",
            "Content-Type",
            "нужна форма multipart/form-data",
            "it must be a multipart/form-data form",
        ),
        (
            "multipart/form-data",
            GOOD + END,
            "Content-Type",
            "нужен boundary от 1 до 70 знаков",
            "it must have a boundary of 1 to 70 characters",
        ),
        (
            TYPE,
            b"rubbish",
            "$",
            "форма не читается: ошибка в байте 0",
            "the form can't be read: there is a mistake at byte 0",
        ),
        (
            TYPE,
            GOOD + b"--b\r\n\x00: 1\r\n\r\n\r\n" + END,
            "$",
            f"форма не читается: ошибка в байте {len(GOOD) + 5}",
            f"the form can't be read: there is a mistake at byte {len(GOOD) + 5}",
        ),
        (TYPE, GOOD, "$", "форма обрывается", "the form breaks off"),
        (TYPE, b"", "$", "форма обрывается", "the form breaks off"),
        (TYPE, END, "$.file", "нет файла", "a file is missing"),
        (TYPE, TEXT % (b"note", b"a") + END, "$.file", "нет файла", "a file is missing"),
        (
            TYPE,
            b"--b\r\nX: 1\r\n\r\na\r\n" + END,
            "$",
            "у части формы нет имени",
            "a part of the form has no name",
        ),
        (TYPE, GOOD + GOOD + END, "$.file", "это поле уже было", "this field has come before"),
        (
            TYPE,
            GOOD + TEXT % (b"note", b"a") * 2 + END,
            "$.note",
            "это поле уже было",
            "this field has come before",
        ),
        (
            TYPE,
            GOOD + TEXT % (b"rubbish", b"a") + END,
            "$.rubbish",
            "такого поля нет",
            "there is no such field",
        ),
        (
            TYPE,
            TEXT % (b"file", b"a") + END,
            "$.file",
            "нужен файл, а здесь текст",
            "it must be a file, and here is a text",
        ),
        (
            TYPE,
            GOOD.replace(b"file", b"note", 1) + END,
            "$.note",
            "нужен текст, а здесь файл",
            "it must be a text, and here is a file",
        ),
        (
            TYPE,
            GOOD + TEXT % (b"note", b"\xff") + END,
            "$.note",
            "текст не в кодировке UTF-8",
            "the text is not UTF-8",
        ),
        (
            TYPE,
            GOOD + TEXT % (b"note", b"\x00") + END,
            "$.note",
            "нулевые символы (U+0000) недопустимы",
            "NUL characters (U+0000) are not allowed",
        ),
        (
            TYPE,
            FILE % (b"\x00.zip", b"a") + END,
            "$.file",
            "нулевые символы (U+0000) недопустимы",
            "NUL characters (U+0000) are not allowed",
        ),
    ],
)
async def test_what_is_wrong_with_a_form_is_said_of_its_field(
    content_type: str, body: bytes, where: str, ru: str, en: str
) -> None:
    assert await refused(body, content_type) == (where, ru, en)


@pytest.mark.parametrize(
    "body",
    [
        FILE % (b"a.py", b"x" * (LIMIT_BYTES + 1)) + END,
        GOOD + TEXT % (b"note", b"a" * (LIMIT_BYTES + 1)) + END,
        GOOD + END + b" " * (LIMIT_BYTES + BESIDE_FILE_BYTES),
    ],
    ids=["file", "text", "behind its end"],
)
async def test_more_than_a_form_may_hold_is_refused(body: bytes) -> None:
    with pytest.raises(BodyTooLarge) as error:
        await read(body)
    assert error.value.values == {"limit_bytes": LIMIT_BYTES}
    assert (await read(FILE % (b"a.py", b"x" * LIMIT_BYTES) + END)).data == b"x" * LIMIT_BYTES


async def test_a_form_that_says_that_it_is_too_large_is_not_read() -> None:
    async def receive() -> Any:
        raise AssertionError("nothing of it may be read")

    length = str(LIMIT_BYTES + BESIDE_FILE_BYTES + 1).encode()
    headers = [(b"content-type", TYPE.encode()), (b"content-length", length)]
    with pytest.raises(Problem) as error:
        await read_form(Request({"type": "http", "headers": headers}, receive), FORM)
    assert error.value.values == {"limit_bytes": LIMIT_BYTES}


def test_every_upload_is_described_with_its_fields_and_its_limit() -> None:
    described = document(routers())["paths"]
    found = {}
    for operation in (operation for router in routers() for operation in router.operations):
        if "upload" in inspect.signature(operation.handler).parameters:
            assert operation.upload is not None
            (found[operation.handler.__name__],) = described[PREFIX + operation.path][
                operation.method.lower()
            ]["requestBody"]["content"].items()
            assert operation.media_type == "application/json"
        else:
            assert operation.upload is None
    file = {"type": "string", "format": "binary"}
    module = file | {"maxLength": 5_000_000, "description": "A file of at most 5000000 bytes."}
    contacts = file | {"maxLength": 200 << 20, "description": "A file of at most 209715200 bytes."}
    assert found == {
        "upload_module": (
            "multipart/form-data",
            {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": module, "note": {"type": "string", "default": ""}},
                    "additionalProperties": False,
                }
            },
        ),
        "upload_import": ("application/octet-stream", {"schema": contacts}),
    }


def test_no_handler_reads_a_body_past_its_description() -> None:
    """Who reads a request's body reads what its operation declares: there are two places that do."""
    folder = Path(vestnik.__file__).parent
    readers = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("stream", "form", "body", "json")
                and ast.unparse(node.func.value).rpartition(".")[2] == "request"
            ):
                readers.add(path.relative_to(folder).as_posix())
    assert readers == {"http/api.py", "http/uploads.py"}


def test_a_raw_file_is_handed_on_piece_by_piece() -> None:
    (operation,) = (
        each for router in routers() for each in router.operations if isinstance(each.upload, FileBody)
    )
    annotation = inspect.signature(operation.handler, eval_str=True).parameters["upload"].annotation
    assert annotation == AsyncIterator[bytes]
