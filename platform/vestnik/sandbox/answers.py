"""Reading a worker's answers: exact shapes, plain values, no exceptions of their own past this file."""

import re
from typing import Any, Final

import msgspec

from vestnik.sandbox import messages, wire
from vestnik.sandbox.calls import ProtocolViolation
from vestnik.sandbox.errors import (
    KeyRefusedByModule,
    ModuleOutOfMemory,
    ModuleRaised,
    ModuleRefusedError,
    NotImplementedByModule,
    PolicyRefused,
    RetryLaterByModule,
    SandboxError,
    ServiceDownByModule,
    SyntaxRefused,
    TraceLine,
)
from vestnik.sandbox.values import Diagnostic, FunctionInfo

FINDINGS_LIMIT: Final = 500
_INTEGER_LIMIT: Final = 1 << 63
_long_number: Final = re.compile(rb"[0-9]{19,}")
_Finding = tuple[int, int, int, int, str, str, str, dict[str, str]]
_Function = tuple[str, list[str], list[str], bool, bool, int, int, int]
_Failure = tuple[str, str, str, list[tuple[int, str]], str | None, bool, float | None]

_loaded: Final = msgspec.msgpack.Decoder(tuple[list[_Finding]]).decode
_checked: Final = msgspec.msgpack.Decoder(tuple[list[_Finding], list[_Function]]).decode
_done: Final = msgspec.msgpack.Decoder(tuple[bytes]).decode
_failed: Final = msgspec.msgpack.Decoder(_Failure).decode
_json: Final = msgspec.json.Decoder().decode

_FAILURES: Final[dict[str, type[SandboxError]]] = {
    "raised": ModuleRaised,
    "memory": ModuleOutOfMemory,
    "not_implemented": NotImplementedByModule,
    "retry_later": RetryLaterByModule,
    "service_down": ServiceDownByModule,
    "key_refused": KeyRefusedByModule,
}
_ERRORS: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, MemoryError)


def read_result(body: bytes, limit_bytes: int) -> Any:
    """The value of a DONE frame; JSON text by construction holds nothing but plain values."""
    try:
        (text,) = _done(body)
        if len(text) > limit_bytes or containers(text) > wire.ELEMENT_LIMIT:
            raise ProtocolViolation("a result over its limit")
        result = _json(text)
        if _long_number.search(text):
            _refuse_big_integers(result)
    except _ERRORS as error:
        raise ProtocolViolation(f"a result that can't be read ({type(error).__name__})") from None
    return result


def containers(text: bytes) -> int:
    """At least as many lists and objects as a JSON text has."""
    return text.count(b"[") + text.count(b"{")


def _refuse_big_integers(value: Any) -> None:
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, dict):
            stack.extend(each.values())
        elif isinstance(each, list):
            stack.extend(each)
        elif isinstance(each, int) and not -_INTEGER_LIMIT <= each < _INTEGER_LIMIT:
            raise ProtocolViolation("a whole number of more than 64 bits")


def read_failure(body: bytes) -> tuple[SandboxError, bool]:
    """The error of a FAILED frame, and whether its worker must not be used again."""
    try:
        kind, exception, message, frames, host_kind, recycle, seconds = _failed(body)
        error_class = _FAILURES[kind]
    except (*_ERRORS, KeyError) as error:
        raise ProtocolViolation(f"a failure that can't be read ({type(error).__name__})") from None
    if seconds is not None and not 0 <= seconds <= wire.RETRY_LATER_LIMIT_S:
        raise ProtocolViolation("a wait that no module can ask for")
    trace = tuple(TraceLine(line, function) for line, function in frames[-20:])
    last = trace[-1] if trace else None
    if error_class is ModuleRaised and exception != "ResultRefused":
        message = f"{exception}: {message}" if message else exception
    failure = error_class(
        message,
        line=last.line if last else None,
        function=last.function if last else None,
        exception=exception,
        host_kind=host_kind,
        traceback=trace,
    )
    if isinstance(failure, RetryLaterByModule):
        failure.retry_after_s = seconds
    return failure, recycle


def read_findings(body: bytes) -> tuple[Diagnostic, ...]:
    """The diagnostics of a LOADED or CHECKED frame."""
    try:
        findings = _loaded(body)[0] if body[:1] == b"\x91" else _checked(body)[0]
    except _ERRORS as error:
        raise ProtocolViolation(f"diagnostics that can't be read ({type(error).__name__})") from None
    return tuple(_diagnostic(finding) for finding in findings[:FINDINGS_LIMIT])


def read_functions(body: bytes) -> dict[str, FunctionInfo]:
    """The functions of a CHECKED frame; a later definition hides an earlier one."""
    try:
        functions = _checked(body)[1]
    except _ERRORS as error:
        raise ProtocolViolation(f"functions that can't be read ({type(error).__name__})") from None
    return {
        each[0]: FunctionInfo(each[0], tuple(each[1]), tuple(each[2]), *each[3:]) for each in functions[:2000]
    }


def _diagnostic(finding: _Finding) -> Diagnostic:
    line, column, end_line, end_column, severity, kind, code, fields = finding
    known = severity in ("error", "warning") and kind in ("syntax", "policy") and code in messages.MESSAGES
    try:
        messages.text(code, fields)
    except (KeyError, ValueError, IndexError, AttributeError):
        known = False
    if not known:
        raise ProtocolViolation("a diagnostic that does not exist")
    return Diagnostic(line, column, end_line, end_column, severity, kind, code, fields)


def refusal(diagnostics: tuple[Diagnostic, ...]) -> ModuleRefusedError | None:
    """The error for a source with these diagnostics, or None when it may run."""
    first = next((each for each in diagnostics if each.severity == "error"), None)
    if first is None:
        return None
    error_class = SyntaxRefused if first.kind == "syntax" else PolicyRefused
    return error_class(first.message, line=first.line, diagnostics=diagnostics)


def encode_source(source: str, facade: Any) -> bytes:
    """The body of a LOAD or CHECK frame. Raises SyntaxRefused for text that is none, or is too large."""
    try:
        body = msgspec.msgpack.encode((source, facade))
    except UnicodeEncodeError:
        code, fields = "encoding", {}
    else:
        if len(body) <= wire.TO_WORKER_CAPS[wire.LOAD]:
            return body
        code, fields = "too_large", {"limit": str(wire.TO_WORKER_CAPS[wire.LOAD])}
    diagnostic = Diagnostic(1, 1, 1, 1, "error", "syntax", code, fields)
    raise SyntaxRefused(diagnostic.message, line=1, diagnostics=(diagnostic,))
