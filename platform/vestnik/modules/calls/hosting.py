"""What one call asks of the host: HTTP, sealed operations, storage, contacts, by the account's own rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import structlog

from vestnik import tracing
from vestnik.egress import (
    Broker,
    Budget,
    Draft,
    EgressError,
    Exchange,
    ExchangeTrace,
    FetchFailed,
    FetchRequest,
    ForbiddenHost,
    InvalidRequest,
    RetryLater,
    SealedCall,
    SecretNotAllowed,
)
from vestnik.modules.accounts.storage import Storage, StorageRefused
from vestnik.modules.calls import failures
from vestnik.modules.calls.failures import ModuleCallFailed
from vestnik.modules.ports import ContactSource
from vestnik.modules.recordings.tape import Tape
from vestnik.modules.sources.registry import Ready
from vestnik.sandbox import Control, HostError

log = structlog.get_logger("vestnik.modules")

CONTACTS_AT_ONCE = 1_000
#: Methods that change nothing at a service: a try by hand may send them without asking.
READING = frozenset({"GET", "HEAD"})
#: Headers, and a parameter of the query, by which a service takes such a request for one of another method.
OVERRIDING_HEADERS = frozenset({"x-http-method-override", "x-method-override", "x-http-method"})
OVERRIDING_PARAMETER = "_method"
TRACES = 300
TRACE_BODY_BYTES = 2_097_152


@dataclass
class Traces:
    """The exchanges of a call, bounded: past a size only heads are kept, past a number only the count."""

    kept: list[ExchangeTrace] = field(default_factory=list)
    left_out: int = 0
    _body_bytes: int = 0

    def add(self, trace: ExchangeTrace) -> None:
        """Keep an exchange."""
        if len(self.kept) >= TRACES:
            self.left_out += 1
            return
        bodies = [body for body in (trace["requestBody"], trace["responseBody"]) if body is not None]
        size = sum(len(body.get("text", "")) + len(body.get("base64", "")) for body in bodies)
        if self._body_bytes + size > TRACE_BODY_BYTES:
            for body in bodies:
                body.pop("text", None)
                body.pop("base64", None)
                body["truncated"] = True
        else:
            self._body_bytes += size
        self.kept.append(trace)


class CallHost:
    """The host of one call. `forbidden` is the last request that was refused for its target.

    The requests of an `urgent` call go before others of the account: somebody waits for it at a page.
    """

    def __init__(
        self,
        ready: Ready,
        function: str,
        broker: Broker,
        storage: Storage,
        contacts: ContactSource,
        longest_fetch_s: float,
        *,
        asks_before_writing: bool = False,
        urgent: bool = False,
    ) -> None:
        self._ready, self._function, self._urgent = ready, function, urgent
        self._broker, self._storage, self._contacts = broker, storage, contacts
        self._longest_fetch_s = longest_fetch_s
        self._control: Control | None = None
        self._asks_before_writing = asks_before_writing
        self.sealed = SealedCall(ready.secrets)
        self.tape = Tape(keeps=ready.recording)
        self.traces = Traces()
        self.forbidden: ForbiddenHost | SecretNotAllowed | None = None
        self._reached = False
        self._requests_under_way = 0

    def bind(self, control: Control) -> None:
        """Remember the call's clock."""
        self._control = control

    @property
    def reached_service(self) -> bool:
        """Whether a request may have arrived anywhere. Of one under way nobody knows: it counts."""
        return self._reached or self._requests_under_way > 0

    async def operate(self, name: str, argument: Any) -> Any:
        """Answer one operation of the module; HostError for what it may not have or could not get."""
        entry = self.tape.asked(name, argument)
        try:
            answer = await self._answer(name, argument)
        except HostError as error:
            self.tape.failed(entry, error.kind, error.message)
            raise
        except ModuleCallFailed as failure:  # ends the call
            self.tape.failed(entry, failure.kind, failure.detail("en"))
            raise
        self.tape.answered(entry, answer)
        return answer

    async def _answer(self, name: str, argument: Any) -> Any:
        try:
            if name == "fetch":
                return await self._fetch(argument)
            if name == "fetch.lines":
                return await self._lines(argument)
            if name.startswith("sealed."):
                return await self.sealed.evaluate_aside(argument)
            if name.startswith("storage."):
                return await self._stored(name.removeprefix("storage."), argument)
            if name == "contacts":
                return await self._contacts_of(argument)
        except EgressError as error:
            raise self._refused(error) from None
        except StorageRefused as error:
            raise HostError("storage", str(error)) from None
        raise HostError("unavailable", f"the host has no operation {name[:60]}")

    def _refused(self, error: EgressError) -> Exception:
        if isinstance(error, RetryLater):
            ready = self._ready
            return failures.budget_spent(ready.module_title, self._function, error.retry_after_s)
        if isinstance(error, ForbiddenHost | SecretNotAllowed):
            self.forbidden = error
            return HostError("forbidden_host", error.message)
        kind = error.kind if isinstance(error, FetchFailed) else error.code
        return HostError(kind, error.message)

    async def _fetch(self, argument: Any) -> dict[str, Any]:
        draft = await Draft.parse_aside(argument)
        if self._asks_before_writing and not _only_reads(draft):
            url = self._shown(draft.to_request().url)
            raise failures.needs_consent(self._ready.module_title, self._function, draft.method, url)
        request = self.sealed.replace(draft)
        with tracing.span("exchange", method=request.method) as span:
            exchange = await self._send(request, draft)
            span.set("status", exchange.status)
        masker = self.sealed.masker
        return {
            "status": exchange.status,
            "headers": [[masker.header(name), masker.header(value)] for name, value in exchange.headers],
            "body": await masker.data_in_turns(exchange.body),
            "url": masker.text(exchange.url),
            "spool_id": None if exchange.spool is None else exchange.spool.id,
        }

    async def _send(self, request: FetchRequest, draft: Draft) -> Exchange:
        self._requests_under_way += 1
        try:
            return await self._broker.fetch(
                request,
                policy=self._ready.policy,
                owner=self._ready.owner,
                budgets=self._budgets(request.url),
                longest_s=self._longest_fetch_s,
                masks=self.sealed.masker,
                clock=self._control,
                record=self._record,
                spool=draft.spool,
                urgent=self._urgent,
                fenced=not self._urgent,
            )
        finally:
            self._requests_under_way -= 1

    def _shown(self, text: str) -> str:
        """A text of the module with names in place of markers."""
        for marker, name in self.sealed.names_of_markers().items():
            text = text.replace(marker, f"[sealed:{name}]")
        return text[:2_000]

    def _record(self, trace: ExchangeTrace) -> None:
        self._reached = self._reached or trace["resolvedAddress"] is not None
        self.traces.add(trace)
        log.info(
            "module.exchange",
            account_id=self._ready.account_id,
            function=self._function,
            status=trace["status"],
            ms=round(trace["timings"].get("total", 0.0), 1),
        )

    def _budgets(self, url: str) -> list[Budget]:
        return [each.budget for each in self._ready.budgets if each.path is None or each.path in url]

    async def _lines(self, argument: Any) -> list[str]:
        spool_id, offset, count = _named(argument, "spool_id", "offset", "n")
        if not isinstance(spool_id, str) or not isinstance(offset, int) or not isinstance(count, int):
            raise InvalidRequest("lines takes whole numbers")
        lines = await self._broker.spools.lines(self._ready.owner, spool_id, offset, count)
        return await self.sealed.masker.texts_in_turns(lines)

    async def _stored(self, operation: str, argument: Any) -> Any:
        if operation == "keys":
            (prefix,) = _named(argument, "prefix")
            return await self._storage.keys(_key(prefix))
        if operation in ("get", "delete"):
            (key,) = _named(argument, "key")
            act = self._storage.get if operation == "get" else self._storage.delete
            return await act(_key(key))
        if operation == "set":
            key, value = _named(argument, "key", "value")
            return await self._storage.set(_key(key), value)
        if operation == "compare_and_set":
            key, expected, value = _named(argument, "key", "expected", "value")
            return await self._storage.compare_and_set(_key(key), expected, value)
        raise HostError("unavailable", f"storage has no operation {operation[:60]}")

    async def _contacts_of(self, argument: Any) -> list[dict[str, Any]]:
        by_address = isinstance(argument, dict) and set(argument) == {"addresses"}
        wanted = argument["addresses"] if by_address else argument
        if not isinstance(wanted, list) or not all(isinstance(each, str) for each in wanted):
            raise HostError("contacts", "contacts takes a list of ids, or addresses=[…]")
        if len(wanted) > CONTACTS_AT_ONCE:
            raise HostError("contacts", f"contacts takes {CONTACTS_AT_ONCE} at a time")
        source = self._contacts
        found = await (source.contacts_by_address(wanted) if by_address else source.contacts_by_id(wanted))
        return [self._with_lists(person) for person in found]

    def _with_lists(self, person: dict[str, Any]) -> dict[str, Any]:
        """The person with the account's list of each category that has one."""
        lists = self._ready.lists
        return person | {
            "categories": [
                each | ({"listExternalId": lists[each["id"]]} if each["id"] in lists else {})
                for each in person["categories"]
            ]
        }


def _only_reads(draft: Draft) -> bool:
    """Whether a request can't change anything at a service, as far as that can be seen."""
    if draft.method not in READING:
        return False
    if any(name.strip().lower() in OVERRIDING_HEADERS for name, _ in draft.headers):
        return False
    query = draft.to_request().url.partition("#")[0].partition("?")[2]
    return all(name.lower() != OVERRIDING_PARAMETER for name, _ in parse_qsl(query, keep_blank_values=True))


def _named(argument: Any, *names: str) -> tuple[Any, ...]:
    if not isinstance(argument, Mapping) or set(argument) != set(names):
        raise HostError("invalid_request", "the operation takes " + ", ".join(names))
    return tuple(argument[name] for name in names)


def _key(value: Any) -> str:
    if not isinstance(value, str):
        raise StorageRefused("a key is a text")
    return value
