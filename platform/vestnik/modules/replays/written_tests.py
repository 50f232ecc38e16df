"""Tests that a person writes: a call, the exchanges in which the service answers it, and what is expected.

    {"about": …, "function": …, "arguments": {…}, "settings": {…}, "secrets": {…}, "storage": {…},
     "contacts": [{…}], "exchanges": [{"request": {"method", "path", "query", "form", "json"},
     "response": {"status", "headers", "json" | "text"}}],
     "expected": … | "error": "part of the message", "storageAfter": {…}}

Of a request only what stands there is compared; `<secret>` in its form or query is the value of any secret.
The call goes the whole way that the product's calls go; only what would be sent is answered here.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import msgspec

from vestnik import contract
from vestnik.contract import ContractViolation, SettingsError
from vestnik.contract.manifest import Manifest
from vestnik.egress import Approval, Broker, FetchRequest, HostPolicy, SealedSecret
from vestnik.modules.accounts.storage import ScratchStorage
from vestnik.modules.calls import failures
from vestnik.modules.calls.caller import FETCH_SHARE, limits_of
from vestnik.modules.calls.failures import ModuleCallFailed
from vestnik.modules.calls.hosting import CallHost
from vestnik.modules.ports import LogLine
from vestnik.modules.replays.differences import Difference, differences
from vestnik.modules.replays.replay import UNRECORDED, ReplayOutcome, Unrecorded
from vestnik.modules.sources.registry import Ready, Version, budgets_of, settings_for_module
from vestnik.sandbox import HostError, Outcome, Program, Sandbox, SandboxError

SECRET = "<secret>"  # noqa: S105  (it stands for one)
_TITLE = {"ru": "—", "en": "—"}
#: Without a manifest the secrets are what the text reads.
_SEALED = re.compile(r"\bsealed\.([a-z]\w*)\b")


class Request(msgspec.Struct, forbid_unknown_fields=True):
    """What is expected of a request."""

    method: str | None = None
    path: str | None = None
    query: dict[str, str] | None = None
    form: dict[str, str] | None = None
    json: Any = msgspec.UNSET


class Response(msgspec.Struct, forbid_unknown_fields=True):
    """What the service answers."""

    status: int = 200
    headers: dict[str, str] = {}
    json: Any = msgspec.UNSET
    text: str = ""

    @property
    def body(self) -> bytes:
        """The body's bytes."""
        return self.text.encode() if self.json is msgspec.UNSET else msgspec.json.encode(self.json)


class Exchange(msgspec.Struct, forbid_unknown_fields=True):
    """One request and its answer."""

    request: Request
    response: Response


class Case(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """One test."""

    function: str
    arguments: dict[str, Any]
    about: str = ""
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    storage: dict[str, Any] = {}
    contacts: list[dict[str, Any]] = []
    exchanges: list[Exchange] = []
    expected: Any = msgspec.UNSET
    error: str | None = None
    storage_after: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What `CallHost` reads of an exchange."""

    url: str
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes
    spool: None = None


@dataclass(slots=True)
class Service:
    """Stands where the broker stands: answers in the order of the case, and compares what it is asked."""

    exchanges: Sequence[Exchange]
    secrets: frozenset[str]
    asked: int = 0
    found: list[Difference] = field(default_factory=list)
    unrecorded: list[Unrecorded] = field(default_factory=list)

    async def fetch(self, request: FetchRequest, **_options: Any) -> Answered:
        """The next answer; HostError where none is left."""
        number, self.asked = self.asked, self.asked + 1
        if number >= len(self.exchanges):
            self.unrecorded.append(Unrecorded(request.method, self._shown(request.url)))
            raise HostError(UNRECORDED, f"the test has no exchange for this {request.method}")
        exchange = self.exchanges[number]
        wanted, seen = _named(exchange.request), self._seen(request)
        for name in wanted:
            self.found += [
                replace(each, path=f"exchanges[{number}].request.{name}{each.path[1:]}")
                for each in differences(wanted[name], seen[name])
            ]
        answer = exchange.response
        default = "text/plain; charset=utf-8" if answer.json is msgspec.UNSET else "application/json"
        headers = {"content-type": default} | answer.headers
        return Answered(request.url, answer.status, list(headers.items()), answer.body)

    def not_asked_for(self) -> list[Difference]:
        """Exchanges that the module should have made, and did not."""
        left = list(enumerate(self.exchanges))[self.asked :]
        return [Difference(f"exchanges[{at}]", _named(each.request), None, "after") for at, each in left]

    def _seen(self, request: FetchRequest) -> dict[str, Any]:
        url = urlsplit(request.url)
        return {
            "method": request.method,
            "path": url.path,
            "query": self._pairs(url.query),
            "form": self._pairs(request.body.decode(errors="replace")),
            "json": _decoded(request.body),
        }

    def _pairs(self, text: str) -> dict[str, str]:
        pairs = parse_qsl(text, keep_blank_values=True)
        return {name: SECRET if value in self.secrets else value for name, value in pairs}

    def _shown(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, SECRET)
        return text


class People:
    """The contacts of a case."""

    def __init__(self, contacts: Sequence[dict[str, Any]]) -> None:
        self._contacts = contacts

    async def contacts_by_id(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """The contacts with these ids."""
        return [each for each in self._contacts if each["id"] in ids]

    async def contacts_by_address(self, addresses: Sequence[str]) -> list[dict[str, Any]]:
        """The contacts with these e-mail addresses or phones."""
        wanted = set(addresses)
        return [each for each in self._contacts if wanted & {*each["emails"], *each["phones"]}]


async def run_case(
    sandbox: Sandbox, program: Program, manifest: Manifest | None, case: Case
) -> tuple[ReplayOutcome, list[Difference]]:
    """Run a case: what the module did, and where a request or the outcome is not as expected."""
    started = time.perf_counter()
    ready = _ready(program, manifest, case)
    service = Service(case.exchanges, frozenset(each.value for each in ready.secrets.values()))
    storage = ScratchStorage(None)
    for key, value in case.storage.items():
        await storage.set(key, value)
    result, failure = None, None
    log: list[LogLine] = []
    try:
        outcome = await _call(sandbox, ready, case, service, storage)
        result = outcome.result
        log = [LogLine(line.level, line.text, round(line.at_ms, 1)) for line in outcome.log]
    except ContractViolation as violation:
        failure = failures.of_violation(violation, _TITLE)
    except SandboxError as error:
        log = [LogLine(line.level, line.text, round(line.at_ms, 1)) for line in error.log]
        failure = failures.of_sandbox(error, _TITLE, case.function)
    except ModuleCallFailed as failed:
        failure = failed
    found = [*service.found, *service.not_asked_for(), *_outcome(case, result, failure)]
    if case.storage_after is not None:
        kept = {key: await storage.get(key) for key in await storage.keys("")}
        found += [
            replace(each, path=f"storage{each.path[1:]}") for each in differences(case.storage_after, kept)
        ]
    told = ReplayOutcome(
        result=result,
        error=None if failure is None else failure.as_record(),
        log=log,
        unrecorded=service.unrecorded,
        wall_ms=(time.perf_counter() - started) * 1000,
        failure=failure,
    )
    return told, found


async def _call(
    sandbox: Sandbox, ready: Ready, case: Case, service: Service, storage: ScratchStorage
) -> Outcome:
    limits = limits_of(case.function)
    # The host asks a broker for nothing but `fetch`, as long as no body is spooled.
    broker = cast(Broker, service)
    people = People(case.contacts)
    host = CallHost(ready, case.function, broker, storage, people, limits.wall_s * FETCH_SHARE)
    contract.check_arguments(case.function, case.arguments)
    outcome = await sandbox.call(
        ready.version.program,
        case.function,
        contract.runtime_arguments(case.function, case.arguments),
        host=host,
        limits=limits,
        settings=ready.settings,
        sealed=host.sealed.markers,
    )
    contract.check_result(case.function, outcome.result, case.arguments)
    return outcome


def _ready(program: Program, manifest: Manifest | None, case: Case) -> Ready:
    """The module with an account's settings and secrets."""
    known = manifest or Manifest.bare("test")
    approvals = _approvals(known, case)
    parts: dict[str, str | None] = dict.fromkeys([*_SEALED.findall(program.source), *case.secrets])
    if manifest is not None:
        parts = {setting.name: setting.public_part for setting in manifest.settings if setting.secret}
    secrets = {
        name: SealedSecret(case.secrets.get(name, f"made-up-{name}-of-a-test"), approvals, part)
        for name, part in parts.items()
    }
    return Ready(
        module_id=0,
        module_name=known.name,
        module_title=_TITLE,
        enabled=True,
        version=Version(None, 0, 0, known, frozenset(), program),
        settings=case.settings if manifest is None else settings_for_module(known, case.settings, secrets),
        secrets=secrets,
        policy=HostPolicy(approvals),
        budgets=budgets_of(known, "test"),
    )


def _outcome(case: Case, result: Any, failure: ModuleCallFailed | None) -> list[Difference]:
    if failure is None:
        if case.error is not None:
            return [Difference("error", case.error, None, "after")]
        return differences(case.expected, result)
    message = failure.as_record()["message"]
    if case.error is None:
        return [Difference("error", None, message, "before")]
    return [] if case.error in message else [Difference("error", case.error, message)]


def _approvals(manifest: Manifest, case: Case) -> list[Approval]:
    """What the module asks for is approved: nothing is sent anyway."""
    try:
        origins = manifest.origins(manifest.with_defaults(case.settings))
    except SettingsError:
        return []
    return [Approval(origin.scheme, origin.pattern, origin.port) for origin in origins]


def _named(request: Request) -> dict[str, Any]:
    """The parts of a request that a case names."""
    parts = {name: getattr(request, name) for name in ("method", "path", "query", "form")}
    named = {name: value for name, value in parts.items() if value is not None}
    return named if request.json is msgspec.UNSET else named | {"json": request.json}


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
