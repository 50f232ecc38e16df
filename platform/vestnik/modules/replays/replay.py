"""A recorded call once more, by any version: offline, with the same time, chance and answers.

Operations are matched by name and argument, equal ones in their order. Answers come in the order in which
they came when the call was recorded, as far as the operations were under way together; so also what depends
on that order repeats itself. Nothing is ever sent: what the recording lacks is reported and refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets as randomness
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from vestnik import contract
from vestnik.contract import ContractViolation
from vestnik.contract.facade import runtime_arguments
from vestnik.egress import Draft, EgressError, SealedCall, SealedSecret
from vestnik.modules.calls import failures
from vestnik.modules.calls.caller import limits_of, text_of
from vestnik.modules.calls.failures import ModuleCallFailed
from vestnik.modules.ports import LogLine
from vestnik.modules.recordings.documents import canonical, placeholder, placeholders, replaced
from vestnik.modules.recordings.recorded import Operation, Recorded
from vestnik.modules.replays.differences import Difference, differences
from vestnik.modules.replays.storage import ReplayedStorage
from vestnik.sandbox import (
    Control,
    Host,
    HostError,
    Lane,
    Program,
    Sandbox,
    SandboxError,
    SandboxUnavailable,
    Timekeeper,
)

__all__ = ["Difference", "ReplayHost", "ReplayOutcome", "Unrecorded", "differences", "replay", "verdict"]

#: An answer waits so long for one that came before it, in case the module still asks for that.
SETTLE_S = 0.1
#: … where the text is the recorded one: then the module surely asks.
SETTLE_SAME_S = 5.0
UNRECORDED = "unrecorded"


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """A request that the recording lacks; for another operation its name stands in place of the method."""

    method: str
    url: str


@dataclass(frozen=True, slots=True)
class ReplayOutcome:
    """What a replay gave: a result, or an error as it is shown to integrators."""

    result: Any
    error: Mapping[str, Any] | None
    log: Sequence[LogLine] = ()
    unrecorded: Sequence[Unrecorded] = ()
    cpu_ms: float = 0.0
    wall_ms: float = 0.0
    failure: ModuleCallFailed | None = None


@dataclass(eq=False)
class _Waiting:
    """An answer that waits for its turn."""

    index: int
    operation: Operation
    turn: asyncio.Event = field(default_factory=asyncio.Event)
    given_up: bool = False


class Player(Host, Timekeeper, Protocol):
    """A host that answers out of a book, and keeps the time."""

    sealed: SealedCall
    unrecorded: list[Unrecorded]

    def kept(self, value: Any) -> Any:
        """A value of the module as it is compared with what was recorded."""

    def close(self) -> None:
        """End what is still waiting."""


class ReplayHost:
    """`sandbox.Host` and `sandbox.Timekeeper` of one replay."""

    def __init__(
        self,
        recorded: Recorded,
        *,
        same_text: bool = False,
        secrets: Mapping[str, SealedSecret] | None = None,
    ) -> None:
        self._operations = list(recorded.operations)
        self._settle_s = SETTLE_SAME_S if same_text else SETTLE_S
        given = secrets or {}
        self._knows_secrets = frozenset(given)
        stand_ins = {name: SealedSecret(f"stand-in for {name}") for name in recorded.secrets}
        self.sealed = SealedCall({**stand_ins, **given})
        self._markers = {name: marker for marker, name in self.sealed.names_of_markers().items()}
        self._storage = ReplayedStorage(self._operations)
        self._clock_us = recorded.clock_us
        self._delivered: set[int] = set()
        self._taken: set[int] = set()
        self._by_key: dict[bytes, list[int]] = {}
        for index, operation in enumerate(self._operations):
            self._by_key.setdefault(canonical([operation.name, operation.argument]), []).append(index)
        self._waiting: list[_Waiting] = []
        self._settling: asyncio.TimerHandle | None = None
        self.unrecorded: list[Unrecorded] = []

    # -- the sandbox's side

    def bind(self, control: Control) -> None:
        """Nothing of a replay depends on the sandbox's clock."""

    def now_us(self) -> int:
        """The call's clock."""
        return self._clock_us

    async def sleep(self, delay_s: float) -> None:
        """A recorded sleep ends in its turn, any other at once; nobody really sleeps."""
        index = self._next("sleep", delay_s)
        if index is not None:
            self._taken.add(index)
            with contextlib.suppress(HostError):
                await self._in_turn(index)
                return
        await self._idle()
        self._clock_us += int(delay_s * 1_000_000)

    async def operate(self, name: str, argument: Any) -> Any:
        """The recorded answer; HostError for what the recording lacks."""
        argument = self._kept(argument)
        index = self._next(name, argument)
        if name.startswith("storage.") and (
            index is None or self._storage.is_stale(argument, index, self._taken)
        ):
            return self._storage.carry_out(name, argument)
        if index is None:
            return await self._lacking(name, argument)
        self._taken.add(index)
        operation = await self._in_turn(index)
        if operation.error is not None:
            raise HostError(*operation.error)
        if name.startswith("storage."):
            self._storage.answered(name, argument, operation.answer)
        return self._live(operation.answer)

    def close(self) -> None:
        """End what is still waiting."""
        if self._settling is not None:
            self._settling.cancel()

    def kept(self, value: Any) -> Any:
        """A result as it would be recorded: with placeholders for the replay's own markers."""
        return self._kept(value)

    async def _idle(self) -> None:
        """Wait until no recorded answer waits for its turn: those came without a sleep before them."""
        while self._waiting:
            await self._waiting[-1].turn.wait()

    # -- matching

    def _next(self, name: str, argument: Any) -> int | None:
        """The first recorded operation like this that the module has not asked for yet."""
        alike = self._by_key.get(canonical([name, argument]), ())
        return next((index for index in alike if index not in self._taken), None)

    async def _lacking(self, name: str, argument: Any) -> Any:
        if name.startswith("sealed.") and self._knows_secrets:
            try:
                return self._live(await self.sealed.evaluate_aside(self._live(argument)))
            except EgressError as error:
                raise HostError(error.code, error.message) from None
        if name == "fetch":
            return await self._not_sent(argument)
        self.unrecorded.append(Unrecorded(name, ""))
        raise HostError(UNRECORDED, f"the recording has no {name} with this argument")

    async def _not_sent(self, argument: Any) -> Any:
        try:
            request = (await Draft.parse_aside(argument)).to_request()
        except EgressError as error:
            raise HostError(error.code, error.message) from None
        self.unrecorded.append(Unrecorded(request.method, request.url))
        raise HostError(UNRECORDED, f"the recording has no {request.method} {request.url}"[:500])

    # -- turns

    async def _in_turn(self, index: int) -> Operation:
        waiting = _Waiting(index, self._operations[index])
        self._waiting.append(waiting)
        self._release()
        try:
            await waiting.turn.wait()
        finally:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
        if waiting.given_up:
            if waiting.operation.name == "fetch":
                await self._not_sent(waiting.operation.argument)
            raise HostError(UNRECORDED, "the recording has no answer to this")
        self._clock_us = max(self._clock_us, waiting.operation.at_us or 0)
        return waiting.operation

    def _release(self) -> None:
        """Give the answers whose turn it is; where none is, wait a moment for what the module still asks."""
        for waiting in sorted(self._waiting, key=lambda each: each.index):
            if self._has_turn(waiting):
                self._deliver(waiting)
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None
        if self._waiting:
            loop = asyncio.get_running_loop()
            self._settling = loop.call_later(self._settle_s, self._settled)

    def _has_turn(self, waiting: _Waiting) -> bool:
        if waiting.operation.at_us is None:
            return False
        before = range(min(waiting.operation.asked_after, waiting.index), waiting.index)
        return all(index in self._delivered for index in before)

    def _settled(self) -> None:
        """Nothing more was asked: the earliest answer goes, though one before it never came."""
        self._settling = None
        if not self._waiting:
            return
        waiting = min(self._waiting, key=lambda each: each.index)
        if waiting.operation.at_us is None:
            waiting.given_up = True
        self._deliver(waiting)
        self._release()

    def _deliver(self, waiting: _Waiting) -> None:
        self._waiting.remove(waiting)
        self._delivered.add(waiting.index)
        waiting.turn.set()

    # -- markers

    def _kept(self, value: Any) -> Any:
        """The value with placeholders in place of this replay's markers."""
        return replaced(value, {marker: placeholder(name) for name, marker in self._markers.items()})

    def _live(self, value: Any) -> Any:
        """The value with this replay's markers in place of placeholders."""
        for name in placeholders(value):
            if name not in self._markers:
                self._markers[name] = randomness.token_hex(20)
        return replaced(value, {placeholder(name): marker for name, marker in self._markers.items()})


async def replay(
    sandbox: Sandbox,
    program: Program,
    recorded: Recorded,
    *,
    secrets: Mapping[str, SealedSecret] | None = None,
    title: Mapping[str, str] | None = None,
    lane: Lane = "interactive",
) -> ReplayOutcome:
    """Run a recorded call by `program`. Computations on secrets that were not recorded need `secrets`.

    Never raises what a module does: that is the outcome's error. `title` is the module's, for its sentence.
    """
    same_text = bool(recorded.program) and recorded.program == text_of(program)
    host = ReplayHost(recorded, same_text=same_text, secrets=secrets)
    return await play(sandbox, program, recorded, host, title=title, lane=lane)


async def play(
    sandbox: Sandbox,
    program: Program,
    recorded: Recorded,
    host: Player,
    *,
    title: Mapping[str, str] | None = None,
    lane: Lane = "interactive",
) -> ReplayOutcome:
    """Run a function as a call of the product runs, but with `host` in place of the world."""
    shown = title or {"ru": "—", "en": "—"}
    result, log, cpu_ms, wall_ms = None, [], 0.0, 0.0
    failure: ModuleCallFailed | None = None
    try:
        contract.check_arguments(recorded.function, recorded.arguments)
        outcome = await sandbox.call(
            program,
            recorded.function,
            runtime_arguments(recorded.function, recorded.arguments),
            host=host,
            limits=limits_of(recorded.function),
            lane=lane,
            settings=recorded.settings,
            sealed=host.sealed.markers,
            seed=recorded.seed,
            clock_us=recorded.clock_us,
            timekeeper=host,
        )
        log, cpu_ms, wall_ms = outcome.log, outcome.cpu_ms, outcome.wall_ms
        result = host.kept(outcome.result)
        contract.check_result(recorded.function, result, recorded.arguments)
    except ContractViolation as violation:
        failure = failures.of_violation(violation, shown)
    except SandboxError as error:
        log, cpu_ms, wall_ms = error.log, error.cpu_ms, error.wall_ms
        error.message = host.kept(error.message)
        failure = failures.of_sandbox(error, shown, recorded.function)
    except SandboxUnavailable as error:
        failure = failures.unavailable(shown, recorded.function, error.message)
    finally:
        host.close()
    return ReplayOutcome(
        result=None if failure is not None else result,
        error=None if failure is None else failure.as_record(),
        log=[LogLine(line.level, host.kept(line.text), round(line.at_ms, 1)) for line in log],
        unrecorded=host.unrecorded,
        cpu_ms=cpu_ms,
        wall_ms=wall_ms,
        failure=failure,
    )


def verdict(recorded: Recorded, outcome: ReplayOutcome) -> list[Difference]:
    """Where the replay ended otherwise than the recorded call: in the result, or in why it failed."""
    if recorded.error is None and outcome.error is None:
        return differences(recorded.result, outcome.result)
    before, after = _told(recorded.error), _told(outcome.error)
    if before is None or after is None:
        return [Difference("error", before, after)]
    return [replace(each, path=f"error{each.path[1:]}") for each in differences(before, after)]


def _told(error: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Kind and message of an error; its line is the text's affair."""
    return None if error is None else {"kind": error["kind"], "message": error["message"]}
