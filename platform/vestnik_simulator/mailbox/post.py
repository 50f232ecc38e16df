"""Takes letters by SMTP on this machine and keeps them to be looked at: none of them is sent on."""

import asyncio
import contextlib
import datetime
import email
import email.policy
import itertools
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

#: Letters that are kept, and the largest one that is taken.
KEPT = 200
LETTER_BYTES = 2_000_000
_HEAD_BYTES = 8_192


@dataclass(frozen=True)
class Received:
    """A letter as it came."""

    number: int
    sender: str
    recipients: Sequence[str]
    raw: bytes
    at: datetime.datetime

    def message(self) -> EmailMessage:
        """The letter taken apart."""
        return message_of(self.raw)

    def subject(self) -> str:
        """What it is about; nothing where its head can't be read."""
        return subject_of(self.raw)

    def to(self) -> str:
        """Whom it was handed over for."""
        return ", ".join(self.recipients)

    def body(self, kind: str) -> str | None:
        """Its text (`plain`) or its `html`, if it has that."""
        part = self.message().get_body((kind,))
        if part is None:
            return None
        try:
            return str(part.get_content()).replace("\r\n", "\n")
        except (LookupError, ValueError):
            payload = part.get_payload(decode=True)
            return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


class Post:
    """A server on a port of this machine, and the latest letters that it took, the newest first."""

    def __init__(self) -> None:
        self.port = 0
        self.letters: deque[Received] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)
        self._connections: set[_Connection] = set()

    @contextlib.asynccontextmanager
    async def listening(self, host: str = "127.0.0.1") -> AsyncIterator["Post"]:
        """Take letters as long as the context lasts."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self), host, 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for connection in list(self._connections):
                connection.end()

    def find(self, number: int) -> Received | None:
        """A letter by its number."""
        return next((each for each in self.letters if each.number == number), None)

    def forget(self) -> None:
        """Forget every letter; numbers go on."""
        self.letters.clear()

    def opened(self, connection: "_Connection") -> None:
        """A client came."""
        self._connections.add(connection)

    def closed(self, connection: "_Connection") -> None:
        """A client left."""
        self._connections.discard(connection)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """A letter came (aiosmtpd calls it by this name)."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        at = datetime.datetime.now(datetime.UTC)
        number = next(self._numbers)
        self.letters.appendleft(Received(number, envelope.mail_from or "", tuple(envelope.rcpt_tos), raw, at))
        return f"250 kept as number {number}"


class _Connection(SMTP):
    """One client of the server."""

    def __init__(self, post: Post) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(post, hostname="localhost", data_size_limit=LETTER_BYTES, loop=loop)
        self._post = post

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._post.opened(self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._post.closed(self)

    def end(self) -> None:
        """Cut the connection: the server ends."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()


def message_of(raw: bytes) -> EmailMessage:
    """A letter taken apart."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - by this policy
    return message


def subject_of(raw: bytes) -> str:
    """What a letter is about; nothing where that can't be read."""
    try:
        return " ".join(str(message_of(raw[:_HEAD_BYTES]).get("Subject", "")).split())
    except (ValueError, IndexError, LookupError):
        return ""
