"""Rubbish at every door of the API: a problem of ours in the reader's language, which says what and where."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from tests.application import Browser, Installation

from vestnik.app import routers
from vestnik.http.api import Operation
from vestnik.http.errors import Language
from vestnik.http.uploads import BESIDE_FILE_BYTES, FileForm

LANGUAGES: tuple[Language, ...] = ("ru", "en")
LETTERS = {"ru": re.compile(r"[а-яё]{3}"), "en": re.compile(r"[a-z]{3}")}
KEY = "4611686018427387904"
#: Operations that take more are read on as all others are.
LARGE_BYTES = 1_000_000


@pytest.fixture
async def readers(installation: Installation) -> AsyncIterator[dict[Language, Browser]]:
    """An administrator who reads Russian, and one who reads English."""
    russian = await installation.signed_in("administrator")
    await installation.add_user("administrator", "english@vestnik.test")
    english = await installation.browser("203.0.113.8")
    await english.sign_in("english@vestnik.test")
    own = (await english.get("/session")).json()["user"]["id"]
    changed = await english.patch(f"/users/{own}", {"language": "en"})
    assert changed.status_code in (200, 204), changed.text
    yield {"ru": russian, "en": english}


def operations() -> Iterator[Operation]:
    return (operation for router in routers() for operation in router.operations)


def address(operation: Operation) -> str:
    """A path that the operation takes, of a record that there is not."""
    return "/api/v1" + re.sub(r"{\w+:(key|int)}", KEY, operation.path).replace("{", "").replace("}", "")


def shape_of(operation: Operation) -> re.Pattern[str]:
    """What the paths of an operation look like."""
    numbers = re.sub(r"{\w+:(key|int)}", "[0-9]+", operation.path)
    return re.compile("/api/v1" + re.sub(r"{\w+}", "[^/]+", numbers))


def limit_of(operation: Operation) -> int | None:
    """How many bytes the operation takes, where that is the business of all operations alike."""
    if isinstance(operation.upload, FileForm):
        return operation.upload.limit_bytes
    return operation.body_bytes if operation.body is not None else None


def told(answer: httpx.Response, language: Language) -> dict[str, object]:
    """The problem of an answer, which is written in that language alone."""
    where = f"{answer.request.method} {answer.request.url}: {answer.text}"
    assert answer.headers["content-type"] == "application/problem+json", where
    assert answer.headers["content-language"] == language, where
    problem: dict[str, object] = answer.json()
    for words in (str(problem["title"]), str(problem["detail"])):
        assert LETTERS[language].search(words.lower()), where
        assert language == "ru" or not LETTERS["ru"].search(words), where
    return problem


async def test_a_method_that_an_address_does_not_take(readers: dict[Language, Browser]) -> None:
    taken: dict[str, set[str]] = {}
    for operation in operations():
        methods = {operation.method, "HEAD"} if operation.method == "GET" else {operation.method}
        taken.setdefault(address(operation), set()).update(methods)
    for path, methods in taken.items():
        for language in LANGUAGES:
            browser = readers[language]
            answer = await browser.client.request("BREW", path, headers=browser.headers)
            problem = told(answer, language)
            assert (answer.status_code, problem["code"], problem["method"]) == (
                405,
                "method_not_allowed",
                "BREW",
            )
            assert problem["allowed"] == answer.headers["allow"]
            # “tests/run” is a name of a test, too
            assert methods <= set(answer.headers["allow"].split(", ")), path


async def test_an_address_takes_its_own_methods_and_names_them(readers: dict[Language, Browser]) -> None:
    browser = readers["en"]
    described: dict[str, set[str]] = {}
    shapes = {}
    for operation in operations():
        shapes[address(operation)] = shape_of(operation)
        described.setdefault(address(operation), set()).add(operation.method)
    for path in described:
        # “tests/run” is a name of a test, too
        takes = set().union(*(described[each] for each, shape in shapes.items() if shape.fullmatch(path)))
        takes |= {"HEAD"} if "GET" in takes else set()
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - takes:
            answer = await browser.client.request(method, path, headers=browser.headers)
            named = set(answer.headers.get("allow", "").split(", "))
            assert (answer.status_code, named) == (405, takes), (method, path)


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'{"rubbish":1}', b"\xff", b"[" * 10_000],
    ids=["torn", "list", "field", "byte", "deep"],
)
async def test_a_body_that_does_not_fit(readers: dict[Language, Browser], body: bytes) -> None:
    for operation in operations():
        if operation.body is None:
            continue
        for language in LANGUAGES:
            browser = readers[language]
            answer = await browser.client.request(
                operation.method, address(operation), content=body, headers=browser.headers
            )
            if operation.right != "public" and answer.status_code == 403:
                continue
            problem = told(answer, language)
            assert (answer.status_code, problem["code"]) == (422, "invalid_request"), operation.path
            assert str(problem["path"]).startswith("$"), operation.path


async def test_a_body_that_says_that_it_is_too_large(readers: dict[Language, Browser]) -> None:
    for operation in operations():
        limit_bytes = limit_of(operation)
        if limit_bytes is None:
            continue
        lengths: dict[Language, str] = {"ru": str(limit_bytes + BESIDE_FILE_BYTES + 1), "en": "9" * 5_000}
        for language, declared in lengths.items():
            browser = readers[language]
            headers = {"content-length": declared, "content-type": "multipart/form-data; boundary=b"}
            answer = await browser.client.request(
                operation.method, address(operation), content=b"{}", headers=browser.headers | headers
            )
            if operation.right != "public" and answer.status_code == 403:
                continue
            problem = told(answer, language)
            found = (answer.status_code, problem["code"], problem.get("limit_bytes"))
            assert found == (413, "body_too_large", limit_bytes), operation.path


async def test_a_body_that_grows_too_large_is_read_no_further(readers: dict[Language, Browser]) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 65_536
            yield b" " * 65_536

    browser = readers["en"]
    for operation in operations():
        limit_bytes = limit_of(operation)
        if limit_bytes is None or limit_bytes > LARGE_BYTES or operation.upload is not None:
            continue
        read = 0
        answer = await browser.client.request(
            operation.method, address(operation), content=endless(), headers=browser.headers
        )
        if operation.right != "public" and answer.status_code == 403:
            continue
        problem = told(answer, "en")
        assert (answer.status_code, problem["code"]) == (413, "body_too_large"), operation.path
        assert read <= limit_bytes + 2 * 65_536, operation.path


@pytest.mark.parametrize("query", ["rubbish=1", "limit=many", "offset=-1"], ids=["field", "kind", "number"])
async def test_a_query_that_does_not_fit(readers: dict[Language, Browser], query: str) -> None:
    for operation in operations():
        if operation.query is None:
            continue
        for language in LANGUAGES:
            browser = readers[language]
            answer = await browser.client.request(
                operation.method, f"{address(operation)}?{query}", headers=browser.headers
            )
            problem = told(answer, language)
            assert (answer.status_code, problem["code"]) == (422, "invalid_request"), operation.path
            assert str(problem["path"]).startswith("$."), operation.path


@pytest.mark.parametrize("part", ["%00", "9" * 5000, "%ff", "..%2f"], ids=["nul", "long", "byte", "dots"])
async def test_a_path_that_leads_to_nothing(readers: dict[Language, Browser], part: str) -> None:
    for operation in operations():
        if "{" not in operation.path or operation.method != "GET":
            continue
        path = "/api/v1" + re.sub(r"{[\w:]+}", part, operation.path)
        for language in LANGUAGES:
            browser = readers[language]
            answer = await browser.client.get(path, headers=browser.headers)
            assert answer.status_code in (404, 422), path
            told(answer, language)


async def test_an_upload_that_is_none(readers: dict[Language, Browser]) -> None:
    for operation in operations():
        if operation.upload is None:
            continue
        for language in LANGUAGES:
            browser = readers[language]
            headers = browser.headers | {"content-type": "multipart/form-data"}
            answer = await browser.client.request(
                operation.method,
                address(operation),
                params={"fileName": "a.csv"} if operation.query else {},
                content=b"\x00\xff" * 100,
                headers=headers,
            )
            assert answer.status_code == 422, answer.text
            told(answer, language)


async def test_a_range_of_a_page_is_answered_by_the_whole_page(readers: dict[Language, Browser]) -> None:
    client = readers["en"].client
    whole = await client.get("/")
    for asked in ("rubbish", "lines=1-2", "bytes=", "bytes=9-1", "bytes=999999999-", "bytes=0-1"):
        answer = await client.get("/", headers={"range": asked})
        assert (answer.status_code, answer.content) == (whole.status_code, whole.content), asked
