"""Which call gets a worker: lanes, caps, bounded waiting, and one bad program that hurts nobody else."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import pytest
from tests.sandbox.hosts import Stalled

from vestnik.sandbox import (
    Lane,
    Limits,
    ModuleTimeout,
    Outcome,
    Program,
    Sandbox,
    SandboxBusy,
    SandboxOptions,
    WorkerCrashed,
)

WAIT = "from vestnik_sdk import fetch\nasync def run():\n    await fetch('https://a')\n"
QUICK = "def run(n=1):\n    return n\n"
LOOP = "def run():\n    while True:\n        pass\n"


async def hold(
    sandbox: Sandbox, program: Program, lane: Lane = "interactive"
) -> tuple[asyncio.Task[Outcome], Stalled]:
    """A call that occupies a worker until it is cancelled."""
    host = Stalled()
    call = asyncio.create_task(sandbox.call(program, "run", {}, host=host, lane=lane))
    await host.reached.wait()
    return call, host


async def end(calls: list[asyncio.Task[Outcome]]) -> None:
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    """Waits for a condition; a test that waits in vain ends by this deadline."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_calls_of_one_program_use_the_same_warm_worker() -> None:
    async with Sandbox() as sandbox:
        program = Program("warm", QUICK)

        for n in range(20):
            assert (await sandbox.call(program, "run", {"n": n})).result == n

        assert sandbox.describe()["workers"]["warm"] == 1


async def test_full_queue_is_busy_and_not_a_timeout() -> None:
    async with Sandbox(SandboxOptions(workers=1, blanks=1, queue=2)) as sandbox:
        held, _ = await hold(sandbox, Program("a", WAIT))
        waiting = [asyncio.create_task(sandbox.call(Program(f"b{n}", QUICK), "run", {})) for n in range(2)]
        await until(_waiting(sandbox, 2))

        with pytest.raises(SandboxBusy) as busy:
            await sandbox.call(Program("c", QUICK), "run", {})

        assert (busy.value.kind, busy.value.message) == ("busy", "too many calls wait for a worker")
        await end([held])
        assert [(await call).result for call in waiting] == [1, 1]


async def test_call_that_waits_too_long_for_a_worker_is_busy() -> None:
    async with Sandbox(SandboxOptions(workers=1, blanks=1, queue_s=0.05)) as sandbox:
        held, _ = await hold(sandbox, Program("a", WAIT))

        with pytest.raises(SandboxBusy, match=r"no worker became free in 0\.05 s"):
            await sandbox.call(Program("b", QUICK), "run", {})

        await end([held])
        assert (await sandbox.call(Program("b", QUICK), "run", {})).result == 1


async def test_one_program_may_hold_only_its_share_of_workers() -> None:
    async with Sandbox(SandboxOptions(workers=4, blanks=1, workers_per_program=2, reserved={})) as sandbox:
        held = [(await hold(sandbox, Program("a", WAIT)))[0] for _ in range(2)]
        third = asyncio.create_task(sandbox.call(Program("a", WAIT), "run", {}, host=Stalled()))
        await until(_waiting(sandbox, 1))

        assert (await sandbox.call(Program("b", QUICK), "run", {})).result == 1

        counts = sandbox.describe()["workers"]
        assert (counts["busy"], counts["warm"], counts["waiting"]) == (2, 1, 1)
        await end([*held, third])


async def test_bulk_work_leaves_the_reserved_workers_to_webhooks_and_people() -> None:
    options = SandboxOptions(workers=4, blanks=1, reserved={"webhook": 1, "interactive": 1, "bulk": 1})
    async with Sandbox(options) as sandbox:
        held = [(await hold(sandbox, Program(f"bulk{n}", WAIT), "bulk"))[0] for n in range(2)]
        third = asyncio.create_task(
            sandbox.call(Program("bulk3", WAIT), "run", {}, host=Stalled(), lane="bulk")
        )
        await until(_waiting(sandbox, 1))

        assert (await sandbox.call(Program("hook", QUICK), "run", {}, lane="webhook")).result == 1
        assert (await sandbox.call(Program("person", QUICK), "run", {}, lane="interactive")).result == 1

        await end([*held, third])


async def test_waiting_programs_take_turns() -> None:
    async with Sandbox(SandboxOptions(workers=1, blanks=1, reserved={}, turn_s=0.0)) as sandbox:
        held, _ = await hold(sandbox, Program("first", WAIT))
        finished: list[str] = []

        async def call(key: str) -> None:
            await sandbox.call(Program(key, QUICK), "run", {})
            finished.append(key)

        calls = []
        for count, key in enumerate(["a", "a", "a", "b"], start=1):
            calls.append(asyncio.create_task(call(key)))
            await until(_waiting(sandbox, count))
        await end([held])
        await asyncio.gather(*calls)

        assert finished == ["a", "b", "a", "a"]


def _waiting(sandbox: Sandbox, count: int) -> Callable[[], bool]:
    return lambda: bool(sandbox.describe()["workers"]["waiting"] == count)


async def test_endless_program_does_not_delay_the_calls_of_another() -> None:
    async with Sandbox() as sandbox:
        good, bad = Program("good", QUICK), Program("bad", LOOP)
        await sandbox.call(good, "run", {})
        limits = Limits(cpu_s=0.2, wall_s=5)
        loops = [
            asyncio.create_task(sandbox.call(bad, "run", {}, limits=limits, lane="webhook")) for _ in range(8)
        ]
        answered = 0
        while not all(loop.done() for loop in loops):
            assert (await sandbox.call(good, "run", {}, lane="webhook")).result == 1
            answered += 1
            await asyncio.sleep(0.002)

        assert [type(loop.exception()) for loop in loops] == [ModuleTimeout] * 8
        assert answered > 5 * len(loops)  # one that waits for the end of loops is answered once a loop


async def test_program_that_was_killed_gets_one_worker_at_a_time_for_a_while() -> None:
    async with Sandbox(SandboxOptions(suspicion_s=0.5)) as sandbox:
        source = LOOP + WAIT.replace("run()", "wait()")
        with pytest.raises(ModuleTimeout):
            await sandbox.call(Program("bad", source), "run", {}, limits=Limits(cpu_s=0.05))
        hosts = [Stalled() for _ in range(3)]

        calls = [
            asyncio.create_task(sandbox.call(Program("bad", source), "wait", {}, host=host)) for host in hosts
        ]
        await hosts[0].reached.wait()

        assert sandbox.describe()["workers"]["busy"] == 1
        assert sandbox.describe()["workers"]["waiting"] == 2
        await end(calls)


async def test_least_recently_used_worker_makes_room() -> None:
    async with Sandbox(SandboxOptions(workers=2, blanks=1, reserved={})) as sandbox:
        for key in ("a", "b", "a", "c"):
            await sandbox.call(Program(key, QUICK), "run", {})

        assert sandbox.describe()["workers"]["warm"] == 2
        pool = sandbox._pool
        assert pool is not None
        assert [identity.split("#")[0] for identity, _ in pool._idle] == ["a", "c"]


async def test_cancelled_waiting_call_leaves_the_queue() -> None:
    async with Sandbox(SandboxOptions(workers=1, blanks=1)) as sandbox:
        held, _ = await hold(sandbox, Program("a", WAIT))
        waiting = asyncio.create_task(sandbox.call(Program("b", QUICK), "run", {}))
        await until(_waiting(sandbox, 1))

        await end([waiting])

        assert sandbox.describe()["workers"]["waiting"] == 0
        await end([held])
        assert (await sandbox.call(Program("c", QUICK), "run", {})).result == 1


async def test_worker_is_replaced_after_its_number_of_calls() -> None:
    async with Sandbox(SandboxOptions(worker_calls=4)) as sandbox:
        program = Program("many", QUICK)

        results = [(await sandbox.call(program, "run", {"n": n})).result for n in range(20)]

        assert results == list(range(20))


async def test_many_calls_at_once_are_all_answered() -> None:
    async with Sandbox() as sandbox:
        programs = [Program(f"p{n}", QUICK) for n in range(12)]

        outcomes = await asyncio.gather(
            *[sandbox.call(programs[n % 12], "run", {"n": n}, lane="webhook") for n in range(600)]
        )

        assert [outcome.result for outcome in outcomes] == list(range(600))
        counts = sandbox.describe()["workers"]
        assert (counts["busy"], counts["waiting"]) == (0, 0)
        assert counts["warm"] <= 8


async def test_death_of_the_zygote_is_survived() -> None:
    async with Sandbox() as sandbox:
        held, _ = await hold(sandbox, Program("a", WAIT))
        nursery = sandbox._nursery
        assert nursery is not None
        assert nursery._current is not None

        nursery._current._process.kill()

        with pytest.raises(WorkerCrashed) as crashed:
            await held
        assert (crashed.value.kind, crashed.value.message) == (
            "crashed",
            "the process that starts workers has ended",
        )
        assert (await sandbox.call(Program("a", QUICK), "run", {})).result == 1


async def test_forbidden_system_call_renews_the_zygote_and_the_next_call_succeeds() -> None:
    async with Sandbox() as sandbox:
        nursery = sandbox._nursery
        assert nursery is not None
        first = nursery._current

        await nursery.tend(forbidden_call=True)
        await until(lambda: nursery._current is not None and nursery._current is not first)
        second = nursery._current
        await nursery.tend(forbidden_call=True)

        assert nursery._current is second  # at most one a minute
        assert (await sandbox.call(Program("a", QUICK), "run", {})).result == 1


async def test_call_under_way_outlives_the_renewal_of_its_zygote() -> None:
    async with Sandbox() as sandbox:
        nursery = sandbox._nursery
        assert nursery is not None
        answer = asyncio.Event()

        class Late(Stalled):
            async def operate(self, name: str, argument: object) -> object:
                self.reached.set()
                await answer.wait()
                return {"status": 204}

        host = Late()
        call = asyncio.create_task(sandbox.call(Program("a", WAIT), "run", {}, host=host))
        await host.reached.wait()

        await nursery.tend(forbidden_call=True)
        answer.set()

        assert (await call).result is None


async def test_descriptors_of_ended_workers_are_closed() -> None:
    async with Sandbox() as sandbox:
        before = len(os.listdir("/proc/self/fd"))

        for n in range(10):
            with pytest.raises(ModuleTimeout):
                await sandbox.call(Program(f"loop{n}", LOOP), "run", {}, limits=Limits(cpu_s=0.01))
            await sandbox.check("x = 1")

        await until(lambda: len(os.listdir("/proc/self/fd")) <= before)
