"""Large answers kept in the host, of which a module reads lines: in this call or a later one of its owner."""

import asyncio
import os
import secrets
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from vestnik.egress.errors import FetchFailed, SpoolGone

INDEX_EVERY_LINES = 1_000
LINES_AT_ONCE = 10_000
LINE_BYTES = 1_048_576  # what a line has beyond this is left out
READ_BYTES = 4_194_304


@dataclass(frozen=True)
class Spooled:
    """A finished body: its id (random, the key to it together with the owner), size and number of lines."""

    id: str
    bytes: int
    lines: int


@dataclass
class _Kept:
    owner: str
    path: Path
    expires_at: float
    bytes: int = 0
    lines: int = 0
    index: list[int] = field(default_factory=lambda: [0])


@dataclass
class SpoolWriter:
    """Takes a body piece by piece, counts its lines and remembers where every thousandth begins."""

    kept: _Kept
    file: BinaryIO
    limit_bytes: int
    host: str
    open_line: bool = False

    def write(self, piece: bytes) -> None:
        """Adds a piece; raises FetchFailed past the limit."""
        if self.kept.bytes + len(piece) > self.limit_bytes:
            raise FetchFailed("too_large", self.host, f"over {self.limit_bytes} bytes")
        position = piece.find(b"\n")
        while position >= 0:
            self.kept.lines += 1
            if self.kept.lines % INDEX_EVERY_LINES == 0:
                self.kept.index.append(self.kept.bytes + position + 1)
            position = piece.find(b"\n", position + 1)
        if piece:
            self.open_line = not piece.endswith(b"\n")
        self.kept.bytes += len(piece)
        self.file.write(piece)


class SpoolStore:
    """The folder of spooled bodies. What is past its time goes; so does the oldest when it is full."""

    def __init__(
        self,
        directory: Path | None = None,
        *,
        body_bytes: int = 256 << 20,
        total_bytes: int = 1 << 30,
        ttl_s: float = 3600,
    ) -> None:
        self._directory = directory
        self._body_bytes = body_bytes
        self._total_bytes = total_bytes
        self._ttl_s = ttl_s
        self._kept: dict[str, _Kept] = {}

    def writer(self, owner: str, host: str) -> tuple[str, SpoolWriter]:
        """Opens a new body of an owner; end it with `finish` or `drop`."""
        self.sweep()
        if self._directory is None:
            self._directory = Path(tempfile.mkdtemp(prefix="vestnik-spool-"))
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = secrets.token_urlsafe(24)
        path = self._directory / key
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        kept = self._kept[key] = _Kept(owner, path, time.monotonic() + self._ttl_s)
        return key, SpoolWriter(kept, os.fdopen(descriptor, "wb"), self._body_bytes, host)

    def finish(self, key: str, writer: SpoolWriter) -> Spooled:
        """Closes a complete body and makes it readable."""
        writer.file.close()
        writer.kept.lines += writer.open_line
        return Spooled(key, writer.kept.bytes, writer.kept.lines)

    def drop(self, key: str) -> None:
        """Removes a body; one that is gone already is no error."""
        kept = self._kept.pop(key, None)
        if kept is not None:
            kept.path.unlink(missing_ok=True)

    def drop_owner(self, owner: str) -> None:
        """Removes every body of an owner."""
        for key in [key for key, kept in self._kept.items() if kept.owner == owner]:
            self.drop(key)

    async def lines(self, owner: str, key: str, offset: int, count: int) -> list[str]:
        """Up to `count` lines from the line `offset` (the first is 0), without line ends; raises SpoolGone.

        Not more than LINES_AT_ONCE; fewer than asked means the end, or a limit: go on from the last one read.
        """
        kept = self._kept.get(key)
        if kept is None or kept.owner != owner or kept.expires_at < time.monotonic():
            raise SpoolGone(key[:40])
        kept.expires_at = time.monotonic() + self._ttl_s
        return await asyncio.to_thread(_read_lines, kept, max(offset, 0), min(max(count, 0), LINES_AT_ONCE))

    def sweep(self) -> None:
        """Removes what has expired, and the oldest while the folder holds more than it may."""
        now = time.monotonic()
        for key in [key for key, kept in self._kept.items() if kept.expires_at < now]:
            self.drop(key)
        while sum(kept.bytes for kept in self._kept.values()) > self._total_bytes:
            self.drop(next(iter(self._kept)))

    def close(self) -> None:
        """Removes every body, and the folder where it was a temporary one."""
        for key in list(self._kept):
            self.drop(key)
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)


def _read_lines(kept: _Kept, offset: int, count: int) -> list[str]:
    page = min(offset // INDEX_EVERY_LINES, len(kept.index) - 1)
    lines: list[str] = []
    try:
        file = kept.path.open("rb")
    except FileNotFoundError:
        raise SpoolGone(kept.path.name) from None
    with file:
        file.seek(kept.index[page])
        taken_bytes = 0
        for number in range(page * INDEX_EVERY_LINES, offset + count):
            line = piece = file.readline(LINE_BYTES)
            while len(piece) == LINE_BYTES and not piece.endswith(b"\n"):
                piece = file.readline(LINE_BYTES)
            if not line or taken_bytes > READ_BYTES:
                break
            if number >= offset:
                lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
                taken_bytes += len(line)
    return lines
