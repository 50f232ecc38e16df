"""Sends the requests of modules: checked, bounded, paced and traced.

One request goes: budget -> approval -> addresses of the name -> every address checked -> connection to
a checked address -> answer read within its limits -> the same again for each redirect. What is sent holds
the values of secrets; what is kept of it (the trace) does not.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urljoin

import httpcore

from vestnik.egress.addresses import Address, Resolver, SystemResolver, parse_address
from vestnik.egress.decoding import BoundedDecoder
from vestnik.egress.errors import EgressError, FetchFailed, HeldBack, InvalidRequest
from vestnik.egress.exchange import PREVIEW_BYTES, Attempt, Exchange, ExchangeTrace
from vestnik.egress.lanes import Budget
from vestnik.egress.masks import NO_MASKS, Masker
from vestnik.egress.pacing import Clock, Pacer, SharedBudgets
from vestnik.egress.policy import HostPolicy, Target, as_address
from vestnik.egress.requests import FetchRequest, Headers
from vestnik.egress.spool import Spooled, SpoolStore, SpoolWriter
from vestnik.egress.transport import Connections, MaySend, failure_of

REDIRECTS = frozenset({301, 302, 303, 307, 308})

#: Takes the body of an answer piece by piece; the next piece is read when it returns.
Sink = Callable[[bytes], Awaitable[None]]

# What may follow a redirect to another origin: nothing that could be a credential.
CARRIED_HEADERS = frozenset({"accept", "accept-language", "user-agent"})
_BODY_HEADERS = frozenset({"content-type", "content-encoding", "content-language", "content-location"})


@dataclass(frozen=True)
class BrokerOptions:
    """The limits of the broker; there is no request without them."""

    response_bytes: int = 10 << 20
    request_bytes: int = 10 << 20
    spool_bytes: int = 256 << 20
    connect_timeout_s: float = 10.0
    timeout_s: float = 30.0
    longest_timeout_s: float = 120.0
    redirects: int = 5
    in_flight: int = 64
    in_flight_per_owner: int = 8
    budget_wait_s: float = 30.0
    tried_addresses: int = 3


@dataclass(frozen=True)
class Scope:
    """On whose behalf a request goes: rules, budgets, secrets to mask, and who hears of each exchange."""

    policy: HostPolicy
    owner: str
    budgets: Sequence[Budget]
    masker: Masker
    clock: Clock | None
    record: Callable[[ExchangeTrace], None] | None
    into: Sink | None = None
    fenced: bool = False


class Broker:
    """The one way out for modules. `resolver` turns a name into addresses; `close` ends it.

    With `shared` all processes keep the budgets of accounts together, else this one keeps them alone.
    `may_send` is asked before a request goes that is `fenced`: HeldBack where it says no.
    """

    def __init__(
        self,
        options: BrokerOptions | None = None,
        *,
        resolver: Resolver | None = None,
        connections: Connections | None = None,
        spools: SpoolStore | None = None,
        shared: SharedBudgets | None = None,
        may_send: MaySend | None = None,
    ) -> None:
        self.options = options or BrokerOptions()
        self.spools = spools or SpoolStore(body_bytes=self.options.spool_bytes)
        self._own_resolver = SystemResolver() if resolver is None else None
        self._resolver = resolver or self._own_resolver or SystemResolver()
        self._connections = connections or Connections(connect_timeout_s=self.options.connect_timeout_s)
        self._connections.may_send = may_send
        self._pacer = Pacer(
            max_wait_s=self.options.budget_wait_s,
            in_flight=self.options.in_flight,
            in_flight_per_key=self.options.in_flight_per_owner,
            shared=shared,
        )

    async def close(self) -> None:
        """Closes connections, spooled bodies and the resolver's threads."""
        await self._pacer.close()
        await self._connections.close()
        self.spools.close()
        if self._own_resolver is not None:
            self._own_resolver.close()

    async def fetch(
        self,
        request: FetchRequest,
        *,
        policy: HostPolicy,
        owner: str = "",
        budgets: Sequence[Budget] | None = None,
        longest_s: float | None = None,
        masks: Masker = NO_MASKS,
        clock: Clock | None = None,
        record: Callable[[ExchangeTrace], None] | None = None,
        spool: bool = False,
        into: Sink | None = None,
        urgent: bool = False,
        fenced: bool = False,
    ) -> Exchange:
        """Sends a request and answers the last exchange; each exchange, also a failed one, goes to `record`.

        With `into` the body of a good answer (2xx) goes there, unmasked and as long as one that is spooled
        may be; the exchange has none.

        `clock` stands still while the request waits for its budgets, where an `urgent` one goes before
        others; `longest_s` bounds the time that the request asks for; a `fenced` one is part of work that
        another process takes over when this one rests for long. Any status is an answer; raises the
        errors of `errors.EgressError`, with every secret of `masks` taken out of them.
        """
        scope = Scope(policy, owner, budgets or (Budget(owner),), masks, clock, record, into, fenced)
        try:
            request = request.checked(self.options.request_bytes)
            async with self._pacer.turn(scope.budgets, clock, urgent=urgent):
                return await self._within_time(request, scope, spool, longest_s)
        except EgressError as error:
            raise _masked(error, masks) from None

    async def _within_time(
        self, request: FetchRequest, scope: Scope, spool: bool, longest_s: float | None
    ) -> Exchange:
        longest_s = min(longest_s or self.options.longest_timeout_s, self.options.longest_timeout_s)
        timeout_s = min(request.timeout_s or self.options.timeout_s, longest_s)
        request = replace(request, timeout_s=timeout_s)
        deadline = time.monotonic() + timeout_s
        for _ in range(self.options.redirects + 1):
            exchange = await self._exchange(request, scope, spool, deadline)
            if exchange.status not in REDIRECTS or not request.follow_redirects:
                return exchange
            location = exchange.header("location")
            if location is None:
                return exchange
            if exchange.spool is not None:
                self.spools.drop(exchange.spool.id)
            request = await _redirected(request, exchange.status, location, scope.masker)
        raise FetchFailed(
            "redirect", Target.of(request.url).host, f"more than {self.options.redirects} in a row"
        )

    async def _exchange(self, request: FetchRequest, scope: Scope, spool: bool, deadline: float) -> Exchange:
        """One request and its answer, traced whatever comes of it."""
        attempt = Attempt(request, datetime.now(UTC))
        started = time.perf_counter()
        try:
            target = Target.of(request.url)
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    return await self._answer(request, target, scope, spool, attempt)
            except HeldBack:
                attempt.resolved_address = None  # nothing of it went anywhere
                raise
            except TimeoutError:
                raise FetchFailed("timeout", target.host, f"{request.timeout_s:g} s") from None
        except EgressError as error:
            error = _masked(error, scope.masker)
            attempt.error = {"code": error.code, **error.fields, "message": error.message}
            raise error from None
        except asyncio.CancelledError:
            attempt.error = {"code": "cancelled", "message": "The call ended before the answer came."}
            raise
        finally:
            attempt.timings.total = (time.perf_counter() - started) * 1000
            if scope.record is not None:
                scope.record(attempt.trace(scope.masker))

    async def _answer(
        self, request: FetchRequest, target: Target, scope: Scope, spool: bool, attempt: Attempt
    ) -> Exchange:
        addresses = await self._addresses(target, scope.policy, attempt)
        async with self._connected(request, target, addresses, attempt, scope.fenced) as response:
            attempt.status = response.status
            attempt.headers = tuple(
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers
            )
            spooled = await self._read(response, target, scope, spool, attempt)
        return Exchange(
            method=request.method,
            url=request.url,
            status=response.status,
            headers=attempt.headers,
            started_at=attempt.started_at,
            resolved_address=attempt.resolved_address or "",
            timings=attempt.timings,
            body=b"" if spooled or _taken(scope, response) else bytes(attempt.body),
            spool=spooled,
        )

    async def _addresses(self, target: Target, policy: HostPolicy, attempt: Attempt) -> list[Address]:
        """The addresses of an approved target; every one of them has passed the check."""
        approval = policy.admit(target)
        started = time.perf_counter()
        literal = as_address(target.host)
        try:
            texts = [str(literal)] if literal else await self._resolver(target.host, target.port)
            addresses = [parse_address(text) for text in texts]
        except (OSError, UnicodeError, ValueError):
            addresses = []
        attempt.timings.dns = (time.perf_counter() - started) * 1000
        if not addresses:
            raise FetchFailed("dns", target.host)
        for address in addresses:
            policy.check_address(target, approval, address)
        return list(dict.fromkeys(addresses))[: self.options.tried_addresses]

    @asynccontextmanager
    async def _connected(
        self,
        request: FetchRequest,
        target: Target,
        addresses: Sequence[Address],
        attempt: Attempt,
        fenced: bool,
    ) -> AsyncIterator[httpcore.Response]:
        """The answer of the first address that takes a connection; only a connection is ever tried again."""
        async with AsyncExitStack() as stack:
            for number, address in enumerate(addresses, 1):
                attempt.resolved_address = str(address)
                sending = self._connections.send(request, target, address, attempt.timings, fenced=fenced)
                try:
                    response = await stack.enter_async_context(sending)
                except FetchFailed as failure:
                    if failure.kind != "connect" or number == len(addresses):
                        raise
                else:
                    yield response
                    return

    async def _read(
        self, response: httpcore.Response, target: Target, scope: Scope, spool: bool, attempt: Attempt
    ) -> Spooled | None:
        """Reads the body within its limit, into the attempt or into a spooled file."""
        into = _taken(scope, response)
        limit = self.options.spool_bytes if spool or into else self.options.response_bytes
        headers = {name.lower(): value for name, value in attempt.headers}
        length = headers.get("content-length", "")
        if length.isdigit() and len(length) < 20 and int(length) > limit and attempt.request.method != "HEAD":
            raise FetchFailed("too_large", target.host, f"over {limit} bytes")
        decoder = BoundedDecoder(headers.get("content-encoding", ""), limit, target.host)
        key, writer = self.spools.writer(scope.owner, target.host) if spool else ("", None)
        try:
            await _copy(response, target, decoder, into or writer, attempt, scope.masker)
        except BaseException:
            if writer is not None:
                writer.file.close()
                self.spools.drop(key)
            raise
        return None if writer is None else self.spools.finish(key, writer)


def _taken(scope: Scope, response: httpcore.Response) -> Sink | None:
    """Who takes the body of this answer, if it is not the attempt."""
    return scope.into if 200 <= response.status < 300 else None


async def _copy(
    response: httpcore.Response,
    target: Target,
    decoder: BoundedDecoder,
    writer: SpoolWriter | Sink | None,
    attempt: Attempt,
    masker: Masker,
) -> None:
    """Copies a body piece by piece. A spooled one is masked before it is cut into lines.

    Of that the attempt keeps what its trace shows.
    """
    masked = masker.stream()
    try:
        async for raw in response.aiter_stream():
            for piece in decoder.pieces(raw):
                attempt.body_bytes += len(piece)
                if writer is None:
                    attempt.body += piece
                    continue
                if len(attempt.body) <= PREVIEW_BYTES * 2:
                    attempt.body += piece
                if not isinstance(writer, SpoolWriter):
                    await writer(piece)
                    continue
                ready = masked.feed(piece)
                if ready:
                    writer.write(ready)
                    await asyncio.sleep(0)
    except EgressError:
        raise
    except Exception as error:
        failure = failure_of(error, target.host)
        if failure is None:
            raise
        raise failure from error
    decoder.finish()
    if isinstance(writer, SpoolWriter):
        writer.write(masked.finish())


async def _redirected(request: FetchRequest, status: int, location: str, masker: Masker) -> FetchRequest:
    """The next request after a redirect (RFC 9110, 15.4); raises FetchFailed where it would carry a secret.

    A secret stays with the origin it was sent to: another scheme, host or port gets neither headers nor
    a body with one.
    """
    before = Target.of(request.url)
    try:
        url = urljoin(request.url, location)
        target = Target.of(url)
        following = replace(request, url=url).checked(len(request.body))
    except (ValueError, InvalidRequest):
        raise FetchFailed("redirect", before.host, "to what is not a valid http or https URL") from None
    if (status == 303 and request.method != "HEAD") or (status in (301, 302) and request.method == "POST"):
        following = replace(
            following, method="GET", body=b"", headers=_without(following.headers, _BODY_HEADERS)
        )
    if target == before:
        return following
    if masker.finds(following.url) or await masker.data_in_turns(following.body) != following.body:
        raise FetchFailed("redirect", before.host, "it would carry a secret to another origin")
    kept = CARRIED_HEADERS | ({"content-type"} if following.body else frozenset())
    headers = tuple((name, value) for name, value in following.headers if name.lower() in kept)
    return replace(following, headers=tuple(pair for pair in headers if not masker.finds(pair[1])))


def _without(headers: Headers, names: frozenset[str]) -> Headers:
    return tuple((name, value) for name, value in headers if name.lower() not in names)


def _masked(error: EgressError, masker: Masker) -> EgressError:
    """The same error with every secret taken out of its fields."""
    if masker is not NO_MASKS:
        fields = {
            name: masker.text(value) if isinstance(value, str) else value
            for name, value in error.fields.items()
        }
        if fields != error.fields:
            return type(error)(**fields)
    return error
