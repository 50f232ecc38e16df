"""One module on the bench: sandbox, broker and contract plugged together without an installation."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vestnik import contract
from vestnik.commands.failures import CommandFailed
from vestnik.commands.listening import settings_from_environment
from vestnik.contract import ContractViolation, Definition, Mark, Text
from vestnik.contract.manifest import Manifest
from vestnik.egress import SHORTEST_SECRET, Approval, Broker, HostPolicy, SealedSecret
from vestnik.http.errors import Problem
from vestnik.modules.accounts.storage import ScratchStorage
from vestnik.modules.calls.caller import FETCH_SHARE, PAUSE_S, limits_of
from vestnik.modules.calls.failures import NOT_THE_SERVICE, ModuleCallFailed
from vestnik.modules.calls.hosting import CallHost
from vestnik.modules.ports import NoContacts
from vestnik.modules.sources.packages import UPLOAD_BYTES, read_manifest
from vestnik.modules.sources.registry import Ready, Version, budgets_of, settings_for_module
from vestnik.sandbox import (
    CheckReport,
    Limits,
    LogLine,
    Program,
    Sandbox,
    SandboxError,
    SandboxOptions,
    SandboxUnavailable,
)

#: Limits of a function that the contract does not know.
OWN_FUNCTION = Limits(cpu_s=5.0, wall_s=10.0, pause_s=PAUSE_S, result_bytes=8 << 20)


LONGEST_S = 600.0


@dataclass(frozen=True, slots=True)
class Module:
    """A module as it lies in a folder; a single file has no manifest."""

    name: str
    source: str
    manifest: Manifest | None


@dataclass(frozen=True, slots=True)
class Permissions:
    """Hosts that a run may reach."""

    hosts: Sequence[str]
    http: bool = False
    private: bool = False

    def approvals(self) -> list[Approval]:
        """An approval for each host and scheme."""
        schemes = ["https", "http"] if self.http else ["https"]
        try:
            return [self._approval(scheme, host) for host in self.hosts for scheme in schemes]
        except ValueError as error:
            raise CommandFailed(f"--allow: {error}.") from None

    def _approval(self, scheme: str, host: str) -> Approval:
        bare = host.partition("://")[2] or host
        return Approval.parse(f"{scheme}://{bare}", private=self.private and not bare.startswith("*."))


@dataclass(slots=True)
class Answer:
    """What a check or a run says."""

    ok: bool
    result: Any = None
    error: dict[str, Any] | None = None
    log: list[dict[str, Any]] = field(default_factory=list)
    exchanges: list[Mapping[str, Any]] = field(default_factory=list)
    cpu_ms: float = 0.0
    wall_ms: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Exactly the keys that the command promises."""
        return {
            "ok": self.ok,
            "result": self.result,
            "error": self.error,
            "log": self.log,
            "exchanges": self.exchanges,
            "cpu_ms": round(self.cpu_ms, 1),
            "wall_ms": round(self.wall_ms, 1),
        }


def read_module(path: str) -> Module:
    """The module at `path`: a folder with `module.py` and perhaps `module.json`, or a `.py` file."""
    place = Path(path)
    source = place / "module.py" if place.is_dir() else place
    if not source.is_file():
        raise CommandFailed(f"there is no module at {path}: expected a folder with module.py, or a .py file.")
    if source.stat().st_size > UPLOAD_BYTES:
        raise CommandFailed(f"{source} is larger than {UPLOAD_BYTES} bytes.")
    try:
        text = source.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise CommandFailed(f"{source} is not text in UTF-8.") from None
    described = place / "module.json"
    manifest = _manifest(described) if place.is_dir() and described.is_file() else None
    return Module(manifest.name if manifest else source.stem, text, manifest)


def _manifest(path: Path) -> Manifest:
    try:
        return read_manifest(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise CommandFailed(f"{path} is not JSON: {error}.") from None
    except Problem as problem:
        raise CommandFailed(f"{path}: {problem}") from None


@asynccontextmanager
async def bench_sandbox() -> AsyncIterator[Sandbox]:
    """The real sandbox, for one call at a time; a machine that has no walls is told so in a sentence."""
    strict = settings_from_environment().sandbox == "strict"
    try:
        async with Sandbox(SandboxOptions(strict=strict, workers=1, blanks=0, reserved={})) as sandbox:
            yield sandbox
    except SandboxUnavailable as unavailable:
        raise CommandFailed(f"{unavailable.message} (see “vestnik doctor”).") from None


class Bench:
    """Checks and runs one module in a sandbox that was started."""

    def __init__(self, sandbox: Sandbox, module: Module) -> None:
        self._sandbox, self._module = sandbox, module
        self._facade = contract.facade()

    async def check(self) -> Answer:
        """Whether the module may run; the result lists its functions and every finding."""
        started = time.perf_counter()
        try:
            report = await self._sandbox.check(self._module.source, self._facade)
        except SandboxError as error:
            return Answer(False, error=_error(error.kind, error.message, error.line))
        findings: list[dict[str, Any]] = [
            {
                "line": each.line,
                "column": each.column,
                "severity": each.severity,
                "kind": each.source,
                "message": each.message.en,
            }
            for each in contract.diagnose(_for_contract(report))
        ]
        wrong = next((each for each in findings if each["severity"] == "error"), None)
        return Answer(
            ok=wrong is None,
            result={"functions": sorted(report.functions), "diagnostics": findings},
            error=None if wrong is None else _error(wrong["kind"], wrong["message"], wrong["line"]),
            wall_ms=(time.perf_counter() - started) * 1000,
        )

    async def run(
        self,
        function: str,
        arguments: Mapping[str, Any],
        *,
        settings: Mapping[str, Any],
        permissions: Permissions,
        timeout_s: float | None,
    ) -> Answer:
        """Run one function; for one of the contract its arguments and its result are checked."""
        limits = _limits(function, timeout_s)
        ready, broker = self.ready(settings, permissions.approvals()), Broker()
        longest_fetch_s = limits.wall_s * FETCH_SHARE
        host = CallHost(ready, function, broker, ScratchStorage(None), NoContacts(), longest_fetch_s)
        answer = Answer(False)
        try:
            await self._call(function, arguments, ready, host, limits, answer)
        except ContractViolation as violation:
            finding = violation.finding
            answer.error = _error("contract", violation.sentence("en"), None) | {
                "path": finding.path,
                "expected": finding.expected.en,
                "got": finding.got.en,
            }
        except SandboxError as error:
            answer.error = _error(_kind(error), host.sealed.mask(error.message), error.line)
            answer.cpu_ms, answer.wall_ms = error.cpu_ms, error.wall_ms
            answer.log = _log(error.log, host)
        except ModuleCallFailed as failure:  # the rate budget: the service takes fewer requests
            answer.error = _error("fetch", failure.detail("en"), None)
        finally:
            answer.exchanges = list(host.traces.kept)
            await broker.close()
        return answer

    async def _call(
        self,
        function: str,
        arguments: Mapping[str, Any],
        ready: Ready,
        host: CallHost,
        limits: Limits,
        answer: Answer,
    ) -> None:
        known = function in contract.functions()
        if known:
            contract.check_arguments(function, arguments)
        outcome = await self._sandbox.call(
            ready.version.program,
            function,
            contract.runtime_arguments(function, arguments) if known else arguments,
            host=host,
            limits=limits,
            settings=ready.settings,
            sealed=host.sealed.markers,
        )
        answer.cpu_ms, answer.wall_ms = outcome.cpu_ms, outcome.wall_ms
        answer.log = _log(outcome.log, host)
        if known:
            contract.check_result(function, outcome.result, arguments)
        answer.ok, answer.result = True, outcome.result

    @property
    def manifest(self) -> Manifest:
        """The module's manifest; a bare one for a single file."""
        return self._module.manifest or Manifest.bare("bench")

    @property
    def secret_names(self) -> Collection[str]:
        """The names of the module's secrets: by the manifest, else what the source reads as `sealed.name`."""
        manifest = self._module.manifest
        return _sealed_names(self._module.source) if manifest is None else manifest.secrets

    def ready(self, settings: Mapping[str, Any], approvals: Sequence[Approval]) -> Ready:
        """The module with an account's settings and secrets."""
        module = self._module
        manifest = self.manifest
        program = Program(module.name, module.source, self._facade)
        secrets = self._secrets(settings, approvals)
        plain = {name: value for name, value in settings.items() if name not in secrets}
        return Ready(
            module_id=0,
            module_name=module.name,
            module_title={"ru": module.name, "en": module.name},
            enabled=True,
            version=Version(None, 0, 0, manifest, frozenset(), program),
            settings=settings_for_module(manifest, plain, secrets) if module.manifest else plain,
            secrets=secrets,
            policy=HostPolicy(approvals),
            budgets=budgets_of(manifest, "bench"),
        )

    def _secrets(self, settings: Mapping[str, Any], approvals: Sequence[Approval]) -> dict[str, SealedSecret]:
        """The secrets among the settings: by the manifest, else what the source reads as `sealed.name`."""
        manifest = self._module.manifest
        if manifest is None:
            parts: dict[str, str | None] = dict.fromkeys(_sealed_names(self._module.source))
        else:
            parts = {setting.name: setting.public_part for setting in manifest.settings if setting.secret}
        for name in parts.keys() & settings.keys():
            if not isinstance(settings[name], str) or len(settings[name]) < SHORTEST_SECRET:
                raise CommandFailed(f"the secret {name} must be a text of {SHORTEST_SECRET} characters.")
        return {
            name: SealedSecret(settings[name], approvals, part)
            for name, part in parts.items()
            if name in settings
        }


def _sealed_names(source: str) -> set[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()  # the sandbox says what is wrong with it
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sealed"
    }


def _limits(function: str, timeout_s: float | None) -> Limits:
    limits = limits_of(function) if function in contract.functions() else OWN_FUNCTION
    if timeout_s is None:
        return limits
    if not 0 < timeout_s <= LONGEST_S:
        raise CommandFailed(f"--timeout must be more than 0 and at most {LONGEST_S:.0f} seconds.")
    return replace(limits, wall_s=timeout_s, cpu_s=timeout_s)


def _kind(error: SandboxError) -> str:
    """The kind that the command names: a request that failed is not the module's own exception."""
    if error.host_kind is not None:
        if error.host_kind == "forbidden_host":
            return "forbidden_host"
        if error.host_kind not in NOT_THE_SERVICE:
            return "fetch"
    return error.kind


def _error(kind: str, message: str, line: int | None) -> dict[str, Any]:
    return {"kind": kind, "message": message, "line": line}


def _log(lines: Sequence[LogLine], host: CallHost) -> list[dict[str, Any]]:
    return [
        {"level": line.level, "message": host.sealed.mask(line.text), "at_ms": round(line.at_ms, 1)}
        for line in lines
    ]


def _for_contract(report: CheckReport) -> contract.Report:
    marks = [
        Mark(
            each.line,
            each.column,
            each.end_line,
            each.end_column,
            "error" if each.severity == "error" else "warning",
            "syntax" if each.kind == "syntax" else "policy",
            each.message_code,
            Text(each.text("ru"), each.text("en")),
        )
        for each in report.diagnostics
    ]
    definitions = [
        Definition(info.name, info.parameters, info.line, info.column, info.is_async)
        for info in report.functions.values()
    ]
    return contract.Report(marks, definitions)
