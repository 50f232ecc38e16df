"""Bodies of requests that are read by plain ASGI applications: whole, and never past a limit."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from vestnik.http.errors import BodyTooLarge


class ClientGone(Exception):
    """The client hung up before its request was whole: there is nothing to store, and nobody to answer."""


async def read_body(receive: Receive, headers: Headers, limit_bytes: int) -> bytes:
    """The whole body; `BodyTooLarge` as soon as it passes the limit or says that it will."""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit_bytes:
        raise BodyTooLarge(limit_bytes=limit_bytes)
    gathered: list[bytes] = []
    size = 0
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > limit_bytes:
            raise BodyTooLarge(limit_bytes=limit_bytes)
        gathered.append(part)
        if not message.get("more_body"):
            return b"".join(gathered)
