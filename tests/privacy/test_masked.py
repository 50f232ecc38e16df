"""Logs, spans and the files of recordings: no address, phone, key, password or cookie is in any of them."""

from __future__ import annotations

import io
import json
import logging
import sys
import traceback
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.app.test_telemetry import Kept
from tests.application import ORIGIN, Browser, Installation

from vestnik import logs, telemetry
from vestnik.logs import clean
from vestnik.people.tables import user

EMAIL, PHONE, DIGITS = "olga.petrova@klient.ru", "+7 916 555-44-33", "9165554433"
PASSWORD, NAME = "Vesna-2026-korova", "Ольга Петрова"
Log = Callable[[], str]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """The error stream as `vestnik serve` writes it, down to the last library's lines."""
    stream, root = io.StringIO(), logging.getLogger()
    kept = root.handlers[:], root.level, structlog.get_config()
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure(logging.DEBUG)
    structlog.configure(cache_logger_on_first_use=False)  # or loggers write to this stream for ever
    yield stream.getvalue
    root.handlers[:], root.level = kept[:2]
    structlog.configure(**kept[2])


@pytest.fixture
def kept() -> Iterator[Kept]:
    kept = Kept()
    telemetry.export_to(kept)
    yield kept
    telemetry.end()


def found(text: str, *needles: str) -> list[str]:
    """Those that stand in a text, with digits of phones however they are written."""
    plain = text.lower()
    digits = "".join(each for each in text if each not in " ()-+")
    return [each for each in needles if each.lower() in plain or (each.isdigit() and each in digits)]


async def requests_of_all_kinds(installation: Installation) -> list[str]:
    """What people and machines send in passing; the secrets that were made meanwhile."""
    administrator = await installation.signed_in("administrator")
    (cookie,) = administrator.client.cookies.values()
    person = {"name": NAME, "emails": [EMAIL], "phones": [PHONE]}
    for _ in range(2):
        await administrator.post("/contacts", person)
    await administrator.get("/contacts", params={"search": EMAIL})
    await administrator.get(f"/contacts/{EMAIL}")
    await administrator.get(f"{ORIGIN}/{EMAIL}?phone={PHONE}")
    await administrator.post("/contacts", {**person, EMAIL: PHONE})
    made = (await administrator.post("/keys", {"name": EMAIL, "rights": ["contacts.read"]})).json()
    machine = await installation.browser()
    machine.headers = {"authorization": f"Bearer {made['key']}", "x-note": EMAIL, "user-agent": PHONE}
    await machine.get("/contacts", params={"key": made["key"]})
    await machine.post("/contacts", person)
    stranger = await installation.browser("203.0.113.9")
    for password in (PASSWORD, f"{PASSWORD} {EMAIL}"):
        await stranger.post("/session", {"email": EMAIL, "password": password})
    headers = stranger.headers | {"content-type": "application/json"}
    torn = f'{{"email": "{EMAIL}", "password": "{PASSWORD}'.encode()
    await stranger.client.post("/api/v1/session", content=torn, headers=headers)
    await stranger.client.post(f"{ORIGIN}/hooks/unisender/{made['key']}", content=torn)
    return [made["key"], cookie]


async def test_requests_leave_nothing_of_people_or_secrets_in_logs_and_spans(
    installation: Installation, log: Log, kept: Kept
) -> None:
    secrets = await requests_of_all_kinds(installation)
    telemetry.end()
    lines = [json.loads(line) for line in log().splitlines()]
    assert len([line for line in lines if line["event"] == "http.request"]) >= 12
    told = log() + " ".join(span.to_json() for span in kept.spans)
    assert len(secrets) == 2 and all(len(each) > 20 for each in secrets)
    assert found(told, EMAIL, DIGITS, PASSWORD, NAME, "olga", *secrets) == []


async def failing(installation: Installation) -> Browser:
    """Pages that fail in the words of what they were given, and in those of the database."""

    async def say(_request: Request) -> JSONResponse:
        raise ValueError(f"no such person: {EMAIL}, {PHONE}, Bearer {PASSWORD}, password={PASSWORD}")

    async def store(_request: Request) -> JSONResponse:
        def write(connection: sa.Connection) -> None:
            row = connection.execute(sa.select(user)).mappings().first()
            assert row is not None
            connection.execute(sa.insert(user).values({**row, "name": NAME}))

        await installation.services.database.write(write)
        return JSONResponse({})

    for path, handler in (("/api/v1/say", say), ("/api/v1/store", store)):
        installation.app.router.routes.insert(0, Route(path, handler))
    await installation.add_user("administrator", EMAIL)
    return await installation.browser()


async def test_faults_in_the_words_of_others_are_logged_without_people_and_secrets(
    installation: Installation, log: Log
) -> None:
    browser = await failing(installation)
    for path, error in (("/say", "ValueError"), ("/store", "IntegrityError")):
        answer = await browser.get(path)
        assert answer.status_code == 500
        assert found(answer.text, EMAIL, DIGITS, PASSWORD, NAME) == []
        (line,) = [each for each in map(json.loads, log().splitlines()) if each.get("error") == error]
        assert line["reference"] == answer.json()["reference"]
    logging.getLogger("uvicorn.error").error("cannot send to %s", EMAIL, exc_info=ValueError(PHONE))
    line = {"to": [EMAIL], "facts": {"phone": PHONE}, "thing": ValueError(EMAIL)}
    structlog.get_logger("a library").warning("told", **line)
    assert found(log(), EMAIL, DIGITS, PASSWORD, NAME, "olga.") == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"to {EMAIL}: refused", "to o***@klient.ru: refused"),
        (f"call {PHONE} now", "call ***33 now"),
        ("vst_Abcdefgh-12345678 is revoked", "vst_hidden is revoked"),
        ("Authorization: Bearer abcdef.ghijk", "Authorization: Bearer hidden"),
        ("password='abcdefgh', next", "password=hidden, next"),
        ("DETAIL:  Failing row contains (1, Ольга).", "DETAIL:  hidden"),
        (
            "job 383194972999708672 took 1795427498827701 us",
            "job 383194972999708672 took 1795427498827701 us",
        ),
        ("2026-11-23T10:00:00.123456Z", "2026-11-23T10:00:00.123456Z"),
    ],
)
def test_words_of_others_are_masked_and_numbers_stay(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_a_stack_names_lines_of_code_and_no_values() -> None:
    try:
        raise ValueError(EMAIL)
    except ValueError as error:
        assert EMAIL not in clean("".join(traceback.format_exception(error)))
