"""Which addresses a request may reach."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from tests.egress.conftest import Names, Server

from vestnik.egress import (
    Approval,
    Broker,
    FetchFailed,
    FetchRequest,
    ForbiddenHost,
    HostPolicy,
    InvalidRequest,
    SystemResolver,
)
from vestnik.egress.addresses import parse_address, refusal


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("8.8.8.8", None),
        ("2a00:1450:4010:c0e::64", None),
        ("::ffff:8.8.8.8", None),
        ("10.1.2.3", "private_address"),
        ("100.64.0.1", "private_address"),
        ("127.0.0.1", "private_address"),
        ("127.255.255.254", "private_address"),
        ("169.254.1.1", "private_address"),
        ("172.16.0.1", "private_address"),
        ("172.31.255.255", "private_address"),
        ("192.168.1.1", "private_address"),
        ("192.0.0.8", "private_address"),
        ("198.18.0.1", "private_address"),
        ("::1", "private_address"),
        ("::ffff:127.0.0.1", "private_address"),
        ("::ffff:10.0.0.1", "private_address"),
        ("::127.0.0.1", "private_address"),
        ("fe80::1", "private_address"),
        ("fc00::1", "private_address"),
        ("fec0::1", "private_address"),
        ("2002:7f00:1::", "private_address"),
        ("64:ff9b::7f00:1", "private_address"),
        ("2001::1", "private_address"),
        ("2001:db8::1", "private_address"),
        ("169.254.169.254", "metadata_address"),
        ("::ffff:169.254.169.254", "metadata_address"),
        ("fd00:ec2::254", "metadata_address"),
        ("100.100.100.200", "metadata_address"),
        ("168.63.129.16", "metadata_address"),
        ("0.0.0.0", "unusable_address"),  # noqa: S104
        ("0.1.2.3", "unusable_address"),
        ("224.0.0.1", "unusable_address"),
        ("255.255.255.255", "unusable_address"),
        ("240.0.0.1", "unusable_address"),
        ("::", "unusable_address"),
        ("ff02::1", "unusable_address"),
    ],
)
def test_only_addresses_of_the_public_internet_pass(address: str, reason: str | None) -> None:
    assert refusal(parse_address(address)) == reason


@pytest.mark.parametrize(
    "host",
    "127.0.0.1 [::1] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:7f00:0001] 10.0.0.1 2130706433 "
    "0x7f000001 0x7f.1 0177.0.0.1 017700000001 127.1 127.0.1 0 0.0.0.0".split(),
)
async def test_a_loopback_in_any_spelling_is_refused_without_the_private_mark(
    server: Server, host: str
) -> None:
    broker = Broker()
    policy = HostPolicy([Approval("http", host, server.port)])
    with pytest.raises(ForbiddenHost) as caught:
        await broker.fetch(FetchRequest("GET", server.url(host=host)), policy=policy)
    assert caught.value.fields["reason"] in ("private_address", "unusable_address")
    assert server.connections == 0
    await broker.close()


async def test_every_address_of_a_name_must_pass(server: Server, broker: Broker, names: Names) -> None:
    names.leads("api.test", ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(ForbiddenHost) as caught:
        await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy(private=False))
    assert caught.value.fields == {
        "scheme": "http",
        "host": "api.test",
        "port": server.port,
        "reason": "private_address",
    }


async def test_the_connection_goes_to_the_address_that_was_checked(
    server: Server, broker: Broker, names: Names
) -> None:
    """DNS rebinding: the second answer of the name leads elsewhere, and nobody asks for a second answer."""
    names.leads("api.test", ["127.0.0.1"], ["10.255.255.1"])
    exchange = await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy())
    assert (exchange.status, exchange.resolved_address, names.asked) == (200, "127.0.0.1", ["api.test"])
    assert server.received[0].headers["host"] == f"api.test:{server.port}"


async def test_a_name_that_turns_private_is_refused_even_while_a_connection_is_kept(
    server: Server, broker: Broker, names: Names
) -> None:
    await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy())
    with pytest.raises(ForbiddenHost):
        await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy(private=False))
    assert len(server.received) == 1


async def test_a_connection_is_used_again_for_the_same_name_and_address_only(
    server: Server, broker: Broker
) -> None:
    policy = server.policy("api.test", "other.test")
    for host in ("api.test", "api.test", "other.test"):
        await broker.fetch(FetchRequest("GET", server.url(host=host)), policy=policy)
    assert server.connections == 2
    assert [request.headers["host"] for request in server.received] == [
        f"api.test:{server.port}",
        f"api.test:{server.port}",
        f"other.test:{server.port}",
    ]


async def test_the_next_address_is_tried_when_the_first_takes_no_connection(
    server: Server, broker: Broker, names: Names
) -> None:
    names.leads("api.test", ["127.0.0.2", "127.0.0.1"])
    exchange = await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy())
    assert exchange.resolved_address == "127.0.0.1"


async def test_a_metadata_address_is_approved_by_its_number_only(broker: Broker, names: Names) -> None:
    names.leads("inner.test", ["169.254.169.254"])
    policy = HostPolicy([Approval("http", "inner.test", 80, private=True)])
    with pytest.raises(ForbiddenHost) as caught:
        await broker.fetch(FetchRequest("GET", "http://inner.test/latest/"), policy=policy)
    assert caught.value.fields["reason"] == "metadata_address"


EVERY_ADDRESS = "0.0.0.0"  # noqa: S104


@pytest.mark.parametrize("listener", ["127.0.0.1", EVERY_ADDRESS, "::", "localhost", "api.test", "API.TEST"])
async def test_our_own_listener_is_refused_although_it_was_approved(
    server: Server, broker: Broker, listener: str
) -> None:
    policy = HostPolicy(server.policy().approvals, own_listeners=[(listener, server.port)])
    with pytest.raises(ForbiddenHost) as caught:
        await broker.fetch(FetchRequest("GET", server.url()), policy=policy)
    assert caught.value.fields["reason"] == "own_listener"
    assert server.connections == 0


async def test_another_port_of_our_own_machine_is_no_own_listener(server: Server, broker: Broker) -> None:
    policy = HostPolicy(server.policy().approvals, own_listeners=[(EVERY_ADDRESS, server.port + 1)])
    assert (await broker.fetch(FetchRequest("GET", server.url()), policy=policy)).ok


async def test_a_name_without_addresses_fails_as_dns(broker: Broker, names: Names) -> None:
    names.leads("nowhere.test", [])
    policy = HostPolicy([Approval("https", "nowhere.test", 443)])
    with pytest.raises(FetchFailed) as caught:
        await broker.fetch(FetchRequest("GET", "https://nowhere.test"), policy=policy)
    assert caught.value.message == "The request to nowhere.test failed: the name could not be resolved."


async def test_the_systems_resolver_keeps_an_answer_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def counted(host: str, *args: Any, **options: Any) -> Any:
        asked.append(host)
        return real(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", counted)
    resolver = SystemResolver()
    answers = [await resolver("localhost", 80) for _ in range(2)]
    await asyncio.gather(resolver("127.0.0.1", 80))
    resolver.close()
    assert answers[0] == answers[1]
    assert asked == ["localhost", "127.0.0.1"]


@pytest.mark.parametrize(
    "disguise",
    [
        "http://api.test@other.test:{port}/",
        "http://api.test:{port}@other.test:{port}/",
        "http://api.test%40other.test:{port}/",
        "http://other.test:{port}/@api.test",
        "http://other.test:{port}#@api.test/",
        "http://other.test:{port}?@api.test/",
        "http://api.test.other.test:{port}/",
        "http://api.test\\@other.test:{port}/",
        "http://api.test:{port}:80/",
        "http://api.test\t.other.test:{port}/",
        "//api.test:{port}/",
        "http:/api.test:{port}/",
        "ftp://api.test:{port}/",
        "http://аpi.test:{port}/",
        "http://[api.test]:{port}/",
    ],
)
async def test_a_url_that_only_looks_like_the_approved_one_is_not_sent(
    server: Server, broker: Broker, disguise: str
) -> None:
    """User information, other characters that look alike, and parts of a URL that hold the approved name."""
    with pytest.raises((ForbiddenHost, InvalidRequest)):
        await broker.fetch(FetchRequest("GET", disguise.format(port=server.port)), policy=server.policy())
    assert server.received == []
