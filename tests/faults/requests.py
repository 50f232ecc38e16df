"""Requests to a webhook's address as a hostile or broken client writes them, byte by byte."""

from __future__ import annotations

import hashlib
import json
import socket
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from hypothesis import strategies as st
from tests.contract.strategies import JSON, damaged

WITHIN_S = 10.0
METHODS = ("POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE")
#: What HTTP allows in a header's value.
_VALUES = st.binary(max_size=40).map(
    lambda value: bytes(byte for byte in value if byte >= 32 and byte != 127)
)
_NAMES = st.from_regex(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}", fullmatch=True)
#: Names with a meaning for the connection itself have tests of their own.
_MEANINGFUL = (b"content-length", b"transfer-encoding", b"connection", b"host", b"expect", b"upgrade")

EVENTS = [
    {
        "login": "mayak",
        "Events": [
            {
                "event_name": "email_status",
                "event_time": "2026-11-21 10:00:00",
                "event_data": {
                    "email": "reader1@example.com",
                    "status": "ok_delivered",
                    "status_group": "success_group",
                    "email_id": 9000001,
                    "campaign_id": "7",
                    "url": "https://example.com/",
                },
            },
            {
                "event_name": "unsubscribe",
                "event_time": "2026-11-21 10:00:01",
                "event_data": {
                    "email": "reader2@example.com",
                    "just_unsubscribed_list_ids": "1",
                    "list_ids": [1, 2],
                },
            },
            {
                "event_name": "campaign_status",
                "event_time": "2026-11-21 10:00:02",
                "event_data": {"campaign_id": 7, "status": "completed"},
            },
        ],
    }
]


@dataclass(frozen=True)
class Request:
    """A request whose form HTTP allows."""

    method: str
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = field(default=b"", repr=False)

    def raw(self, path: str) -> bytes:
        """The bytes on the wire."""
        target = path.encode() + (b"?" + self.query if self.query else b"")
        lines = [
            b"%s %s HTTP/1.1" % (self.method.encode(), target),
            b"host: vestnik.test",
            b"connection: close",
        ]
        lines += [name + b": " + value for name, value in self.headers]
        lines.append(b"content-length: %d" % len(self.body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


def signed(events: Any, api_key: str) -> bytes:
    """A body as Unisender signs it: the md5 of the body with the key in place of the signature."""
    return _signed(f'", "events_by_user": {json.dumps(events)}}}'.encode(), api_key)


def _signed(rest: bytes, api_key: str) -> bytes:
    before = b'{"auth": "'
    digest = hashlib.md5(before + api_key.encode() + rest, usedforsecurity=False).hexdigest()
    return before + digest.encode() + rest


def bodies(api_key: str) -> st.SearchStrategy[bytes]:
    """Bytes, JSON of any form, signed events of almost the right form, signed bytes."""
    events = damaged(st.just(EVENTS))
    return st.one_of(
        st.binary(max_size=300),
        JSON.map(lambda value: json.dumps(value).encode()),
        events.map(lambda value: signed(value, api_key)),
        (events | JSON).map(lambda value: signed(value, api_key)),
        st.binary(max_size=100).map(lambda rest: _signed(b'"' + rest, api_key)),
    )


@st.composite
def requests(draw: st.DrawFn, api_key: str) -> Request:
    """Requests that HTTP allows: any method, query, headers and body."""
    method = "POST" if draw(st.integers(0, 4)) else draw(st.sampled_from(METHODS))
    query = draw(st.binary(max_size=30)).translate(None, bytes([*range(33), ord("#"), *range(127, 256)]))
    headers = draw(st.lists(st.tuples(_NAMES, _VALUES), max_size=8))
    kept = tuple((name, value) for name, value in headers if name.lower() not in _MEANINGFUL)
    return Request(method, query, kept, draw(bodies(api_key)))


@st.composite
def broken(draw: st.DrawFn, path: str, api_key: str) -> bytes:
    """Bytes that may be no HTTP at all: a request cut, joined, with bytes put in or taken out."""
    raw = bytearray(draw(requests(api_key)).raw(path))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(raw) - 1)))
        match draw(st.sampled_from(["cut", "insert", "delete", "replace", "double"])):
            case "cut":
                del raw[place:]
            case "insert":
                raw[place:place] = draw(st.binary(max_size=20))
            case "delete":
                del raw[place : place + draw(st.integers(1, 20))]
            case "replace":
                raw[place : place + 1] = draw(st.binary(min_size=1, max_size=1))
            case "double":
                raw[place:place] = raw[:place]
    return bytes(raw)


def send(url: str, raw: bytes, patience_s: float = WITHIN_S) -> tuple[int | None, bytes]:
    """Send bytes, hang up after `patience_s` of silence; the answer's status, if any, and the answer."""
    parts = urlsplit(url)
    read = b""
    with socket.create_connection((parts.hostname, parts.port), timeout=WITHIN_S) as connection:
        try:
            connection.sendall(raw)
            connection.settimeout(patience_s)
            while part := connection.recv(65_536):
                read += part
        except (ConnectionError, TimeoutError):
            pass
    return (int(read.split(b" ", 2)[1]) if read.startswith(b"HTTP/1.") else None), read
