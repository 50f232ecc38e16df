"""The errors of a sandboxed call, each with the `kind` that it carries.

SandboxError                              the call failed; everything known about it is in the fields
+-- ModuleRefusedError                    the source may not run; `diagnostics` says where and why
|   +-- SyntaxRefused   "syntax"          Python itself can't read it
|   +-- PolicyRefused   "policy"          it uses something outside the language of modules
+-- NotImplementedByModule  "not_implemented"   no such function, or it raised NotImplementedError
+-- ModuleRaised        "raised"          an exception left the function, or its result can't be handed over
+-- RetryLaterByModule  "retry_later"     it raised RetryLater: its service does not take the call now
|   +-- ServiceDownByModule "service_down"  it raised ServiceDown: its service is out of order
+-- KeyRefusedByModule  "key_refused"     it raised KeyRefused: its service does not accept the account's key
+-- ModuleTimeout       "timeout"         the CPU budget or the wall deadline ran out; the worker was killed
+-- ModuleOutOfMemory   "memory"          the memory limit
+-- WorkerCrashed       "crashed"         the process ended, made a forbidden call or broke the protocol
|   +-- WorkerLost      "crashed"         it was ended from outside: that says nothing about the module
+-- SandboxBusy         "busy"            no worker became free in time; nothing was run

SandboxUnavailable                        modules can't run on this machine: `wall` names what is missing
HostError                                 raised by a Host: FetchError or OperationError inside the module
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from vestnik.sandbox.values import Diagnostic, LogLine


@dataclass(frozen=True)
class TraceLine:
    """One frame of the module's own code."""

    line: int
    function: str


class SandboxError(Exception):
    """A call that failed. `kind` is one word; the rest is what a person needs to find the cause."""

    kind: ClassVar[str] = "crashed"

    def __init__(
        self,
        message: str,
        *,
        line: int | None = None,
        function: str | None = None,
        exception: str | None = None,
        host_kind: str | None = None,
        traceback: "tuple[TraceLine, ...]" = (),
        diagnostics: "tuple[Diagnostic, ...]" = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.function = function
        self.exception = exception  # class name of what the module raised
        self.host_kind = host_kind  # kind of the HostError that the module did not catch
        self.traceback = traceback
        self.diagnostics = diagnostics
        self.log: list[LogLine] = []
        self.cpu_ms = 0.0
        self.wall_ms = 0.0


class ModuleRefusedError(SandboxError):
    """The source may not run."""


class SyntaxRefused(ModuleRefusedError):
    """Python can't read the source."""

    kind = "syntax"


class PolicyRefused(ModuleRefusedError):
    """The source uses what modules may not use."""

    kind = "policy"


class NotImplementedByModule(SandboxError):
    """The module does not offer this function."""

    kind = "not_implemented"


class ModuleRaised(SandboxError):
    """An exception left the module's function."""

    kind = "raised"


class RetryLaterByModule(SandboxError):
    """The module's service does not take the call now; `retry_after_s`: when it may, where that is known."""

    kind = "retry_later"
    retry_after_s: float | None = None


class ServiceDownByModule(RetryLaterByModule):
    """The module's service is out of order; `retry_after_s` as above."""

    kind = "service_down"


class KeyRefusedByModule(SandboxError):
    """The module's service does not accept the account's key."""

    kind = "key_refused"


class ModuleTimeout(SandboxError):
    """The call took longer than it may."""

    kind = "timeout"


class ModuleOutOfMemory(SandboxError):
    """The call needed more memory than it may have."""

    kind = "memory"


class WorkerCrashed(SandboxError):
    """The worker's process ended in the middle of the call.

    After a forbidden system call `forbidden_call` is True: the module tried to get out and wants suspending.
    """

    kind = "crashed"
    forbidden_call = False
    missing_wall: str | None = None


class WorkerLost(WorkerCrashed):
    """The worker's process was ended from outside, by the machine or by us, or was never born."""


class SandboxBusy(SandboxError):
    """Every worker that this call may use is busy, and the queue is full or was too slow."""

    kind = "busy"


class SandboxUnavailable(Exception):
    """Modules can't run here. `wall` is one of the names in Sandbox.walls, or "platform"."""

    def __init__(self, wall: str, message: str) -> None:
        super().__init__(message)
        self.wall = wall
        self.message = message


class HostError(Exception):
    """The host refuses or fails an operation; the module sees FetchError or OperationError with this kind."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
