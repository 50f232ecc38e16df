"""Requests that other sites make a browser send are refused; those of our pages and of machines pass."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.routing import Route
from tests.application import ORIGIN, PASSWORD, Installation, problem_of

from vestnik.app import routers
from vestnik.http.api import PUBLIC
from vestnik.people.access import SYSTEM

CHANGE = {"theme": "dark"}
KEY = "4611686018427387904"
#: What no two answers have in common.
OF_ONE_ANSWER = r"[0-9a-f]{32}"


async def test_an_unsafe_request_repeats_the_token_of_its_session(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    right = browser.headers["x-csrf-token"]
    other = await installation.signed_in("integrator")
    for given, status in (
        (right, 200),
        ("", 403),
        (right[:-1], 403),
        (other.headers["x-csrf-token"], 403),
        ("тест", 403),
    ):
        answer = await browser.client.patch(
            "/api/v1/session/user", json=CHANGE, headers={b"x-csrf-token": given.encode()}
        )
        assert answer.status_code == status, given
    missing = await browser.client.patch("/api/v1/session/user", json=CHANGE)
    assert (missing.status_code, missing.json()["code"]) == (403, "csrf_failed")


async def test_reading_needs_no_token(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    assert (await browser.client.get("/api/v1/session")).status_code == 200


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"origin": ORIGIN, "sec-fetch-site": "same-origin"}, True),
        ({"origin": "https://public.example.org", "sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({}, True),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": f"{ORIGIN}.evil.example"}, False),
        ({"origin": f"{ORIGIN}:8001"}, False),
        ({"origin": ORIGIN, "sec-fetch-site": "cross-site"}, False),
        ({"origin": ORIGIN, "sec-fetch-site": "same-site"}, False),
    ],
)
async def test_unsafe_requests_come_from_our_pages(
    installation: Installation, headers: dict[str, str], allowed: bool
) -> None:
    await installation.services.people.organisation.change(SYSTEM, {"base_url": "https://public.example.org"})
    browser = await installation.signed_in("marketer")
    token = {"x-csrf-token": browser.headers["x-csrf-token"]}
    answer = await browser.client.patch("/api/v1/session/user", json=CHANGE, headers=headers | token)
    assert answer.status_code == (200 if allowed else 403)


async def test_another_site_can_t_sign_a_visitor_in(installation: Installation) -> None:
    await installation.add_user("marketer")
    browser = await installation.browser()
    browser.headers = {"origin": "https://evil.example"}
    answer = await browser.post("/session", {"email": "marketer@vestnik.test", "password": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


async def test_a_wrong_bearer_key_is_refused_even_beside_a_good_cookie(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    answer = await browser.get("/session", headers={"authorization": "Bearer vst_nonsense"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("vestnik.test", True),
        ("VESTNIK.test.:8000", True),
        ("public.example.org", True),
        ("xn--b1agjinxh.xn--p1ai", False),
        ("localhost:8000", True),
        ("demo.localhost", True),
        ("127.0.0.1:8000", True),
        ("[::1]:8000", True),
        ("192.168.1.5:8000", True),
        ("rebound.evil.example", False),
        ("rebound.evil.example:8000", False),
        ("vestnik.test.evil.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("evil.example@127.0.0.1", False),
        ("[", False),
        ("", False),
    ],
)
async def test_a_name_that_was_made_to_lead_here_opens_nothing(
    demo_installation: Installation, host: str, known: bool
) -> None:
    """DNS rebinding: the page's own name leads to this server, so Origin and Host agree."""
    organisation = demo_installation.services.people.organisation
    await organisation.change(SYSTEM, {"base_url": "https://public.example.org"})
    await demo_installation.add_user("marketer")
    browser = await demo_installation.browser()
    browser.headers = {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"}
    form = {"email": "marketer@vestnik.test", "password": PASSWORD}
    answers = [
        await browser.post("/session/demo", {"role": "marketer"}),
        await browser.post("/session", form),
        await browser.get("/setup"),
    ]
    refused = [(answer.status_code, answer.json().get("code")) == (400, "unknown_host") for answer in answers]
    assert refused == [not known] * 3
    assert (await browser.client.get("/healthz", headers={"host": host})).status_code == 200
    assert (await browser.client.get("/readyz", headers={"host": host})).status_code == 200
    assert (await browser.client.get("/hooks/nobody/nothing", headers={"host": host})).status_code == 404


async def test_an_unknown_name_is_refused_in_clear_words(installation: Installation) -> None:
    browser = await installation.browser(origin="http://other.example")
    assert problem_of(await browser.get("/session", headers={"accept-language": "en"})) == {
        "type": "urn:vestnik:problem:unknown_host",
        "title": "Unknown address",
        "status": 400,
        "detail": "Vestnik does not answer under the name “other.example”. Open it under its public address; "
        "an administrator sets that in Settings, or before the start as VESTNIK_BASE_URL.",
        "code": "unknown_host",
        "host": "other.example",
    }


async def test_a_public_address_in_cyrillic_is_known_as_browsers_write_it(installation: Installation) -> None:
    await installation.services.people.organisation.change(SYSTEM, {"base_url": "https://вестник.рф"})
    browser = await installation.browser(origin="https://xn--b1agjinxh.xn--p1ai")
    assert (await browser.get("/session")).json().get("code") != "unknown_host"


async def test_a_machine_with_a_key_may_use_any_name(installation: Installation) -> None:
    _, key = await installation.services.people.keys.add(SYSTEM, "сайт", ["contacts.read"])
    machine = await installation.browser(origin="http://vestnik-in-a-container:8000")
    assert (await machine.get("/session", headers={"authorization": f"Bearer {key}"})).status_code == 200


def unsafe_operations() -> Iterator[tuple[str, str, bool]]:
    """Method and address of each operation that may change something, and whether it needs no session."""
    for operation in (operation for router in routers() for operation in router.operations):
        if operation.method != "GET":
            path = re.sub(r"{\w+:(key|int)}", KEY, operation.path).replace("{", "").replace("}", "")
            yield operation.method, f"/api/v1{path}", operation.right == PUBLIC


@pytest.mark.parametrize(
    "foreign",
    [
        {"origin": "https://evil.example"},
        {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
        {"origin": ORIGIN, "sec-fetch-site": "same-site"},
        {"origin": "null", "sec-fetch-site": "none"},
    ],
    ids=["another site", "across sites", "a sister site", "a frame without an origin"],
)
async def test_no_operation_takes_a_change_from_another_site(
    installation: Installation, foreign: dict[str, str]
) -> None:
    browser = await installation.signed_in("administrator")
    stranger = await installation.browser()
    token = {"x-csrf-token": browser.headers["x-csrf-token"]}
    for method, path, is_public in unsafe_operations():
        for client in [browser.client, stranger.client] if is_public else [browser.client]:
            answer = await client.request(method, path, headers=foreign | token, content=b"{}")
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed"), (method, path)


@pytest.mark.parametrize("given", [None, "", "0" * 64], ids=["none", "empty", "made up"])
async def test_no_operation_takes_a_change_without_the_token_of_the_session(
    installation: Installation, given: str | None
) -> None:
    browser = await installation.signed_in("administrator")
    headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
    headers |= {} if given is None else {"x-csrf-token": given}
    for method, path, _ in unsafe_operations():
        answer = await browser.client.request(method, path, headers=headers, content=b"{}")
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed"), (method, path)


async def test_what_stands_apart_from_the_api_knows_no_session(installation: Installation) -> None:
    browser, stranger = await installation.signed_in("administrator"), await installation.browser()
    apart = {
        (method, re.sub(r"{account_id:key}", KEY, route.path).replace("{token}", "none"))
        for route in installation.app.routes
        if isinstance(route, Route) and not route.path.startswith(("/api/", "/metrics"))
        for method in route.methods or {"GET", "POST"}
    }
    doors = {(method, path) for method in ("GET", "POST") for path in ("/intake/none", "/hooks/none/none")}
    assert {path.split("/")[1] for _, path in apart} >= {"embed", "calendars", "developer", "healthz"}
    for method, path in sorted(apart | doors):
        headers = browser.headers | {"origin": ORIGIN}
        known = await browser.client.request(method, path, headers=headers, content=b"{}")
        unknown = await stranger.client.request(method, path, content=b"{}")
        assert known.status_code == unknown.status_code, (method, path)
        assert "set-cookie" not in known.headers, (method, path)
        told = [re.sub(OF_ONE_ANSWER, "", answer.text) for answer in (known, unknown)]
        assert told[0] == told[1], (method, path)


@pytest.mark.parametrize("host", ["vestnik.test", "evil.example"])
async def test_no_answer_leads_to_an_address_of_the_request(installation: Installation, host: str) -> None:
    browser = await installation.signed_in("administrator")
    away = "//evil.example", "https://evil.example/", "%2F%2Fevil.example", "\\\\evil.example"
    paths = [*dict.fromkeys(path for _, path, _ in unsafe_operations()), "/healthz", "/embed/contact", "/"]
    asked = [f"{path}/" for path in paths] + [f"/{away[0]}{path}" for path in paths[-3:]]
    asked += [f"{path}?next={each}&redirect={each}" for path in paths[-3:] for each in away]
    for led in asked:
        answer = await browser.client.get(f"{ORIGIN}{led}", headers={"host": host})
        assert "location" not in answer.headers and "refresh" not in answer.headers, led
    for path in away:
        answer = await browser.client.get(f"{ORIGIN}/{path}", headers={"host": host})
        assert "location" not in answer.headers, path
