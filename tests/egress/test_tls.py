"""HTTPS: the connection goes to the checked address, the certificate is that of the name."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.egress.conftest import Names, Server

from vestnik.egress import Approval, Broker, BrokerOptions, FetchFailed, FetchRequest, HostPolicy
from vestnik.egress.transport import Connections


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of api.test that its own authority signed, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "api.test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("api.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "api.test.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


class SecureServer(Server):
    """A server behind TLS that keeps the names it was greeted with."""

    def __init__(self) -> None:
        super().__init__()
        self.greeted: list[str | None] = []


@pytest.fixture
async def secure(certificate: Path) -> AsyncIterator[SecureServer]:
    running = SecureServer()
    running.answers()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _, name, __: running.greeted.append(name)
    listener = await asyncio.start_server(running.serve, "127.0.0.1", 0, ssl=context)
    running.port = listener.sockets[0].getsockname()[1]
    yield running
    listener.close()


def policy(server: Server) -> HostPolicy:
    return HostPolicy(
        [Approval("https", name, server.port, private=True) for name in ("api.test", "other.test")]
    )


@pytest.fixture
async def trusting(certificate: Path, names: Names) -> AsyncIterator[Broker]:
    context = ssl.create_default_context(cafile=certificate)
    broker = Broker(BrokerOptions(), resolver=names, connections=Connections(tls=context))
    yield broker
    await broker.close()


async def test_the_name_is_greeted_and_verified_at_the_checked_address(
    secure: SecureServer, trusting: Broker
) -> None:
    exchange = await trusting.fetch(
        FetchRequest("GET", f"https://api.test:{secure.port}/"), policy=policy(secure)
    )
    assert (exchange.status, exchange.resolved_address, secure.greeted) == (200, "127.0.0.1", ["api.test"])
    assert secure.received[0].headers["host"] == f"api.test:{secure.port}"
    assert exchange.timings.tls is not None
    assert exchange.timings.connect is not None


async def test_the_certificate_of_another_name_fails_as_tls(secure: SecureServer, trusting: Broker) -> None:
    url = f"https://other.test:{secure.port}/"
    with pytest.raises(FetchFailed) as caught:
        await trusting.fetch(FetchRequest("GET", url), policy=policy(secure))
    assert caught.value.kind == "tls"
    assert secure.received == []


async def test_a_certificate_that_nobody_signed_fails_as_tls(secure: SecureServer, broker: Broker) -> None:
    with pytest.raises(FetchFailed) as caught:
        await broker.fetch(FetchRequest("GET", f"https://api.test:{secure.port}/"), policy=policy(secure))
    assert caught.value.message == (
        "The request to api.test failed: the secure connection could not be made (self-signed certificate)."
    )


async def test_a_server_that_speaks_no_tls_fails_as_tls(names: Names, broker: Broker) -> None:
    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    listener = await asyncio.start_server(plain, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    with pytest.raises(FetchFailed) as caught:
        await broker.fetch(
            FetchRequest("GET", f"https://api.test:{port}/"),
            policy=HostPolicy([Approval("https", "api.test", port, private=True)]),
        )
    listener.close()
    assert caught.value.kind == "tls"
