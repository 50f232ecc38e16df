"""A closed-loop HTTP load generator: N keep-alive connections, each sends its next request after the answer.

Bodies are made beforehand, so that while it runs it costs little and the server has the machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Load:
    """What one run measured."""

    requests: int
    seconds: float
    latencies_ms: Sequence[float]
    statuses: dict[int, int]

    @property
    def per_s(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds

    def percentile_ms(self, share: float) -> float:
        """The latency below which `share` of the answers came."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]

    def figures(self) -> dict[str, Any]:
        """Rate and latency, as a benchmark shows them."""
        return {
            "per_s": round(self.per_s, 1),
            "p50_ms": round(self.percentile_ms(0.5), 2),
            "p99_ms": round(self.percentile_ms(0.99), 2),
            "not_200": sum(count for status, count in self.statuses.items() if status != 200),
        }


def request(path: str, body: bytes, host: str = "127.0.0.1") -> bytes:
    """One POST with a JSON body, as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], until: float, load: _Run) -> None:
        self.requests, self.until, self.load = requests, until, load
        self.buffer = b""
        self.sent_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.send()

    def send(self) -> None:
        wire = next(self.requests, None)
        if wire is None or time.perf_counter() >= self.until:
            self.transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self.sent_at = time.perf_counter()
        self.transport.write(wire)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, separator, body = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        lowered = head.lower()
        start = lowered.find(b"content-length:")
        length = int(lowered[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
        if len(body) < length:
            return
        self.buffer = b""
        self.load.add((time.perf_counter() - self.sent_at) * 1000, int(head[9:12]))
        self.send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))


class _Run:
    def __init__(self) -> None:
        self.latencies_ms: list[float] = []
        self.statuses: dict[int, int] = {}

    def add(self, latency_ms: float, status: int) -> None:
        self.latencies_ms.append(latency_ms)
        self.statuses[status] = self.statuses.get(status, 0) + 1


async def drive(port: int, requests: Iterator[bytes], *, connections: int = 16, seconds: float = 8.0) -> Load:
    """Send `requests` in turn over `connections` connections until `seconds` have passed or none is left."""
    run = _Run()
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    opened = [
        await loop.create_connection(lambda: _Connection(requests, start + seconds, run), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.done for _, protocol in opened))
    return Load(len(run.latencies_ms), time.perf_counter() - start, run.latencies_ms, run.statuses)
