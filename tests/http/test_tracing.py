"""Every request has an id, which its answer and its log lines name; only a trusted proxy may choose it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from structlog.testing import capture_logs
from tests.application import Installation

from vestnik import tracing
from vestnik.app import Services
from vestnik.commands.listening import listen
from vestnik.logs import add_trace_id
from vestnik.server import Server
from vestnik.settings import Settings

GIVEN = "4bf92f3577b34da6a3ce929d0e0e4736"
HEADER = f"00-{GIVEN}-00f067aa0ba902b7-01"


async def test_an_answer_names_its_request_and_no_two_are_the_same(installation: Installation) -> None:
    browser = await installation.browser()
    answers = [await browser.get("/session"), await browser.get("/nowhere"), await browser.get("/session")]
    ids = [answer.headers["x-trace-id"] for answer in answers]
    assert len(set(ids)) == 3 and all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)
    assert answers[1].json()["traceId"] == ids[1]
    assert answers[1].json()["instance"] == f"urn:vestnik:trace:{ids[1]}"


async def test_what_a_request_logs_and_writes_has_its_id(installation: Installation) -> None:
    seen: list[str | None] = []

    async def look(_request: Request) -> JSONResponse:
        await installation.services.database.write(lambda _: seen.append(tracing.current()))
        await asyncio.to_thread(lambda: seen.append(tracing.current()))
        return JSONResponse({})

    installation.app.router.routes.insert(0, Route("/api/v1/look", look))
    browser = await installation.browser()
    with capture_logs(processors=[add_trace_id]) as lines:
        answer = await browser.get("/look")
    trace_id = answer.headers["x-trace-id"]
    assert seen == [trace_id, trace_id]
    assert [line["trace_id"] for line in lines if line["event"] == "http.request"] == [trace_id]
    assert tracing.current() is None


async def test_nobody_chooses_the_id_of_a_request_by_a_header(installation: Installation) -> None:
    browser = await installation.browser()
    answer = await browser.get("/session", headers={"traceparent": HEADER})
    assert answer.headers["x-trace-id"] != GIVEN


@pytest.mark.parametrize(("proxies", "believed"), [("", False), ("10.0.0.0/8", False), ("127.0.0.1", True)])
async def test_the_id_of_a_trusted_proxy_goes_on(
    installation: Installation, settings: Settings, proxies: str, believed: bool
) -> None:
    async def announce(_services: Services) -> None:
        ready.set()

    trusted = Settings.from_environment({"VESTNIK_TRUSTED_PROXIES": proxies}).trusted_proxies
    services = installation.app.state.services
    services.settings = replace(services.settings, trusted_proxies=trusted)
    listener = listen(settings.at_port(0))
    ready = asyncio.Event()
    server = Server(installation.app, announce)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await ready.wait()
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = {"traceparent": HEADER, "x-forwarded-for": "203.0.113.9"}
        answer = await client.get(f"http://127.0.0.1:{listener.getsockname()[1]}/healthz", headers=headers)
    server.should_exit = True
    await serving
    assert (answer.headers["x-trace-id"] == GIVEN) is believed


@pytest.mark.parametrize(
    "value",
    [
        "",
        GIVEN,
        HEADER.upper(),
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{GIVEN}-{'0' * 16}-01",
        f"ff-{GIVEN}-00f067aa0ba902b7-01",
        f"{HEADER}-more",
        f"00-{GIVEN}\n-00f067aa0ba902b7-01",
    ],
)
def test_a_header_that_trace_context_forbids_is_disregarded(value: str) -> None:
    assert tracing.from_header(value) is None


def test_a_header_of_a_later_version_is_read_as_far_as_we_know_it() -> None:
    assert tracing.from_header(f"01-{GIVEN}-00f067aa0ba902b7-01-what-comes") == (GIVEN, "00f067aa0ba902b7")


def test_the_id_of_a_stored_row_is_an_id_of_trace_context() -> None:
    assert tracing.is_id(tracing.of_key(1)) and tracing.of_key(1) != tracing.of_key(2)
