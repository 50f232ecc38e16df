"""A server of the customer's: real HTTP on loopback, which answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Got:
    """A request as it came, headers by their small names."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Say:
    """What is answered."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Receiver:
    """Keeps what it gets; `answer` says what it answers, from the request's number on."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answer: Callable[[int], Say] = lambda number: Say()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append(Got(self.path, headers, body))
                say = receiver.answer(len(receiver.got))
                self.send_response(say.status)
                for name, value in say.headers.items():
                    self.send_header(name, value)
                if say.status != 204:
                    self.send_header("content-length", str(len(say.body)))
                self.end_headers()
                try:
                    self.wfile.write(say.body)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # whoever asked has read enough

            do_GET = do_POST

            def log_message(self, format: str, *args: object) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
