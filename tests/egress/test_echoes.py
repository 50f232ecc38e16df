"""A server that was given a secret and says it back: in pieces, packed, in headers, redirects and lines."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.egress.conftest import Names, Received, Server, Writer, http_answer

from vestnik.egress import (
    Approval,
    Broker,
    BrokerOptions,
    Draft,
    EgressError,
    Exchange,
    ExchangeTrace,
    FetchFailed,
    HostPolicy,
    InvalidRequest,
    SealedCall,
    SealedSecret,
    SpoolStore,
)
from vestnik.egress.spool import LINE_BYTES

KEY = "6h3F9ksd8f7jh2k3J4h5g6f7d8s9a0q1"
OWNER = "account:1"


class Asking:
    """A call of a module with one secret, approved for the server."""

    def __init__(self, broker: Broker, server: Server, secret: str = KEY, spool: bool = False) -> None:
        approvals = [*server.policy().approvals, Approval("http", "*.given.test", server.port)]
        self.sealed = SealedCall({"key": SealedSecret(secret, approvals)})
        self._policy = HostPolicy(approvals)
        self.traces: list[ExchangeTrace] = []
        self._broker, self._server, self._spool = broker, server, spool

    async def fetch(self, path: str = "/", **options: Any) -> Exchange:
        draft = Draft.parse({"url": self._server.url(path), **options})
        return await self._broker.fetch(
            self.sealed.replace(draft),
            policy=self._policy,
            owner=OWNER,
            masks=self.sealed.masker,
            record=self.traces.append,
            spool=self._spool,
        )

    def given(self, exchange: Exchange) -> str:
        """All that a module gets of an answer, and all that is recorded of it."""
        masker = self.sealed.masker
        headers = [[masker.header(name), masker.header(value)] for name, value in exchange.headers]
        body = masker.data(exchange.body).decode("utf-8", "replace")
        return json.dumps([headers, body, masker.text(exchange.url), self.traces])


@pytest.fixture
async def spooling(tmp_path: Path, names: Names) -> AsyncIterator[Broker]:
    broker = Broker(BrokerOptions(), resolver=names, spools=SpoolStore(tmp_path / "spool"))
    yield broker
    await broker.close()


def hides(shown: str, secret: str = KEY) -> bool:
    return secret.lower() not in shown.lower() and "[sealed:key]" in shown


async def test_a_secret_that_comes_a_byte_in_a_chunk_is_masked(server: Server, broker: Broker) -> None:
    async def drip(_: Received, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for byte in f"<{KEY}>".encode():
            writer.write(b"1\r\n%c\r\n" % byte)
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    server.handler = drip
    asking = Asking(broker, server)
    assert hides(asking.given(await asking.fetch()))


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)], ids=["gzip", "deflate"]
)
async def test_a_secret_in_a_packed_body_is_masked(
    server: Server, broker: Broker, encoding: str, pack: Any
) -> None:
    server.answers(pack(f"<{KEY}>".encode()), headers=(f"Content-Encoding: {encoding}",))
    asking = Asking(broker, server)
    assert hides(asking.given(await asking.fetch()))


@pytest.mark.parametrize("secret", [KEY, "пароль сервиса", "mot de passe été"])
async def test_a_secret_in_a_header_is_masked_as_the_bytes_that_it_is(
    server: Server, broker: Broker, secret: str
) -> None:
    """A header's bytes are read as Latin-1: UTF-8 in it looks like something else, and can be turned back."""

    async def echo(_: Received, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Echo: " + secret.encode() + b"\r\n\r\n")

    server.handler = echo
    asking = Asking(broker, server, secret)
    shown = asking.given(await asking.fetch())
    assert hides(shown, secret)
    assert json.dumps(secret.encode().decode("latin-1"))[1:-1] not in shown


@pytest.mark.parametrize("host", [KEY, KEY.lower(), KEY.upper(), f"a.{KEY}.b"])
async def test_a_redirect_to_a_host_named_like_the_secret_tells_nothing(
    server: Server, broker: Broker, names: Names, host: str
) -> None:
    """An open redirect: the marker stands in a query, and the service makes a host's name of it."""
    location = f"Location: http://{host}.given.test:{server.port}/"
    server.answers(b"", status="302 Found", headers=(location,))
    asking = Asking(broker, server)
    with pytest.raises(FetchFailed) as caught:
        await asking.fetch(f"/?to={asking.sealed.markers['key']}")
    assert caught.value.fields["detail"] == "it would carry a secret to another origin"
    assert hides(json.dumps([caught.value.message, caught.value.fields, asking.traces]))
    assert names.asked == ["api.test"]


async def test_a_redirect_to_a_path_with_the_secret_is_followed_and_masked(
    server: Server, broker: Broker
) -> None:
    server.routes(
        {
            "/": http_answer(status="302 Found", headers=(f"Location: /at/{KEY}",)),
            f"/at/{KEY}": http_answer(b"here"),
        }
    )
    asking = Asking(broker, server)
    assert hides(asking.given(await asking.fetch()))


@pytest.mark.parametrize(
    "location", [f"http://[{KEY}", f"ftp://{KEY}.given.test/", f"http://{KEY}.given.test:99999/"]
)
async def test_the_error_of_a_redirect_that_can_not_be_read_tells_nothing(
    server: Server, broker: Broker, location: str
) -> None:
    server.answers(b"", status="302 Found", headers=(f"Location: {location}",))
    asking = Asking(broker, server)
    with pytest.raises(EgressError) as caught:
        await asking.fetch()
    assert KEY.lower() not in json.dumps([caught.value.message, asking.traces]).lower()


@pytest.mark.parametrize("header", ["Range", "range", "If-Range", "A-IM"])
async def test_a_module_can_not_ask_for_a_part_of_an_answer(
    server: Server, broker: Broker, header: str
) -> None:
    """The bytes 0 to 3 of an answer that is the secret are no secret that anybody could find."""
    asking = Asking(broker, server)
    with pytest.raises(InvalidRequest, match=f"the header {header} is set by Vestnik"):
        await asking.fetch(headers={header: "bytes=0-3"})
    assert server.received == []


async def test_a_line_that_is_cut_never_ends_inside_a_secret(server: Server, spooling: Broker) -> None:
    """The filling before an echoed secret would shift the cut through it, one letter further each time."""
    server.answers(b"x" * (LINE_BYTES - 5) + KEY.encode() + b"y" * 100)
    exchange = await Asking(spooling, server, spool=True).fetch()
    assert exchange.spool is not None
    [line] = await spooling.spools.lines(OWNER, exchange.spool.id, 0, 10)
    assert line.strip("x") == "[seal"


async def test_a_secret_of_many_lines_is_masked_in_a_spooled_body(server: Server, spooling: Broker) -> None:
    secret = "-----BEGIN KEY-----\nMIGHAgEAMBMGByqG\nSM49AgEGCCqGSM49\n-----END KEY-----"
    server.answers(f"first\n{secret}\nlast".encode())
    exchange = await Asking(spooling, server, secret, spool=True).fetch()
    assert exchange.spool is not None
    lines = await spooling.spools.lines(OWNER, exchange.spool.id, 0, 10)
    assert (lines, exchange.spool.lines) == (["first", "[sealed:key]", "last"], 3)


async def test_no_spooled_file_holds_a_secret(server: Server, spooling: Broker, tmp_path: Path) -> None:
    async def drip(_: Received, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(40):
            piece = b"row %d\n" % number * 700 + KEY.encode()
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    server.handler = drip
    exchange = await Asking(spooling, server, spool=True).fetch()
    [file] = (tmp_path / "spool").iterdir()
    assert exchange.spool is not None
    assert KEY.encode() not in file.read_bytes()
    assert file.read_bytes().count(b"[sealed:key]") == 40
