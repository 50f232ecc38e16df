"""Fetches one file by its address, through the broker: what may be reached, and what the answer means."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urljoin

from vestnik.contacts.imports.storing import FILE_BYTES
from vestnik.egress import (
    Approval,
    Broker,
    BrokerOptions,
    EgressError,
    Exchange,
    FetchFailed,
    FetchRequest,
    ForbiddenHost,
    HostPolicy,
    Resolver,
    RetryLater,
)
from vestnik.egress.broker import REDIRECTS
from vestnik.egress.policy import Target

#: A whole file comes within this time, redirects included.
WITHIN_S = 600.0
HOPS = 5
#: Files that are fetched at the same time.
AT_ONCE = 4
_OWNER = "scheduled imports"
_ACCEPTED = "text/csv, text/plain, application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, */*"
#: Kinds of failures that may pass by themselves.
_PASSING = frozenset({"dns", "connect", "tls", "timeout", "protocol"})
_FORBIDDEN = {"own_listener": "own_address", "private_address": "private_address"}

CredentialKind = Literal["basic", "header"]


@dataclass(frozen=True, slots=True)
class Credential:
    """What an address asks for: a user name with a password, or a header with its value."""

    kind: CredentialKind
    name: str
    secret: str

    def __repr__(self) -> str:
        return f"Credential({self.kind}, {self.name})"

    @property
    def header(self) -> tuple[str, str]:
        """The header that carries it."""
        if self.kind == "header":
            return self.name, self.secret
        pair = base64.b64encode(f"{self.name}:{self.secret}".encode()).decode()
        return "Authorization", f"Basic {pair}"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a file is, what is shown for it, and which state of it is known already."""

    url: str
    private_allowed: bool = False
    credential: Credential | None = None
    etag: str | None = None
    last_modified: str | None = None

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What goes to the address itself, and to no other that it leads to."""
        known = (("If-None-Match", self.etag), ("If-Modified-Since", self.last_modified))
        own = [(name, value) for name, value in known if value]
        return tuple(own if self.credential is None else [*own, self.credential.header])


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the server says of the file that it sent."""

    etag: str | None
    last_modified: str | None


class NotFetched(Exception):
    """The file did not come: a code of `reasons.FETCHES` with its values, and whether that may pass."""

    def __init__(self, code: str, *, passing: bool = False, **values: str | int) -> None:
        super().__init__(code)
        self.code, self.passing, self.values = code, passing, values


class Downloads:
    """Fetches files for imports, with limits of their own."""

    def __init__(self, own_listeners: Sequence[tuple[str, int]], *, resolver: Resolver | None = None) -> None:
        options = BrokerOptions(
            spool_bytes=FILE_BYTES, timeout_s=WITHIN_S, longest_timeout_s=WITHIN_S, in_flight=AT_ONCE
        )
        self._broker = Broker(options, resolver=resolver)
        self._own_listeners = own_listeners

    async def close(self) -> None:
        """Close every connection."""
        await self._broker.close()

    async def fetch(self, source: Source, into: Callable[[bytes], Awaitable[None]]) -> Fetched | None:
        """Send the file piece by piece to `into`; None when it is as it was. Raises `NotFetched`.

        Each address on the way is judged by itself: any public one by https. What an administrator
        allows beyond that, and the credential, is for the origin of the source alone.
        """
        url, origin = source.url, None
        try:
            for _ in range(HOPS + 1):
                target = Target.of(url)
                origin = origin or target
                exchange = await self._exchange(url, target, source if target == origin else None, into)
                location = exchange.header("location")
                if exchange.status not in REDIRECTS or location is None:
                    return _judge(exchange)
                url = urljoin(url, location)
        except EgressError as error:
            raise _failure(error) from None
        raise NotFetched("fetch_redirects", count=HOPS)

    async def _exchange(
        self, url: str, target: Target, source: Source | None, into: Callable[[bytes], Awaitable[None]]
    ) -> Exchange:
        private = source is not None and source.private_allowed
        if target.scheme != "https" and not private:
            raise NotFetched("not_https", host=target.host)
        policy = HostPolicy([Approval(target.scheme, target.host, target.port, private)], self._own_listeners)
        headers = (("Accept", _ACCEPTED), *(source.headers if source else ()))
        request = FetchRequest("GET", url, headers, follow_redirects=False)
        return await self._broker.fetch(request, policy=policy, owner=_OWNER, into=into)


def check(url: str, *, private_allowed: bool, header: str | None = None) -> Target:
    """The origin of an address that may be fetched; raises `NotFetched` for one that never can."""
    try:
        target = Target.of(url)
        given = () if header is None else ((header, "x"),)
        FetchRequest("GET", url, given).checked(0)
        Approval(target.scheme, target.host, target.port, private_allowed)
    except (EgressError, ValueError):
        raise NotFetched("bad_address") from None
    if target.scheme != "https" and not private_allowed:
        raise NotFetched("not_https", host=target.host)
    return target


def _judge(exchange: Exchange) -> Fetched | None:
    status = exchange.status
    if status == 304:
        return None
    if status == 200:
        if (exchange.header("content-type") or "").partition(";")[0].strip().lower() == "text/html":
            raise NotFetched("a_page")
        return Fetched(exchange.header("etag"), exchange.header("last-modified"))
    if status in (401, 403):
        raise NotFetched("denied", status=status)
    if status in (404, 410):
        raise NotFetched("not_there", status=status)
    raise NotFetched("answered", passing=status == 429 or status >= 500, status=status)


def _failure(error: EgressError) -> NotFetched:
    if isinstance(error, ForbiddenHost):
        code = _FORBIDDEN.get(str(error.fields["reason"]), "unusable_address")
        return NotFetched(code, host=str(error.fields["host"]))
    if isinstance(error, FetchFailed):
        if error.kind == "too_large":
            return NotFetched("too_large", limit_mb=FILE_BYTES >> 20)
        return NotFetched(
            f"fetch_{error.kind}", passing=error.kind in _PASSING, host=str(error.fields["host"])
        )
    if isinstance(error, RetryLater):
        return NotFetched("fetch_busy", passing=True)
    return NotFetched("bad_address")
