"""Requests that other sites make a browser send are refused; those of our pages and of machines pass."""

from __future__ import annotations

import pytest
from tests.application import ORIGIN, Installation

from vestnik.people.access import SYSTEM

CHANGE = {"theme": "dark"}


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
