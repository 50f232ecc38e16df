"""Every answer, however it came about, has the headers that keep a browser from doing harm with it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from tests.application import ORIGIN, PASSWORD, Installation, install

from vestnik.http.connections import HEAD_BYTES
from vestnik.http.headers import content_policy, security_headers
from vestnik.http.static import FOLDER
from vestnik.people.access import SYSTEM
from vestnik.settings import Settings, SettingsError

KEY = "4611686018427387904"
SECURE = "https://vestnik.test"
A_YEAR = "max-age=31536000"


def addresses(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Each method of each route, and one that it does not take, with an address of a record that is none."""
    for route in routes:
        if isinstance(route, Route):
            path = re.sub(r"{\w+:(key|int)}", KEY, route.path).replace("{", "").replace("}", "")
            for method in sorted((route.methods or {"GET", "POST", "OPTIONS"}) | {"BREW"}):
                yield method, path


def lacks(answer: httpx.Response) -> set[str]:
    """What of the headers is missing. An answer may set a stricter one; none may be without."""
    found = {name for name in security_headers() if name not in answer.headers}
    if answer.headers["x-content-type-options"] != "nosniff":
        found.add("nosniff")
    policy = answer.headers.get("content-security-policy", "")
    if policy != content_policy() and not policy.startswith("default-src 'none'"):
        found.add("a policy")
    if "'unsafe-inline'" in policy.partition("style-src")[0] or "unsafe-eval" in policy:
        found.add("a safe policy")
    path = answer.request.url.path
    if path.startswith(("/api/", "/embed/")) and "no-store" not in answer.headers.get("cache-control", ""):
        if answer.status_code != 304 and not answer.headers.get("cache-control", "").startswith("private"):
            found.add("no-store")
    return found


async def test_every_address_answers_with_the_security_headers(installation: Installation) -> None:
    installation.services.events.close()  # live updates end at once: nobody is to wait for them
    stranger, administrator = await installation.browser(), await installation.signed_in("administrator")
    seen: set[int] = set()
    for method, path in addresses(installation.app.routes):
        if (method, path) == ("DELETE", "/api/v1/session"):
            continue
        for browser in [stranger] if method == "BREW" else [stranger, administrator]:
            answer = await browser.client.request(method, path, headers=browser.headers, content=b"{")
            seen.add(answer.status_code)
            assert lacks(answer) == set(), (method, path, answer.status_code)
            assert "server" not in answer.headers
    assert seen >= {200, 401, 403, 404, 405, 422}


async def test_answers_of_every_other_kind_have_them(installation: Installation) -> None:
    async def broken(_request: Request) -> Response:
        raise RuntimeError("a fault")

    installation.app.router.routes.insert(0, Route("/api/v1/broken", broken))
    browser = await installation.signed_in("marketer")
    statuses: list[int] = []

    async def ask(method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        answer = await browser.client.request(method, path, headers=headers or {}, content=body)
        assert lacks(answer) == set(), (method, path, answer.status_code)
        statuses.append(answer.status_code)

    good = browser.headers
    await ask("GET", "/api/v1/session", {"host": "evil.example"})
    await ask("GET", "/api/v1/session", {"authorization": "Bearer vst_nonsense"})
    await ask("PATCH", "/api/v1/session/user", {"origin": "https://evil.example"})
    await ask("PATCH", "/api/v1/session/user", good | {"content-length": "99999999"})
    await ask("PATCH", "/api/v1/session/user", good, b'{"theme":"dark"}')
    await ask("GET", "/api/v1/broken")
    await ask("GET", "/api/v1/nowhere")
    await ask("GET", "/api/v1/session/")
    await ask("GET", "/assets/none.js")
    await ask("GET", "/campaigns/1")
    await ask("HEAD", "/")
    await ask("POST", "/")
    page = 200 if (FOLDER / "index.html").exists() else 503
    assert statuses == [400, 401, 403, 413, 200, 500, 404, 404, 404, page, page, 404]


@pytest.mark.parametrize("path", ["/hooks/a/b", "/hooks/", "/intake/a", "/intake/"])
async def test_answers_to_machines_are_no_pages(installation: Installation, path: str) -> None:
    browser = await installation.browser()
    for method in ("GET", "POST", "HEAD", "OPTIONS", "BREW"):
        headers = (await browser.client.request(method, path)).headers
        assert headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


@pytest.mark.parametrize("goes_on", [b"no header\r\n\r\n", b"X: " + b"a" * HEAD_BYTES], ids=["400", "431"])
async def test_answers_to_what_is_no_request_have_them(port: int, goes_on: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n")
    for _ in range(20):
        await asyncio.sleep(0)  # the server has its turns: what one read brings is not counted
    writer.write(goes_on)
    async with asyncio.timeout(30):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
    writer.close()
    named = dict(line.split(": ", 1) for line in head[1:] if line)
    assert {name: named.get(name) for name in security_headers()} == {
        name: value.lower() for name, value in security_headers().items()
    }
    assert (named["cache-control"], named["connection"], "server" in named) == ("no-store", "close", False)


async def transport_security(installation: Installation, origin: str, **headers: str) -> list[str | None]:
    """What a page, a question, a refusal and a forged request say of https."""
    browser = await installation.browser(origin=origin)
    answers = [
        await browser.client.get("/", headers=headers),
        await browser.client.get("/healthz", headers=headers),
        await browser.client.get("/api/v1/session", headers=headers),
        await browser.client.get("/api/v1/nowhere", headers=headers),
        await browser.client.post("/api/v1/session", headers={"origin": "https://evil.example"} | headers),
    ]
    return [answer.headers.get("strict-transport-security") for answer in answers]


async def test_browsers_are_to_come_by_https_when_a_proxy_says_that_they_do(
    installation: Installation,
) -> None:
    assert await transport_security(installation, SECURE) == [A_YEAR] * 5
    assert await transport_security(installation, ORIGIN) == [None] * 5


async def test_browsers_are_to_come_by_https_when_the_public_address_says_so(
    installation: Installation,
) -> None:
    organisation = installation.services.people.organisation
    await organisation.change(SYSTEM, {"base_url": SECURE})
    await organisation.profile()
    assert await transport_security(installation, ORIGIN) == [A_YEAR] * 5
    # Who comes under another name may have no https there.
    assert await transport_security(installation, "http://127.0.0.1:8000") == [None] * 5
    assert await transport_security(installation, ORIGIN, host="other.test") == [None] * 5


@pytest.mark.parametrize(("hsts", "said"), [("", A_YEAR), ("0", None), ("86400", "max-age=86400")])
async def test_for_how_long_is_a_setting(settings: Settings, hsts: str, said: str | None) -> None:
    chosen = Settings.from_environment({"VESTNIK_HSTS": hsts}).hsts_s
    async with install(replace(settings, hsts_s=chosen)) as installation:
        await installation.found()
        assert await transport_security(installation, SECURE) == [said] * 5


@pytest.mark.parametrize("text", ["-1", "1 year", "63072001", "9" * 5000, "1.5"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="seconds from 0 to 63072000"):
        Settings.from_environment({"VESTNIK_HSTS": text})


@pytest.mark.parametrize(
    ("origin", "base_url", "secure"),
    [
        (SECURE, ORIGIN, True),
        (ORIGIN, SECURE, True),
        (ORIGIN, ORIGIN, False),
        ("http://127.0.0.1:8000", SECURE, False),
    ],
)
async def test_cookies_are_secure_wherever_browsers_come_by_https(
    installation: Installation, origin: str, base_url: str, secure: bool
) -> None:
    organisation = installation.services.people.organisation
    await organisation.change(SYSTEM, {"base_url": base_url})
    await organisation.profile()
    await installation.add_user("marketer")
    browser = await installation.browser(origin=origin)
    begun = await browser.post("/session", {"email": "marketer@vestnik.test", "password": PASSWORD})
    browser.headers["x-csrf-token"] = begun.json()["csrf"]
    token = begun.headers["set-cookie"].partition(";")[0]
    ended = await browser.delete("/session", headers={"cookie": token})
    for answer, lasts in ((begun, "Max-Age=7776000"), (ended, "Max-Age=0")):
        assert answer.status_code in (200, 204), answer.text
        flags = {flag.strip() for flag in answer.headers["set-cookie"].split(";")[1:]}
        flags -= {flag for flag in flags if flag.lower().startswith("expires=")}
        assert flags == {"HttpOnly", lasts, "Path=/", "SameSite=lax"} | ({"Secure"} if secure else set())
