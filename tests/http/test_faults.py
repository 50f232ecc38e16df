"""What goes wrong becomes a problem in the reader's language, and a line without secrets in the log."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from structlog.testing import capture_logs
from tests.application import Browser, Installation, problem_of

from vestnik.logs import hide_secrets

SECRET = "s3cr3t-in-the-query"


async def fail(_request: Request) -> Response:
    raise RuntimeError("a room broke")


async def fail_late(_request: Request) -> Response:
    async def body() -> Any:
        yield b"begun"
        raise RuntimeError("a room broke late")

    return StreamingResponse(body())


async def fail_to_store(_request: Request) -> Response:
    cause = sqlite3.OperationalError("database or disk is full")
    cause.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise sa.exc.OperationalError("INSERT", {}, cause)


async def broken(installation: Installation) -> Browser:
    installation.app.router.routes.insert(0, Route("/api/v1/fail", fail))
    installation.app.router.routes.insert(0, Route("/api/v1/fail-late", fail_late))
    installation.app.router.routes.insert(0, Route("/api/v1/fail-to-store", fail_to_store))
    return await installation.browser()


async def test_an_unknown_address_and_an_unknown_method_are_problems(installation: Installation) -> None:
    browser = await installation.browser()
    unknown = await browser.get("/nowhere", headers={"accept-language": "en-GB,en;q=0.9"})
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, "application/problem+json")
    assert problem_of(unknown) == {
        "type": "urn:vestnik:problem:not_found",
        "title": "Not found",
        "status": 404,
        "detail": "There is no such address or record.",
        "code": "not_found",
    }
    posted = await browser.post("/nowhere", {})
    assert (posted.status_code, posted.json()["code"]) == (404, "not_found")
    method = await browser.put("/session", {})
    assert (method.status_code, method.headers["allow"]) == (405, "DELETE, GET, HEAD, POST")
    assert problem_of(method) == {
        "type": "urn:vestnik:problem:method_not_allowed",
        "title": "Метод не поддерживается",
        "status": 405,
        "detail": "Этот адрес не принимает метод PUT; принимает DELETE, GET, HEAD, POST.",
        "code": "method_not_allowed",
        "method": "PUT",
        "allowed": "DELETE, GET, HEAD, POST",
    }


async def test_a_database_out_of_order_is_said_to_be_that(installation: Installation) -> None:
    browser = await broken(installation)
    with capture_logs() as lines:
        answer = await browser.get("/fail-to-store", headers={"accept-language": "en"})
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert "the change is not stored" in answer.json()["detail"]
    assert [line["reference"] for line in lines if line["event"] == "http.fault"] == [
        answer.json()["reference"]
    ]


async def test_a_fault_is_answered_and_logged_under_one_reference(installation: Installation) -> None:
    browser = await broken(installation)
    with capture_logs() as lines:
        answer = await browser.get("/fail", params={"token": SECRET}, headers={"accept-language": "en"})
    reference = answer.json()["reference"]
    assert (answer.status_code, answer.json()["detail"]) == (
        500,
        f"The fault is ours; it is recorded under number {reference}. Nothing is lost.",
    )
    (fault,) = [line for line in lines if line["event"] == "http.fault"]
    assert (fault["reference"], fault["error"], fault["route"]) == (reference, "RuntimeError", "/api/v1/fail")
    assert "in fail" in fault["stack"]
    assert SECRET not in json.dumps(lines)


async def test_the_log_of_requests_holds_templates_and_no_paths(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    with capture_logs() as lines:
        await administrator.get("/users/4711", params={"search": SECRET})
    assert [(line["event"], line["route"], line["status"]) for line in lines] == [
        ("http.request", "/api/v1/users/{id}", 404)
    ]
    assert "4711" not in json.dumps(lines)


async def test_a_fault_after_the_answer_began_cuts_the_connection(installation: Installation) -> None:
    browser = await broken(installation)
    try:
        await browser.get("/fail-late")
    except ConnectionAbortedError:
        return
    raise AssertionError("a broken answer must not look whole")


async def test_a_body_over_the_limit_and_a_broken_body_are_refused(installation: Installation) -> None:
    browser = await installation.browser()
    large = await browser.post("/session", {"email": "a" * 1_000_001, "password": ""})
    assert (large.status_code, large.json()["code"], large.json()["limit_bytes"]) == (
        413,
        "body_too_large",
        1_000_000,
    )
    headers = browser.headers | {"content-type": "application/json"}
    torn = await browser.client.post("/api/v1/session", content=b'{"email": ', headers=headers)
    assert (torn.status_code, torn.json()["code"]) == (422, "invalid_request")
    unknown = await browser.post("/session", {"email": "a@b.c", "password": "x", "admin": True})
    assert (unknown.json()["path"], unknown.json()["reason"]) == ("$.admin", "такого поля нет")


def test_fields_with_telling_names_never_reach_the_log() -> None:
    line = hide_secrets(None, "info", {"event": "x", "password": SECRET, "authorization": SECRET, "id": 7})
    assert line == {"event": "x", "password": "hidden", "authorization": "hidden", "id": 7}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/users/{'9' * 5000}", 404),
        (f"/users/{2**63}", 404),
        ("/users?offset=99999999999999999999", 422),
        ("/users?offset=1000000000000", 200),
    ],
)
async def test_a_number_that_is_too_long_is_no_fault_of_ours(
    installation: Installation, path: str, status: int
) -> None:
    browser = await installation.signed_in("administrator")

    assert (await browser.get(path)).status_code == status
