"""The broker against a real server: limits, redirects, headers, errors."""

from __future__ import annotations

import asyncio
import gzip
import inspect
import zlib
from collections.abc import Callable

import httpcore
import pytest
from tests.egress.conftest import Received, Server, Writer, http_answer

from vestnik.egress import (
    Approval,
    Broker,
    Draft,
    ExchangeTrace,
    FetchFailed,
    FetchRequest,
    ForbiddenHost,
    HostPolicy,
    InvalidRequest,
    Masker,
)
from vestnik.egress.transport import failure_of

MakeBroker = Callable[..., Broker]


async def test_a_request_arrives_as_it_was_asked_for(server: Server, broker: Broker) -> None:
    server.answers(b'{"ok":true}', headers=("Content-Type: application/json", "Set-Cookie: a=1"))
    draft = Draft.parse(
        {
            "url": server.url("/путь?a=1"),
            "query": {"b": "x y"},
            "form": {"k[0]": ["1", "2"]},
            "headers": {"X-One": "1"},
        }
    )
    exchange = await broker.fetch(draft.to_request(), policy=server.policy())
    assert (exchange.status, exchange.ok, exchange.body) == (200, True, b'{"ok":true}')
    assert exchange.header("content-TYPE") == "application/json"
    [received] = server.received
    assert (received.method, received.target, received.body) == (
        "POST",
        "/%D0%BF%D1%83%D1%82%D1%8C?a=1&b=x+y",
        b"k%5B0%5D=1&k%5B0%5D=2",
    )
    assert received.headers == {
        "host": f"api.test:{server.port}",
        "accept-encoding": "gzip, deflate",
        "accept": "*/*",
        "user-agent": "Vestnik",
        "x-one": "1",
        "content-type": "application/x-www-form-urlencoded",
        "content-length": "21",
    }


async def test_cookies_are_not_kept_between_requests(server: Server, broker: Broker) -> None:
    server.answers(headers=("Set-Cookie: session=1",))
    for _ in range(2):
        await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy())
    assert "cookie" not in server.received[1].headers


async def test_proxies_of_the_environment_are_not_used(
    server: Server, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert (await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy())).ok


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (("X-A", "1\r\nX-B: 2"), "the value of the header X-A has a line break or a control character"),
        (("X-A", "1\nX-B: 2"), "the value of the header X-A has a line break or a control character"),
        (("X-A", "1\0"), "the value of the header X-A has a line break or a control character"),
        (("X-A\r\nX-B", "1"), "a header's name has a character that is not allowed there"),
        (("X A", "1"), "a header's name has a character that is not allowed there"),
        (("", "1"), "a header's name has a character that is not allowed there"),
        (("Host", "evil.test"), "the header Host is set by Vestnik and can't be given"),
        (("content-length", "0"), "the header content-length is set by Vestnik and can't be given"),
        (
            ("Transfer-Encoding", "chunked"),
            "the header Transfer-Encoding is set by Vestnik and can't be given",
        ),
        (("Connection", "keep-alive"), "the header Connection is set by Vestnik and can't be given"),
        (("Proxy-Authorization", "x"), "the header Proxy-Authorization is set by Vestnik and can't be given"),
        (("X-A", "1\u2028"), "the value of the header X-A has a character that is not allowed there"),
        (("X-A", "1" * 40_000), "the headers are larger than 32768 bytes"),
    ],
)
async def test_a_header_that_would_break_the_request_is_refused(
    server: Server, broker: Broker, header: tuple[str, str], sentence: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await broker.fetch(FetchRequest("GET", server.url(), (header,)), policy=server.policy())
    assert caught.value.message == f"The request can't be sent: {sentence}."
    assert server.connections == 0


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX: 1", "/a\tb", "/a\\b", "/\x00", "/" + "a" * 20_000])
async def test_a_url_that_would_break_the_request_is_refused(
    server: Server, broker: Broker, path: str
) -> None:
    with pytest.raises(InvalidRequest):
        await broker.fetch(FetchRequest("GET", server.url(path)), policy=server.policy())
    assert server.connections == 0


async def test_other_methods_and_too_large_a_body_are_refused(
    server: Server, make_broker: MakeBroker
) -> None:
    broker = make_broker(request_bytes=10)
    for request in (FetchRequest("CONNECT", server.url()), FetchRequest("POST", server.url(), (), b"x" * 11)):
        with pytest.raises(InvalidRequest):
            await broker.fetch(request, policy=server.policy())
    assert (await broker.fetch(FetchRequest("POST", server.url(), (), b"x" * 10), policy=server.policy())).ok


# Sizes


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("", bytes)]
)
async def test_the_size_limit_counts_decompressed_bytes(
    server: Server, make_broker: MakeBroker, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    broker = make_broker(response_bytes=100_000)
    headers = (f"Content-Encoding: {encoding}",) if encoding else ()
    server.answers(pack(b"x" * 100_000), headers=headers)
    exchange = await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy())
    assert exchange.body == b"x" * 100_000
    server.answers(pack(b"x" * 100_001), headers=headers)
    with pytest.raises(FetchFailed) as caught:
        await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy())
    assert caught.value.message == (
        "The request to api.test failed: the answer is larger than allowed (over 100000 bytes)."
    )


async def test_a_gzip_bomb_is_stopped_at_the_limit(server: Server, make_broker: MakeBroker) -> None:
    broker = make_broker(response_bytes=1_000_000)
    server.answers(gzip.compress(b"\0" * 200_000_000), headers=("Content-Encoding: gzip",))
    traces: list[ExchangeTrace] = []
    with pytest.raises(FetchFailed) as caught:
        await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy(), record=traces.append)
    assert caught.value.kind == "too_large"
    assert traces[0]["responseBytes"] <= 1_000_000


async def test_nothing_compressed_over_and_over_is_stopped(server: Server, make_broker: MakeBroker) -> None:
    broker = make_broker(response_bytes=10_000)
    server.answers(gzip.compress(b"") * 2_000, headers=("Content-Encoding: gzip",))
    with pytest.raises(FetchFailed) as caught:
        await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy())
    assert caught.value.kind == "too_large"


async def test_layers_of_compression_and_unknown_ones_are_refused(server: Server, broker: Broker) -> None:
    for encoding in ("gzip, gzip", "br", "zstd"):
        server.answers(b"x", headers=(f"Content-Encoding: {encoding}",))
        with pytest.raises(FetchFailed) as caught:
            await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy())
        assert caught.value.kind == "protocol"


async def test_raw_deflate_and_several_gzip_members_are_read(server: Server, broker: Broker) -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    raw = packer.compress(b"raw") + packer.flush()
    for encoding, body, expected in (
        ("deflate", raw, b"raw"),
        ("gzip", gzip.compress(b"a" * 70_000) + gzip.compress(b"b"), b"a" * 70_000 + b"b"),
    ):
        server.answers(body, headers=(f"Content-Encoding: {encoding}",))
        assert (
            await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy())
        ).body == expected


@pytest.mark.parametrize("body", [b"not gzip", gzip.compress(b"x" * 1000, mtime=0)[:-12]])
async def test_a_damaged_compressed_answer_fails_as_protocol(
    server: Server, broker: Broker, body: bytes
) -> None:
    server.answers(body, headers=("Content-Encoding: gzip",))
    with pytest.raises(FetchFailed) as caught:
        await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy())
    assert caught.value.kind == "protocol"


# Time


async def test_a_server_that_drips_is_cut_off_at_the_time_limit(server: Server, broker: Broker) -> None:
    async def drip(_: Received, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.01)

    server.handler = drip
    traces: list[ExchangeTrace] = []
    with pytest.raises(FetchFailed) as caught:
        await broker.fetch(
            FetchRequest("GET", server.url(), timeout_s=0.2), policy=server.policy(), record=traces.append
        )
    assert caught.value.message == (
        "The request to api.test failed: there was no complete answer in time (0.2 s)."
    )
    [trace] = traces
    assert (trace["status"], trace["error"]) == (
        200,
        {
            "code": "fetch",
            "kind": "timeout",
            "host": "api.test",
            "detail": "0.2 s",
            "message": caught.value.message,
        },
    )
    assert 200 <= trace["timings"]["total"] < 5000


async def test_a_call_that_is_cancelled_leaves_a_trace(server: Server, broker: Broker) -> None:
    asked = asyncio.Event()

    async def never(_: Received, writer: Writer) -> None:
        asked.set()
        await asyncio.Event().wait()

    server.handler = never
    traces: list[ExchangeTrace] = []
    fetching = asyncio.create_task(
        broker.fetch(FetchRequest("GET", server.url()), policy=server.policy(), record=traces.append)
    )
    await asked.wait()
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    assert traces[0]["error"] == {"code": "cancelled", "message": "The call ended before the answer came."}


# Errors


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n",
        b"",
    ],
)
async def test_what_is_no_http_answer_fails_as_protocol(
    server: Server, broker: Broker, answer: bytes
) -> None:
    async def broken(_: Received, writer: Writer) -> None:
        writer.write(answer)
        writer.close()

    server.handler = broken
    with pytest.raises(FetchFailed) as caught:
        await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy())
    assert caught.value.kind == "protocol"


async def test_a_closed_port_fails_as_connect(broker: Broker) -> None:
    policy = HostPolicy([Approval("http", "api.test", 9, private=True)])
    with pytest.raises(FetchFailed) as caught:
        await broker.fetch(FetchRequest("GET", "http://api.test:9/"), policy=policy)
    assert caught.value.message == "The request to api.test failed: no connection could be made."


def test_every_error_of_httpcore_becomes_a_fetch_failed() -> None:
    errors = [
        error
        for _, error in inspect.getmembers(httpcore, inspect.isclass)
        if issubclass(error, Exception) and error.__module__.startswith("httpcore")
    ]
    assert len(errors) >= 14
    assert [error.__name__ for error in errors if failure_of(error("x"), "api.test") is None] == []


# Redirects


def redirect(location: str, status: int = 302) -> bytes:
    return http_answer(b"", status=f"{status} Moved", headers=(f"Location: {location}",))


async def test_a_redirect_is_followed_and_each_step_is_traced(server: Server, broker: Broker) -> None:
    server.routes({"/a": redirect("b?x=1"), "/b": redirect("/c#part"), "/c": http_answer(b"end")})
    traces: list[ExchangeTrace] = []
    exchange = await broker.fetch(
        FetchRequest("GET", server.url("/a")), policy=server.policy(), record=traces.append
    )
    assert (exchange.url, exchange.body) == (server.url("/c"), b"end")
    assert [(trace["url"], trace["status"]) for trace in traces] == [
        (server.url("/a"), 302),
        (server.url("/b?x=1"), 302),
        (server.url("/c"), 200),
    ]


async def test_a_redirect_is_the_answer_when_it_is_not_to_be_followed(server: Server, broker: Broker) -> None:
    server.routes({"/a": redirect("/b")})
    request = FetchRequest("GET", server.url("/a"), follow_redirects=False)
    assert (await broker.fetch(request, policy=server.policy())).status == 302


@pytest.mark.parametrize(
    ("status", "method", "following"),
    [
        (301, "POST", ("GET", b"")),
        (302, "POST", ("GET", b"")),
        (303, "PUT", ("GET", b"")),
        (302, "PUT", ("PUT", b"body")),
        (307, "POST", ("POST", b"body")),
        (308, "POST", ("POST", b"body")),
    ],
)
async def test_a_redirect_changes_the_method_as_the_standard_says(
    server: Server, broker: Broker, status: int, method: str, following: tuple[str, bytes]
) -> None:
    server.routes({"/a": redirect("/b", status), "/b": http_answer()})
    await broker.fetch(
        FetchRequest(method, server.url("/a"), (("Content-Type", "text/plain"), ("X-Key", "1")), b"body"),
        policy=server.policy(),
    )
    received = server.received[1]
    assert (received.method, received.body) == following
    assert received.headers["x-key"] == "1"
    assert ("content-type" in received.headers) == bool(following[1])


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "//evil.test/",
        "https://api.test/",
        "http://api.test:1/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
async def test_a_redirect_to_what_is_not_approved_is_refused(
    server: Server, broker: Broker, location: str
) -> None:
    server.routes({"/a": redirect(location.format(port=server.port)), "/": http_answer(b"inside")})
    with pytest.raises(ForbiddenHost) as caught:
        await broker.fetch(FetchRequest("GET", server.url("/a")), policy=server.policy())
    assert caught.value.fields["reason"] == "not_approved"
    assert len(server.received) == 1


async def test_a_redirect_to_an_approved_name_that_leads_inside_is_refused(
    server: Server, broker: Broker
) -> None:
    policy = HostPolicy([*server.policy().approvals, Approval("http", "inner.test", server.port)])
    server.routes({"/a": redirect(server.url("/", "inner.test")), "/": http_answer(b"inside")})
    with pytest.raises(ForbiddenHost) as caught:
        await broker.fetch(FetchRequest("GET", server.url("/a")), policy=policy)
    assert caught.value.fields["reason"] == "private_address"
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "location", ["javascript:alert(1)", "file:///etc/passwd", "http://[x", "http://a b/"]
)
async def test_a_redirect_to_what_is_no_http_url_fails(server: Server, broker: Broker, location: str) -> None:
    server.routes({"/a": redirect(location)})
    with pytest.raises(FetchFailed) as caught:
        await broker.fetch(FetchRequest("GET", server.url("/a")), policy=server.policy())
    assert caught.value.kind == "redirect"


async def test_a_sixth_redirect_in_a_row_fails(server: Server, broker: Broker) -> None:
    server.routes({"/a": redirect("/a")})
    with pytest.raises(FetchFailed) as caught:
        await broker.fetch(FetchRequest("GET", server.url("/a")), policy=server.policy())
    assert caught.value.message == (
        "The request to api.test failed: the redirect can't be followed (more than 5 in a row)."
    )
    assert len(server.received) == 6


async def test_another_origin_gets_no_credentials(server: Server, broker: Broker) -> None:
    server.routes({"/a": redirect(server.url("/b", "other.test"), 307), "/b": http_answer()})
    headers = (
        ("Authorization", "Bearer 123"),
        ("X-Api-Key", "123"),
        ("Cookie", "a=1"),
        ("User-Agent", "module"),
        ("Content-Type", "text/plain"),
    )
    await broker.fetch(
        FetchRequest("POST", server.url("/a"), headers, b"plain"),
        policy=server.policy("api.test", "other.test"),
    )
    received = server.received[1]
    assert (received.method, received.body) == ("POST", b"plain")
    assert received.headers == {
        "host": f"other.test:{server.port}",
        "accept-encoding": "gzip, deflate",
        "accept": "*/*",
        "user-agent": "module",
        "content-type": "text/plain",
        "content-length": "5",
    }


@pytest.mark.parametrize(
    ("location", "body"), [("/b", b"key=very-secret-value"), ("/b?key=very%2Dsecret%2Dvalue", b"")]
)
async def test_a_redirect_never_carries_a_secret_to_another_origin(
    server: Server, broker: Broker, location: str, body: bytes
) -> None:
    server.routes({"/a": redirect(server.url(location, "other.test"), 307), "/b": http_answer()})
    with pytest.raises(FetchFailed) as caught:
        await broker.fetch(
            FetchRequest("POST", server.url("/a"), (), body),
            policy=server.policy("api.test", "other.test"),
            masks=Masker({"key": "very-secret-value"}),
        )
    assert caught.value.kind == "redirect"
    assert len(server.received) == 1


async def test_a_secret_in_the_name_of_a_host_is_masked_in_the_error(server: Server, broker: Broker) -> None:
    server.routes({"/a": redirect("https://very-secret-value.evil.test/")})
    traces: list[ExchangeTrace] = []
    with pytest.raises(FetchFailed) as caught:
        await broker.fetch(
            FetchRequest("GET", server.url("/a")),
            policy=server.policy(),
            masks=Masker({"key": "very-secret-value"}),
            record=traces.append,
        )
    assert "very-secret-value" not in caught.value.message + str(caught.value.fields) + str(traces)


async def test_a_body_goes_piece_by_piece_to_whoever_takes_it(server: Server, broker: Broker) -> None:
    body = b"0123456789abcdef" * 65_536
    server.answers(gzip.compress(body), headers=("Content-Encoding: gzip",))
    taken: list[bytes] = []

    async def take(piece: bytes) -> None:
        taken.append(piece)

    exchange = await broker.fetch(FetchRequest("GET", server.url("/")), policy=server.policy(), into=take)
    assert (exchange.status, exchange.body, b"".join(taken)) == (200, b"", body)
    assert len(taken) > 1
    taken.clear()
    server.answers(b"no", status="404 Not Found")
    missing = await broker.fetch(FetchRequest("GET", server.url("/")), policy=server.policy(), into=take)
    assert (missing.status, missing.body, taken) == (404, b"no", [])


async def test_who_takes_a_body_may_refuse_more_of_it(server: Server, broker: Broker) -> None:
    async def refuse(_: bytes) -> None:
        raise LookupError("enough")

    server.answers(b"x" * 100_000)
    with pytest.raises(LookupError, match="enough"):
        await broker.fetch(FetchRequest("GET", server.url("/")), policy=server.policy(), into=refuse)
