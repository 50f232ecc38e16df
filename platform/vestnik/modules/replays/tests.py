"""Tests of a module: recorded calls kept as files, `tests/<name>.json`, and the runner over them.

    {"vestnik": "test", "function": …, "arguments": {…}, "settings": {…}, "secrets": ["api_key"],
     "clock_us": …, "seed": …,
     "operations": [{"name", "argument", "answer" | "error", "asked_after", "at_us"}],
     "expected": … | "error": {"kind": …, "message": …}}

`about` may say in a sentence what the test shows. Bytes and markers are written as in documents.py. Without
`"vestnik": "test"` a file is a test written by hand, as written_tests.py describes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from vestnik.contract.manifest import Manifest
from vestnik.egress import SealedSecret
from vestnik.modules.calls.failures import Escaped
from vestnik.modules.ports import LogLine
from vestnik.modules.recordings.documents import encoded, parsed
from vestnik.modules.recordings.recorded import Operation, Recorded, played
from vestnik.modules.replays.differences import Difference
from vestnik.modules.replays.replay import Unrecorded, replay, verdict
from vestnik.modules.replays.written_tests import Case, run_case
from vestnik.sandbox import Program, Sandbox

FORMAT = "test"


class TestInvalid(ValueError):
    """A file that is no test; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class ModuleTest:
    """One test: the call to repeat, whose `result` or `error` is what is expected."""

    recorded: Recorded
    about: str = ""
    case: Case | None = None

    @property
    def function(self) -> str:
        """The function that it calls."""
        return self.recorded.function


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """What running a test gave. `error` says why the module failed where it should not have."""

    ok: bool
    differences: Sequence[Difference] = ()
    error: Mapping[str, Any] | None = None
    unrecorded: Sequence[Unrecorded] = ()
    log: Sequence[LogLine] = field(default=())
    wall_ms: float = 0.0
    #: Whether the module tried to leave the sandbox.
    escaped: bool = False


def dump(recorded: Recorded, about: str = "") -> str:
    """The text of a test that expects what the recorded call gave."""
    document: dict[str, Any] = {"vestnik": FORMAT, "about": about} if about else {"vestnik": FORMAT}
    document |= {
        "function": recorded.function,
        "arguments": recorded.arguments,
        "settings": recorded.settings,
        "secrets": list(recorded.secrets),
        "clock_us": recorded.clock_us,
        "seed": recorded.seed,
        "operations": [_operation(each) for each in recorded.operations],
    }
    if recorded.error is None:
        document["expected"] = recorded.result
    else:
        document["error"] = {"kind": recorded.error["kind"], "message": recorded.error["message"]}
    readable = json.loads(encoded(document, None))
    return json.dumps(readable, ensure_ascii=False, indent=2) + "\n"


def parse(text: str | bytes) -> ModuleTest:
    """The test of a file; raises TestInvalid."""
    try:
        document = parsed(text)
    except ValueError as error:
        raise TestInvalid(f"it is not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("vestnik", FORMAT) != FORMAT:
        raise TestInvalid('it is no object with "vestnik": "test"')
    try:
        if "vestnik" not in document:
            case = msgspec.convert(document, Case)
            recorded = Recorded(function=case.function, arguments=case.arguments)
            return ModuleTest(recorded, case.about, case)
        fields = played({**document, "result": document.get("expected")})
        return ModuleTest(Recorded(function=document["function"], **fields), str(document.get("about", "")))
    except msgspec.ValidationError as error:
        raise TestInvalid(str(error)) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TestInvalid(f"a part is missing or of a wrong kind: {error}") from None


async def run(
    sandbox: Sandbox,
    program: Program,
    test: ModuleTest,
    *,
    secrets: Mapping[str, SealedSecret] | None = None,
    title: Mapping[str, str] | None = None,
    manifest: Manifest | None = None,
) -> TestOutcome:
    """Run a test by a version of the module: it is good when it ends as expected and asks for nothing new.

    A test written by hand takes from the manifest the settings and the secrets that it does not name.
    """
    if test.case is None:
        outcome = await replay(sandbox, program, test.recorded, secrets=secrets, title=title)
        found = verdict(test.recorded, outcome)
        fails = test.recorded.error is not None
    else:
        outcome, found = await run_case(sandbox, program, manifest, test.case)
        fails = test.case.error is not None
    return TestOutcome(
        ok=not found and not outcome.unrecorded,
        differences=found,
        error=None if fails else outcome.error,
        unrecorded=outcome.unrecorded,
        log=outcome.log,
        wall_ms=outcome.wall_ms,
        escaped=isinstance(outcome.failure, Escaped),
    )


def _operation(operation: Operation) -> dict[str, Any]:
    document: dict[str, Any] = {"name": operation.name, "argument": operation.argument}
    if operation.error is not None:
        document["error"] = list(operation.error)
    elif operation.at_us is not None:
        document["answer"] = operation.answer
    document["asked_after"] = operation.asked_after
    if operation.at_us is not None:
        document["at_us"] = operation.at_us
    return document
