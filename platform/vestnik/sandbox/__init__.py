"""The sandbox: runs functions of untrusted Python modules in jailed processes, whatever they are for.

    async with Sandbox() as sandbox:
        outcome = await sandbox.call(Program("demo@1", source), "double", {"number": 21})

RestrictedPython limits the language; the boundary is a process without files, network, children or
privileges. docs/sandbox.md lists the walls and the limits.
"""

from vestnik.sandbox.errors import (
    HostError,
    KeyRefusedByModule,
    ModuleOutOfMemory,
    ModuleRaised,
    ModuleRefusedError,
    ModuleTimeout,
    NotImplementedByModule,
    PolicyRefused,
    RetryLaterByModule,
    SandboxBusy,
    SandboxError,
    SandboxUnavailable,
    ServiceDownByModule,
    SyntaxRefused,
    TraceLine,
    WorkerCrashed,
    WorkerLost,
)
from vestnik.sandbox.sandbox import Sandbox
from vestnik.sandbox.values import (
    CheckReport,
    Control,
    Diagnostic,
    FunctionInfo,
    Host,
    Lane,
    Limits,
    LogLine,
    NoHost,
    Outcome,
    Program,
    SandboxOptions,
    Timekeeper,
)

__all__ = [
    "Sandbox",
    "SandboxOptions",
    "Program",
    "Limits",
    "Lane",
    "Outcome",
    "LogLine",
    "Diagnostic",
    "FunctionInfo",
    "CheckReport",
    "Host",
    "NoHost",
    "Control",
    "Timekeeper",
    "HostError",
    "SandboxError",
    "ModuleRefusedError",
    "SyntaxRefused",
    "PolicyRefused",
    "RetryLaterByModule",
    "ServiceDownByModule",
    "KeyRefusedByModule",
    "NotImplementedByModule",
    "ModuleRaised",
    "ModuleTimeout",
    "ModuleOutOfMemory",
    "WorkerCrashed",
    "WorkerLost",
    "SandboxBusy",
    "SandboxUnavailable",
    "TraceLine",
]
