"""What a reverse proxy says of the visitor whose request it passed on.

`X-Forwarded-For` and `X-Forwarded-Proto` of the named proxies are believed, and nobody else's. `Forwarded`
(RFC 7239) and every other `X-Forwarded-…` are ignored on purpose: a proxy that sets one of two headers of
the same meaning passes the other on as its visitor wrote it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from vestnik.http.limits import IpAddress, address_of

#: Set in the scope of a request that came from a trusted proxy.
TRUSTED = "vestnik.from_trusted_proxy"

#: With a port or without: an address of IPv6 is bare, or in brackets.
_ENTRY = re.compile(r"\[([0-9A-Fa-f:.]{2,45})\](?::\d{1,5})?|([0-9.]{7,15}):\d{1,5}|([0-9A-Fa-f:.]{2,45})")
_SECURE = {"http": {"http": "http", "https": "https"}, "websocket": {"http": "ws", "https": "wss"}}


class BehindProxies:
    """Puts the visitor in the place of the proxies that their request came through."""

    def __init__(self, app: ASGIApp, proxies: Iterable[str]) -> None:
        self._app = app
        self._proxies = [ipaddress.ip_network(each) for each in proxies]
        self._is_proxy = lru_cache(1024)(self._is_one_of_them)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = address_of(scope["client"][0]) if scope.get("client") else None
        if scope["type"] in _SECURE and peer is not None and self._is_proxy(peer):
            visitor = self._visitor(peer, _values(scope, b"x-forwarded-for"))
            scope = {**scope, TRUSTED: True}
            if visitor != peer:
                scope["client"] = (str(visitor), 0)
            told = _values(scope, b"x-forwarded-proto")
            if len(told) == 1:  # of two one may be the visitor's own
                scope["scheme"] = _SECURE[scope["type"]].get(told[0], scope["scheme"])
        await self._app(scope, receive, send)

    def _visitor(self, peer: IpAddress, values: list[str]) -> IpAddress:
        """The newest entry that no proxy of ours is; the last proxy where its visitor has no address.

        Each proxy appends whom it heard from, so what a visitor writes stands before what ours have.
        """
        known = peer
        for entry in reversed(values):
            found = _ENTRY.fullmatch(entry)
            address = address_of(found[1] or found[2] or found[3]) if found else None
            if address is None:
                break
            known = address
            if not self._is_proxy(address):
                break
        return known

    def _is_one_of_them(self, address: IpAddress) -> bool:
        return any(address in network for network in self._proxies)


def _values(scope: Scope, name: bytes) -> list[str]:
    """The entries of all headers of that name, in their order."""
    joined = b",".join(value for header, value in scope["headers"] if header == name).decode("latin-1")
    return [each.strip() for each in joined.split(",")] if joined else []
