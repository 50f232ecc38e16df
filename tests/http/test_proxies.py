"""Who a visitor is behind proxies: what the named ones say, however long their chain, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from vestnik.http.limits import network_of
from vestnik.http.proxies import BehindProxies

PROXIES = ["10.0.0.0/8", "2001:db8:ffff::/48", "127.0.0.1"]
Headers = list[tuple[str, str]]


async def seen(headers: Headers, peer: str = "10.0.0.1", kind: str = "http") -> Scope:
    """What the application sees of a request that `peer` sends."""
    scopes: list[Scope] = []

    async def application(scope: Scope, _receive: Receive, _send: Send) -> None:
        scopes.append(scope)

    async def receive() -> Message:
        raise AssertionError("nobody reads a body")

    async def send(_message: Message) -> None:
        raise AssertionError("nobody answers")

    scope: dict[str, Any] = {
        "type": kind,
        "scheme": "http" if kind == "http" else "ws",
        "client": (peer, 50_000),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
    }
    await BehindProxies(application, PROXIES)(scope, receive, send)
    return scopes[0]


async def visitor(*values: str, peer: str = "10.0.0.1") -> str:
    scope = await seen([("x-forwarded-for", value) for value in values], peer)
    host: str = scope["client"][0]
    return host


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["203.0.113.9"], "203.0.113.9"),
        (["203.0.113.9, 10.0.0.2, 10.0.0.3"], "203.0.113.9"),
        (["203.0.113.9", "10.0.0.2"], "203.0.113.9"),
        (["198.51.100.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        (["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
        (["10.0.0.7, 203.0.113.9"], "203.0.113.9"),
        (["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        (["203.0.113.9,10.0.0.2"], "203.0.113.9"),
        (["  203.0.113.9 \t"], "203.0.113.9"),
    ],
)
async def test_the_visitor_is_the_newest_of_a_chain_who_is_no_proxy_of_ours(
    values: list[str], expected: str
) -> None:
    assert await visitor(*values) == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("203.0.113.9:4711", "203.0.113.9"),
        ("2001:db8::9", "2001:db8::9"),
        ("2001:0DB8:0:0::9", "2001:db8::9"),
        ("[2001:db8::9]", "2001:db8::9"),
        ("[2001:db8::9]:4711", "2001:db8::9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 2001:db8:ffff::1", "203.0.113.9"),
        ("203.0.113.9, [2001:db8:ffff::1]:443, ::ffff:10.0.0.9", "203.0.113.9"),
    ],
)
async def test_an_address_may_have_a_port_and_any_spelling(entry: str, expected: str) -> None:
    assert await visitor(entry) == expected


@pytest.mark.parametrize(
    "entry",
    [
        "",
        ",",
        "unknown",
        "_hidden",
        "localhost",
        "203.0.113",
        "203.0.113.256",
        "203.0.113.9:",
        "203.0.113.9:http",
        "203.0.113.9:123456",
        "[2001:db8::9",
        "2001:db8::9]",
        "[203.0.113.9",
        "[2001:db8::9]443",
        "fe80::1%eth0",
        "203.0.113.9 10.0.0.2",
        "for=203.0.113.9",
        '"203.0.113.9"',
        "127.0.0.1; DROP TABLE",
        "²03.0.113.9",
        "a" * 60_000,
    ],
)
async def test_what_is_no_address_is_not_believed_and_counts_as_the_proxy_that_wrote_it(entry: str) -> None:
    assert await visitor(entry) == "10.0.0.1"
    assert await visitor(f"203.0.113.9, {entry}, 10.0.0.2") == "10.0.0.2"
    assert await visitor(f"{entry}, 203.0.113.9, 10.0.0.2") == "203.0.113.9"


@pytest.mark.parametrize("peer", ["203.0.113.1", "11.0.0.1", "2001:db8::1", "::ffff:11.0.0.1"])
async def test_nobody_else_is_believed(peer: str) -> None:
    scope = await seen([("x-forwarded-for", "198.51.100.1"), ("x-forwarded-proto", "https")], peer)
    assert (scope["client"], scope["scheme"]) == ((peer, 50_000), "http")


@pytest.mark.parametrize("peer", ["10.1.2.3", "::ffff:10.1.2.3", "127.0.0.1", "2001:db8:ffff:1::1"])
async def test_a_proxy_is_known_in_every_spelling_of_its_address(peer: str) -> None:
    assert await visitor("203.0.113.9", peer=peer) == "203.0.113.9"


@pytest.mark.parametrize(
    ("values", "scheme"),
    [
        (["https"], "https"),
        (["http"], "http"),
        (["HTTPS"], "http"),
        (["https, http"], "http"),
        (["https", "https"], "http"),
        (["ftp"], "http"),
        (["on"], "http"),
        ([""], "http"),
    ],
)
async def test_one_proxy_says_which_scheme_the_browser_speaks(values: list[str], scheme: str) -> None:
    assert (await seen([("x-forwarded-proto", value) for value in values]))["scheme"] == scheme


async def test_a_socket_has_its_own_schemes() -> None:
    headers = [("x-forwarded-proto", "https"), ("x-forwarded-for", "203.0.113.9")]
    scope = await seen(headers, kind="websocket")
    assert (scope["scheme"], scope["client"]) == ("wss", ("203.0.113.9", 0))


@pytest.mark.parametrize(
    "header",
    [
        ("forwarded", "for=198.51.100.1;proto=https;host=evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-port", "443"),
        ("x-forwarded-prefix", "/evil"),
        ("x-forwarded-ssl", "on"),
        ("x-real-ip", "198.51.100.1"),
        ("true-client-ip", "198.51.100.1"),
        ("x_forwarded_for", "198.51.100.1"),
    ],
)
async def test_headers_that_a_proxy_may_pass_on_as_they_came_are_ignored(header: tuple[str, str]) -> None:
    scope = await seen([header, ("x-forwarded-for", "203.0.113.9"), ("host", "vestnik.test")])
    assert (scope["scheme"], scope["client"]) == ("http", ("203.0.113.9", 0))
    assert [value for name, value in scope["headers"] if name == b"host"] == [b"vestnik.test"]
    assert "root_path" not in scope


async def test_a_visitor_who_invents_addresses_is_still_counted_as_one() -> None:
    invented = [await visitor(f"198.51.100.{number}, 203.0.113.9") for number in range(50)]
    assert {network_of(each) for each in invented} == {"203.0.113.9"}
