"""Bodies of requests that are read by plain ASGI applications: whole, and never past a limit."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from vestnik.http.errors import BodyTooLarge


class ClientGone(Exception):
    """The client hung up before its request was whole: there is nothing to store, and nobody to answer."""


def refuse_declared(headers: Headers, limit_bytes: int, named_bytes: int | None = None) -> None:
    """`BodyTooLarge`, which names `named_bytes` if given, for a body that says it will pass `limit_bytes`."""
    declared = headers.get("content-length", "")
    # So many digits pass any limit; of too many Python makes no number.
    if declared.isdecimal() and int(declared[:20]) > limit_bytes:
        raise BodyTooLarge(limit_bytes=limit_bytes if named_bytes is None else named_bytes)


async def read_body(receive: Receive, headers: Headers, limit_bytes: int) -> bytes:
    """The whole body; `BodyTooLarge` as soon as it passes the limit or says that it will."""
    refuse_declared(headers, limit_bytes)
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
