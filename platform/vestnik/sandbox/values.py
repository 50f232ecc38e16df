"""What goes into a sandboxed call and what comes out of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

from vestnik.sandbox import messages
from vestnik.sandbox.errors import HostError
from vestnik.sandbox.wire import MIB

Lane = Literal["webhook", "interactive", "bulk"]
LANES: tuple[Lane, ...] = ("webhook", "interactive", "bulk")


@dataclass(frozen=True)
class Limits:
    """What one call may use. There is no way to say "unlimited"."""

    cpu_s: float = 2.0
    wall_s: float = 10.0
    pause_s: float = 60.0  # how long pause_clock() may hold the wall deadline, summed over the call
    memory_bytes: int = 128 * MIB  # over what the bare interpreter uses
    result_bytes: int = 2 * MIB
    operations: int = 2000  # asked of the host in one call
    operations_at_once: int = 64


@dataclass(frozen=True)
class SandboxOptions:
    """How many processes, for how long, and which walls are demanded."""

    strict: bool = False  # every wall, not only the mandatory ones
    workers: int = 8  # processes bound to programs, busy and warm together
    blanks: int = 2  # spare processes that no program has used
    workers_per_program: int = 3
    reserved: Mapping[str, int] = field(default_factory=lambda: {"webhook": 2, "interactive": 2, "bulk": 1})
    queue: int = 1000  # calls waiting for a worker, all lanes together
    queue_per_program: int = 256
    queue_s: float = 20.0  # after that a waiting call ends as busy
    turn_s: float = 0.05  # how long a program may go on before the next waiting one has its turn
    worker_calls: int = 5000
    worker_age_s: float = 3600.0
    worker_idle_s: float = 600.0
    worker_cpu_life_s: int = 600
    worker_idle_cpu_s: float = 0.1  # processor time between two calls; an honest worker uses next to none
    # A program whose worker was killed gets one worker at a time, one that wasted work yields, for so long.
    suspicion_s: float = 30.0
    zygote_age_s: float = 86_400.0
    spawn_s: float = 15.0


@dataclass(frozen=True, eq=False)
class Program:
    """One immutable version of a module. The same key with another source shares nothing with it."""

    key: str
    source: str = field(repr=False)
    facade: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def identity(self) -> str:
        """The key with a digest of the source: what a worker is bound to."""
        digest = hashlib.blake2b(self.source.encode(errors="surrogatepass"), digest_size=12)
        return f"{self.key}#{digest.hexdigest()}"


@dataclass(frozen=True)
class LogLine:
    """One line that the module wrote with log or print."""

    level: str  # "debug", "info", "warning", "error"
    text: str
    at_ms: float  # since the call began


@dataclass(frozen=True)
class Outcome:
    """A call that succeeded."""

    result: Any
    log: list[LogLine]
    cpu_ms: float
    wall_ms: float


@dataclass(frozen=True)
class Diagnostic:
    """One finding in a source. Lines and columns count from 1 in characters; the end column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    severity: str  # "error" or "warning"
    kind: str  # "syntax" or "policy"
    message_code: str
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The English sentence."""
        return self.text("en")

    def text(self, language: str) -> str:
        """The sentence in "en" or "ru"."""
        return messages.text(self.message_code, dict(self.fields), language)


@dataclass(frozen=True)
class FunctionInfo:
    """A top-level function of a module, as written."""

    name: str
    parameters: tuple[str, ...]
    required: tuple[str, ...]
    open_ended: bool  # takes **keywords
    is_async: bool
    line: int
    column: int
    end_line: int


@dataclass(frozen=True)
class CheckReport:
    """Everything that a check found; `functions` is empty when the source was refused."""

    diagnostics: tuple[Diagnostic, ...]
    functions: Mapping[str, FunctionInfo]

    @property
    def ok(self) -> bool:
        """True when the module may run."""
        return all(diagnostic.severity != "error" for diagnostic in self.diagnostics)


class Control(Protocol):
    """What the sandbox gives a Host at the start of a call."""

    markers: Mapping[str, str]  # secret's name -> the marker that stands for it in this call

    def pause_clock(self) -> None:
        """Stops the wall deadline until as many resume_clock() as pause_clock() were called."""

    def resume_clock(self) -> None: ...

    def abort(self, error: Exception) -> None:
        """Kills the call's worker; Sandbox.call raises `error`."""


class Timekeeper(Protocol):
    """Keeps the time of one call, so that the call can be recorded and repeated exactly."""

    def now_us(self) -> int:
        """The call's clock when an operation has just been answered; the worker's clock moves there."""

    async def sleep(self, delay_s: float) -> None:
        """Wait as the module asked for."""


class Host(Protocol):
    """What one call may ask of the host."""

    def bind(self, control: Control) -> None:
        """Called once, before the call begins."""

    async def operate(self, name: str, argument: Any) -> Any:
        """Answers one operation with plain msgpack-able values.

        HostError becomes an exception in the module; any other exception ends the call and leaves
        Sandbox.call.
        """


class NoHost:
    """A host that refuses everything: for modules that only compute."""

    def bind(self, control: Control) -> None:
        pass

    async def operate(self, name: str, argument: Any) -> Any:
        raise HostError("unavailable", f"{name} is not available in this call")
