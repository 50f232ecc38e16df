"""Which worker serves which call: lanes with reserved workers, a cap for each program, bounded waiting.

A worker is bound to one program for life. Free workers of a program stay warm; the least recently used one
makes room for another program. Blank workers are kept ready, so that a program without a worker waits for
no fork.
"""

import asyncio
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from vestnik.sandbox.errors import (
    ModuleTimeout,
    SandboxBusy,
    SandboxError,
    SandboxUnavailable,
    WorkerCrashed,
)
from vestnik.sandbox.process import WorkerProcess
from vestnik.sandbox.values import LANES, Lane, SandboxOptions

Spawn = Callable[[int], Awaitable[WorkerProcess]]
Bind = Callable[[WorkerProcess], Awaitable[None]]
SUSPECTS_KEPT: Final = 1000
# A call that failed after so much processor time was a waste of it.
WASTE_MS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Claim:
    """What a call asks of the pool: workers of `identity` with `memory_bytes`, in a lane."""

    identity: str
    memory_bytes: int
    lane: Lane


_Warm = tuple[str, int]


class _Suspicion:
    """Programs that were noted lately; the oldest are forgotten when there are too many."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._noted: OrderedDict[str, float] = OrderedDict()

    def note(self, identity: str) -> None:
        self._noted[identity] = time.monotonic()
        self._noted.move_to_end(identity)
        if len(self._noted) > SUSPECTS_KEPT:
            self._noted.popitem(last=False)

    def of(self, identity: str) -> bool:
        noted = self._noted.get(identity)
        if noted is None:
            return False
        if time.monotonic() - noted > self._seconds:
            del self._noted[identity]
            return False
        return True


class Pool:
    """Hands out workers and takes them back."""

    def __init__(self, options: SandboxOptions, blank_memory_bytes: int, spawn: Spawn) -> None:
        self._options = options
        self._blank_memory_bytes = blank_memory_bytes
        self._spawn = spawn
        self._blanks: deque[WorkerProcess] = deque()
        self._filling: set[asyncio.Task[None]] = set()
        self._idle: OrderedDict[_Warm, deque[WorkerProcess]] = OrderedDict()
        self._busy: Counter[str] = Counter()
        self._busy_by_lane: Counter[Lane] = Counter()
        self._waiting: dict[Lane, OrderedDict[str, deque[asyncio.Future[None]]]] = {
            lane: OrderedDict() for lane in LANES
        }
        self._waiting_by_program: Counter[str] = Counter()
        self._turns: dict[str, float] = {}
        # Their worker was killed: they may hold only one for a while, so that they starve nobody.
        self._killed = _Suspicion(options.suspicion_s)
        # They failed after much work: for a while they get the processor time that nobody else wants.
        self._wasteful = _Suspicion(options.suspicion_s)
        reserved = {lane: options.reserved.get(lane, 0) for lane in LANES}
        self._reserved = reserved if sum(reserved.values()) <= options.workers else dict.fromkeys(LANES, 0)
        self._stopped = False

    # -- taking and giving back

    async def acquire(self, claim: Claim, bind: Bind) -> WorkerProcess:
        """A worker bound to the claim's program, for this call alone.

        `bind` loads the program into a worker that has none. Raises SandboxBusy when the queue is full or too
        slow, and what `bind` raises.
        """
        if self._waiting_by_program[claim.identity] or not self._may_start(claim):
            await self._wait(claim)
        else:
            self._occupy(claim)
        worker = self._warm(claim)
        try:
            if worker is None:
                worker = await self._bound(claim, bind)
            self._humble(worker, claim)
            return worker
        except BaseException as error:
            self._learn(claim.identity, error)
            self._vacate(claim)
            raise

    def release(self, claim: Claim, worker: WorkerProcess, error: BaseException | None) -> None:
        """Takes a worker back after its call; `error` is how the call failed, if it did."""
        self._learn(claim.identity, error)
        if self._stopped or not self._is_reusable(worker):
            worker.kill("its time was over")
        else:
            worker.idle_since = time.monotonic()
            self._idle.setdefault((claim.identity, claim.memory_bytes), deque()).append(worker)
        self._vacate(claim)

    def _is_reusable(self, worker: WorkerProcess) -> bool:
        options = self._options
        return (
            worker.alive
            and not worker.yields
            and worker.calls < options.worker_calls
            and time.monotonic() - worker.born < options.worker_age_s
            and worker.cpu_life_s < options.worker_cpu_life_s * 0.8
        )

    def _warm(self, claim: Claim) -> WorkerProcess | None:
        key = (claim.identity, claim.memory_bytes)
        workers = self._idle.get(key)
        if workers is None:
            return None
        worker: WorkerProcess | None = None
        while workers and worker is None:
            candidate = workers.pop()
            worker = candidate if candidate.alive else None
        if workers:
            self._idle.move_to_end(key)
        else:
            del self._idle[key]
        return worker

    async def _bound(self, claim: Claim, bind: Bind) -> WorkerProcess:
        """A blank or new worker with the program in it; a blank that died while waiting is replaced once."""
        self._evict()
        worker = self._blank() if claim.memory_bytes == self._blank_memory_bytes else None
        self._refill()
        if worker is not None:
            try:
                self._humble(worker, claim)
                await bind(worker)
                return worker
            except WorkerCrashed:
                if not self._is_lost(worker):
                    raise
        worker = await self._spawn(claim.memory_bytes)
        try:
            self._humble(worker, claim)
            await bind(worker)
        except BaseException:
            worker.kill("its program could not be loaded")
            raise
        return worker

    @staticmethod
    def _is_lost(worker: WorkerProcess) -> bool:
        return not worker.alive and not worker.forbidden_call

    # -- who may start

    def _cap(self, identity: str) -> int:
        return 1 if self._killed.of(identity) else self._options.workers_per_program

    def _humble(self, worker: WorkerProcess, claim: Claim) -> None:
        if self._wasteful.of(claim.identity):
            worker.yield_processor()

    def _learn(self, identity: str, error: BaseException | None) -> None:
        if isinstance(error, (ModuleTimeout, WorkerCrashed)):
            self._killed.note(identity)
        if isinstance(error, SandboxError) and error.cpu_ms > WASTE_MS:
            self._wasteful.note(identity)

    def _may_start(self, claim: Claim) -> bool:
        return self._has_room(claim.lane) and self._busy[claim.identity] < self._cap(claim.identity)

    def _has_room(self, lane: Lane) -> bool:
        """A free worker that no other lane has reserved."""
        free = self._options.workers - self._busy.total()
        if free <= 0:
            return False
        if self._busy_by_lane[lane] < self._reserved[lane]:
            return True
        owed = sum(
            max(self._reserved[other] - self._busy_by_lane[other], 0) for other in LANES if other != lane
        )
        return free > owed

    def _occupy(self, claim: Claim) -> None:
        self._busy[claim.identity] += 1
        self._busy_by_lane[claim.lane] += 1

    def _vacate(self, claim: Claim) -> None:
        self._busy_by_lane[claim.lane] -= 1
        self._busy[claim.identity] -= 1
        if not self._busy[claim.identity]:
            del self._busy[claim.identity]
        if not self._waiting_by_program:
            self._turns.clear()
            return
        if time.monotonic() - self._turns.get(claim.identity, 0.0) < self._options.turn_s:
            self._serve_next(claim)
        self._dispatch()

    # -- waiting

    async def _wait(self, claim: Claim) -> None:
        """Returns when the claim's place among the busy ones has been taken for it."""
        options = self._options
        if self._waiting_by_program[claim.identity] >= options.queue_per_program:
            raise SandboxBusy("too many calls of this module wait for a worker")
        if self._waiting_by_program.total() >= options.queue:
            raise SandboxBusy("too many calls wait for a worker")
        loop = asyncio.get_running_loop()
        place: asyncio.Future[None] = loop.create_future()
        queue = self._waiting[claim.lane].setdefault(claim.identity, deque())
        queue.append(place)
        self._waiting_by_program[claim.identity] += 1
        timer = loop.call_later(options.queue_s, self._too_slow, place)
        self._dispatch()  # an earlier waiter may have left room behind
        try:
            await place
        except BaseException:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._vacate(claim)  # the place was given in the moment of the cancellation
            else:
                self._leave(claim, place)
            raise
        finally:
            timer.cancel()

    def _too_slow(self, place: "asyncio.Future[None]") -> None:
        if not place.done():
            place.set_exception(SandboxBusy(f"no worker became free in {self._options.queue_s:g} s"))

    def _leave(self, claim: Claim, place: "asyncio.Future[None]") -> None:
        queue = self._waiting[claim.lane].get(claim.identity)
        if queue is not None and place in queue:
            queue.remove(place)
            self._unlist(claim.lane, claim.identity, queue)

    def _unlist(self, lane: Lane, identity: str, queue: "deque[asyncio.Future[None]]") -> None:
        self._waiting_by_program[identity] -= 1
        if not self._waiting_by_program[identity]:
            del self._waiting_by_program[identity]
        if not queue:
            del self._waiting[lane][identity]

    def _dispatch(self) -> None:
        """Gives free places to waiting calls: lanes in order, the programs of a lane in turn.

        A turn lasts for a moment, not for a call: another program in a worker costs as much as many calls.
        """
        for lane in LANES:
            for identity in list(self._waiting[lane]):
                if not self._has_room(lane):
                    break
                if self._serve_next(Claim(identity, 0, lane)):
                    self._turns[identity] = time.monotonic()
                    if identity in self._waiting[lane]:
                        self._waiting[lane].move_to_end(identity)

    def _serve_next(self, claim: Claim) -> bool:
        """Gives a place to the first waiting call of a program, if it may have one."""
        queue = self._waiting[claim.lane].get(claim.identity)
        while queue and self._may_start(claim):
            place = queue.popleft()
            self._unlist(claim.lane, claim.identity, queue)
            if not place.done():
                self._occupy(claim)
                place.set_result(None)
                return True
        return False

    # -- blanks and room

    def _blank(self) -> WorkerProcess | None:
        while self._blanks:
            worker = self._blanks.popleft()
            if worker.alive:
                return worker
        return None

    def _refill(self) -> None:
        while not self._stopped and len(self._blanks) + len(self._filling) < self._options.blanks:
            task = asyncio.get_running_loop().create_task(self._fill())
            self._filling.add(task)
            task.add_done_callback(self._filling.discard)

    async def _fill(self) -> None:
        try:
            worker = await self._spawn(self._blank_memory_bytes)
        except (SandboxError, SandboxUnavailable):
            return  # the next call that needs a worker meets the cause and reports it
        if self._stopped:
            worker.kill("the sandbox was stopped")
        else:
            self._blanks.append(worker)

    async def fill(self) -> None:
        """Waits until the blanks are there."""
        self._refill()
        await asyncio.gather(*self._filling)

    def _evict(self) -> None:
        """Ends the warm workers used longest ago until the bound ones, busy and warm, fit under the total."""
        warm = sum(len(workers) for workers in self._idle.values())
        while self._idle and self._busy.total() + warm > self._options.workers:
            key = next(iter(self._idle))
            workers = self._idle[key]
            workers.popleft().kill("another program needed its place")
            warm -= 1
            if not workers:
                del self._idle[key]

    def sweep(self) -> None:
        """Ends warm workers that are too old, were idle for too long or were not idle, and forgets dead ones.

        One that uses the processor without a call has been taken over: its program is suspected.
        """
        now, options = time.monotonic(), self._options
        for key, workers in list(self._idle.items()):
            kept: deque[WorkerProcess] = deque()
            for worker in workers:
                if worker.cpu_used_s() > options.worker_idle_cpu_s:
                    worker.kill("it used processor time while it had no call")
                    self._killed.note(key[0])
                elif now - worker.idle_since > options.worker_idle_s or not self._is_reusable(worker):
                    worker.kill("it was idle for too long")
                else:
                    kept.append(worker)
            if kept:
                self._idle[key] = kept
            else:
                del self._idle[key]

    def drop_idle(self) -> None:
        """Ends every worker that is not in a call: their zygote is retired."""
        for workers in [self._blanks, *self._idle.values()]:
            for worker in workers:
                worker.kill("its zygote was retired")
        self._blanks.clear()
        self._idle.clear()
        self._refill()

    def counts(self) -> dict[str, int]:
        """Busy, warm, blank workers and waiting calls: for metrics."""
        return {
            "busy": self._busy.total(),
            "warm": sum(len(workers) for workers in self._idle.values()),
            "blank": len(self._blanks),
            "waiting": self._waiting_by_program.total(),
        }

    async def stop(self) -> None:
        """Ends everything; waiting calls end as busy."""
        self._stopped = True
        for queues in self._waiting.values():
            for queue in queues.values():
                for place in queue:
                    if not place.done():
                        place.set_exception(SandboxBusy("the sandbox was stopped"))
        for task in list(self._filling):
            task.cancel()
        await asyncio.gather(*self._filling, return_exceptions=True)
        for workers in [self._blanks, *self._idle.values()]:
            for worker in workers:
                worker.kill("the sandbox was stopped")
        self._blanks.clear()
        self._idle.clear()
