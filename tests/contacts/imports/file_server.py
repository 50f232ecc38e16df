"""A web server with one file that changes, as scheduled imports fetch it."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer:
    """What it serves, to whom, and what it was asked for."""

    def __init__(self) -> None:
        self.body = b""
        self.status = 200
        self.media_type = "text/csv; charset=utf-8"
        self.tags = True
        self.location: str | None = None
        self.password: tuple[str, str] | None = None
        self.header: tuple[str, str] | None = None
        self.requests: list[dict[str, str]] = []
        #: The body stops at half until this is set.
        self.flows = threading.Event()
        self.flows.set()
        self.half_way = threading.Event()
        self.port = 0

    @property
    def url(self) -> str:
        """The address of the file."""
        return f"http://127.0.0.1:{self.port}/export/people.csv"

    def serve(self, text: str) -> None:
        """Have another text from now on."""
        self.body = text.encode()

    @property
    def etag(self) -> str:
        """What names the file as it is now."""
        return f'"{sha256(self.body).hexdigest()[:12]}"'

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """One request."""
        asked = {name.lower(): value for name, value in handler.headers.items()}
        self.requests.append(asked)
        status, body = self.status, self.body
        if self.password is not None:
            pair = base64.b64encode(":".join(self.password).encode()).decode()
            status = status if asked.get("authorization") == f"Basic {pair}" else 401
        if self.header is not None and asked.get(self.header[0].lower()) != self.header[1]:
            status = 403
        if self.location is not None:
            status = 302
        if status == 200 and self.tags and asked.get("if-none-match") == self.etag:
            status = 304
        handler.send_response(status)
        if self.location is not None:
            handler.send_header("Location", self.location)
        if self.tags and status == 200:
            handler.send_header("ETag", self.etag)
        body = body if status == 200 else b""
        handler.send_header("Content-Type", self.media_type)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        half = len(body) // 2
        handler.wfile.write(body[:half])
        handler.wfile.flush()
        self.half_way.set()
        self.flows.wait(60)
        handler.wfile.write(body[half:])


@contextmanager
def serving() -> Iterator[FileServer]:
    """A server of its own."""
    files = FileServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                files.answer(self)
            except (BrokenPipeError, ConnectionResetError):  # whoever asked was killed
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    files.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield files
    finally:
        files.flows.set()
        server.shutdown()
        server.server_close()
        thread.join()
