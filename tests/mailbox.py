"""A real SMTP server on this machine that keeps what it is given."""

from __future__ import annotations

import asyncio
import email
import email.policy
import warnings
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PASSWORD = "the mail password"


class Mailbox:
    """What the server received, and whom it refuses."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("forged@"):
            return "550 not your address"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        return "250 taken"

    def letter(self) -> EmailMessage:
        """The only letter."""
        (envelope,) = self.envelopes
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message


def _authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
    assert isinstance(data, LoginPassword)
    return AuthResult(success=data.password == PASSWORD.encode(), handled=False)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
async def smtp(mailbox: Mailbox) -> AsyncIterator[dict[str, Any]]:
    """The form of the server's settings; it takes letters after a log-in only."""

    def protocol() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of a log-in without TLS, which loopback allows
            return SMTP(
                mailbox,
                hostname="localhost",
                authenticator=_authenticate,
                auth_required=True,
                auth_require_tls=False,
                loop=asyncio.get_running_loop(),
            )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    yield {
        "host": "127.0.0.1",
        "port": server.sockets[0].getsockname()[1],
        "security": "none",
        "sender": "vestnik@example.org",
        "senderName": "Вестник, «Ромашка»",
        "username": "vestnik",
        "password": PASSWORD,
    }
    server.close()
    await server.wait_closed()
