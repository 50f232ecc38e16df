"""One connection to an IMAP server: lines and literals in, commands out, everything bounded.

    wire = await Wire.open("192.0.2.1", 993, limits)
    await wire.encrypt(context, "imap.example.org")
    answer = await wire.command("UID SEARCH", b"1:*")

What is read is counted against what an answer may have before a byte of it is kept, and each command has
its deadline. A connection that failed once is of no use any more: close it.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from types import TracebackType

from vestnik.intake.collectors.failures import MailboxFailure
from vestnik.intake.collectors.tokens import Data, Status, Unreadable, data, status

#: A connection, and an encryption, is made within this time.
CONNECT_S = 15.0
#: A command is answered within this time; one that brings a letter within the longer one.
COMMAND_S = 60.0
LETTER_S = 300.0
#: What the answer to one command may have; the letter that it brings comes on top.
ANSWER_BYTES = 4_194_304
TEXT_BYTES = 65_536
#: Data that one answer may bring, and literals within one line of it.
KEPT = 4_096
_LITERALS = 64
_PIECE_BYTES = 65_536
_LITERAL = re.compile(rb"~?\{([0-9]{1,10})\+?\}$")
_ANSWER_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended, and the untagged answers of the kinds that were asked for."""

    status: Status
    data: Sequence[Data]
    statuses: Sequence[Status]


class Wire:
    """Commands and answers, one at a time; `secret` never comes back in what `said` quotes."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.secret = ""
        self._reader: asyncio.StreamReader
        self._transport: asyncio.Transport
        self._buffer = bytearray()
        self._tags = 0
        self._left = 0

    async def open(self, address: str) -> None:
        """Connect to an address of the host; raises OSError or TimeoutError."""
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_S):
            transport, _ = await loop.create_connection(lambda: _Protocol(reader), address, self.port)
        self._reader, self._transport = reader, transport

    async def encrypt(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on, with a server whose certificate bears the host's name."""
        if self._buffer:  # said in the clear, to be taken for what the server says under TLS
            raise self.failure("misbehaved")
        reader = asyncio.StreamReader()
        protocol = _Protocol(reader)
        try:
            transport = await asyncio.get_running_loop().start_tls(
                self._transport, protocol, context, server_hostname=self.host, ssl_handshake_timeout=CONNECT_S
            )
        except ssl.SSLCertVerificationError as error:
            raise self.failure("certificate", answer=error.verify_message) from None
        except (OSError, EOFError):  # ssl.SSLError is an OSError
            raise self.failure("tls") from None
        if transport is None:
            raise self.failure("cut")
        reader.set_transport(transport)
        self._reader, self._transport = reader, transport

    def close(self) -> None:
        """End the connection at once."""
        if hasattr(self, "_transport"):
            self._transport.abort()

    async def greeting(self) -> Status:
        """What a server says first."""
        async with self._within(COMMAND_S):
            self._left = ANSWER_BYTES
            parts = await self._response()
            said = status(parts[0][2:]) if parts[0].startswith(b"* ") else None
            if said is None or len(parts) > 1:
                raise self.failure("not_imap", port=self.port)
            return said

    async def command(
        self,
        name: str,
        *pieces: bytes,
        wanted: Collection[str] = (),
        more_bytes: int = 0,
        within_s: float = COMMAND_S,
    ) -> Answer:
        """Send a command and read its whole answer; each of `pieces` but the first waits to be asked for.

        `wanted` are kinds of data that are kept; `more_bytes` is what the answer may have beyond the usual.
        """
        self._tags += 1
        tag = f"v{self._tags}".encode()
        waiting = list(pieces)
        first = [tag, name.encode(), *([waiting.pop(0)] if waiting else [])]
        self._left = ANSWER_BYTES + more_bytes
        kept: list[Data] = []
        statuses: list[Status] = []
        async with self._within(within_s):
            self._send(b" ".join(each for each in first if each))
            while True:
                parts = await self._response()
                line = parts[0]
                if line.startswith(tag + b" "):
                    ended = status(line[len(tag) + 1 :])
                    if ended is None or ended.name not in ("OK", "NO", "BAD"):
                        raise self.failure("misbehaved")
                    return Answer(ended, kept, statuses)
                if line.startswith(b"+") and waiting:
                    self._send(waiting.pop(0))
                elif line.startswith(b"* "):
                    self._take([line[2:], *parts[1:]], wanted, kept, statuses)
                else:
                    raise self.failure("misbehaved")

    def _take(
        self, parts: Sequence[bytes], wanted: Collection[str], kept: list[Data], statuses: list[Status]
    ) -> None:
        said = status(parts[0])
        if len(statuses) + len(kept) >= KEPT:
            raise self.failure("too_much")
        if said is not None:
            if said.code:
                statuses.append(said)
            return
        kind = parts[0].split(b" ", 2)
        # Many letters may be found; nothing else is said at such length outside of literals.
        if kind[0].upper() != b"SEARCH" and sum(map(len, parts[::2])) > TEXT_BYTES:
            raise self.failure("too_much")
        if not any(each.upper().decode("ascii", "replace") in wanted for each in kind[:2]):
            return
        try:
            kept.append(data(parts))
        except Unreadable:
            raise self.failure("misbehaved") from None

    def said(self, answered: Status) -> str:
        """What the server said, for people: shortened, and without the password."""
        text = " ".join(f"{answered.code} {answered.text}".split()) or answered.name
        if self.secret:
            text = text.replace(self.secret, "•••")
        return text[:_ANSWER_CHARACTERS]

    def failure(self, code: str, **values: str | int) -> MailboxFailure:
        """A failure of this server."""
        return MailboxFailure(code, host=self.host, **values)

    # Bytes

    def _within(self, seconds: float) -> _Deadline:
        return _Deadline(self, seconds)

    def _send(self, line: bytes) -> None:
        self._transport.write(line + b"\r\n")

    async def _response(self) -> list[bytes]:
        """One whole answer: text and literals by turns, without line ends."""
        parts = [await self._line()]
        while (literal := _LITERAL.search(parts[-1])) is not None:
            parts[-1] = parts[-1][: literal.start()]
            parts.append(await self._literal(int(literal[1])))
            parts.append(await self._line())
            if len(parts) > 2 * _LITERALS:
                raise self.failure("misbehaved")
        return parts

    async def _line(self) -> bytes:
        at = 0
        while (end := self._buffer.find(b"\n", at)) < 0:
            at = len(self._buffer)
            if at > self._left:
                raise self.failure("too_much")
            await self._more()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._spend(end + 1)
        return line.removesuffix(b"\r")

    async def _literal(self, size: int) -> bytes:
        self._spend(size)
        if size <= len(self._buffer):
            literal = bytes(self._buffer[:size])
            del self._buffer[:size]
            return literal
        pieces = [bytes(self._buffer)]
        left = size - len(self._buffer)
        self._buffer.clear()
        while left:
            piece = await self._reader.read(min(left, _PIECE_BYTES))
            if not piece:
                raise self.failure("cut")
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self.failure("too_much")

    async def _more(self) -> None:
        piece = await self._reader.read(_PIECE_BYTES)
        if not piece:
            raise self.failure("cut")
        self._buffer += piece


class _Protocol(asyncio.StreamReaderProtocol):
    """Fills a reader; who has nothing more to say is gone, for TLS has no half-closed connections."""

    def eof_received(self) -> bool:
        super().eof_received()
        return False


class _Deadline:
    """A time limit that tells a late server and a broken connection as failures of the mailbox."""

    def __init__(self, wire: Wire, seconds: float) -> None:
        self._wire, self._timeout = wire, asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        try:
            await self._timeout.__aexit__(kind, error, at)
        except TimeoutError:
            raise self._wire.failure("timeout") from None
        if isinstance(error, OSError):
            raise self._wire.failure("cut") from None
