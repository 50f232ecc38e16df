# ruff: noqa: E501  # sources of modules stay on one line
"""What a hostile or careless module can do to time and memory: nothing but fail its own call."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from tests.procfs import descendants
from tests.sandbox.hosts import Recorder, Stalled, text_answer

from vestnik.sandbox import (
    Limits,
    ModuleOutOfMemory,
    ModuleRaised,
    ModuleTimeout,
    Program,
    Sandbox,
    SandboxError,
    SandboxOptions,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHORT = Limits(cpu_s=0.15, wall_s=1.5)

# Long computations in C stop no signal handler, no timer thread and no tracing; the kill stops them all.
ENDLESS = {
    "loop": "def run():\n    while True:\n        pass",
    "loop that catches everything": "def run():\n    while True:\n        try:\n            1 / 0\n        except:\n            pass",
    "power": "def run():\n    return 10 ** 10 ** 8 > 1",
    "factorial": "import math\ndef run():\n    return math.factorial(3_000_000) > 1",
    "catastrophic regex": "import re\ndef run():\n    return bool(re.match(r'(a+)+$', 'a' * 40 + 'b'))",
    "sum in C": "import itertools\ndef run():\n    return sum(itertools.count())",
    "body of the module": "while True:\n    pass\ndef run():\n    pass",
}
ENDLESS_SLOW = {
    "comb": "import math\ndef run():\n    return math.comb(3_000_000, 1_500_000) > 1",
    "product": "import itertools\ndef run():\n    return sum(1 for _ in itertools.product(range(100), repeat=10))",
    "fractions": "from fractions import Fraction\ndef run():\n    x = Fraction(1, 3)\n    while True:\n        x = x * x + x",
    "hash collisions": "def run():\n    return len({n * (2 ** 61 - 1): 1 for n in range(10_000_000)})",
    "recursion caught for ever": (
        "def f():\n    try:\n        f()\n    except RecursionError:\n        f()\ndef run():\n    while True:\n"
        "        try:\n            f()\n        except RecursionError:\n            pass"
    ),
    "print flood": "def run():\n    while True:\n        print('x' * 1000)",
    "constant folding": "def run():\n    return 7 ** 7 ** 9 > 1",
    "memory error caught for ever": (
        "def run():\n    while True:\n        try:\n            'a' * 10 ** 10\n        except MemoryError:\n            pass"
    ),
}

HUNGRY = {
    "string": "def run():\n    return len('a' * 10 ** 10)",
    "list": "def run():\n    x = []\n    while True:\n        x.append('a' * 100_000)",
    "doubling": "def run():\n    x = ['a']\n    while True:\n        x = x + x",
    "dict": "def run():\n    return len({n: [n] for n in range(10 ** 8)})",
    "format width": "def run():\n    return len(f'{1:>10000000000}')",
    "percent width": "def run():\n    return len('%10000000000d' % 1)",
    "count": "import itertools\ndef run():\n    return list(itertools.count())",
    "bytes": "def run():\n    return len(bytes(10 ** 10))",
    "replace": "def run():\n    return len(('a' * 10 ** 5).replace('a', 'b' * 10 ** 5))",
    "sorted": "def run():\n    return len(sorted(range(10 ** 9)))",
    "body of the module": "x = 'a' * 10 ** 10\ndef run():\n    pass",
    "read whole in one answer": "def run():\n    return 'x' * (60 * 2 ** 20)",
}

FAILING = {
    "deep recursion": ("def f():\n    return f()\ndef run():\n    return f()", "RecursionError"),
    "nested result": (
        "def run():\n    x = []\n    for n in range(100_000):\n        x = [x]\n    return x",
        "ResultRefused",
    ),
    "nested JSON": ("import json\ndef run():\n    json.loads('[' * 100_000)", "RecursionError"),
    "number from text": ("def run():\n    int('9' * 100_000)", "ValueError"),
    "text from a number": ("def run():\n    str(10 ** 10_000)", "ValueError"),
    "decimal power": (
        "from decimal import Decimal\ndef run():\n    Decimal(10) ** Decimal(10 ** 10)",
        "Overflow",
    ),
    "task bomb": (
        "import asyncio\nasync def f():\n    await asyncio.sleep(9)\nasync def run():\n    for n in range(10_000):\n        asyncio.create_task(f())",
        "RuntimeError",
    ),
    "huge message": ("def run():\n    raise ValueError('x' * 10 ** 7)", "ValueError"),
    "message that raises": (
        "class E(Exception):\n    def __init__(self):\n        self.args = (E,)\ndef run():\n    raise E()",
        "E",
    ),
}


async def works_afterwards(sandbox: Sandbox) -> None:
    outcome = await sandbox.call(Program("afterwards", "def run():\n    return 'fine'"), "run", {})
    assert outcome.result == "fine"


async def expire(sandbox: Sandbox, source: str, limits: Limits, **options: Any) -> ModuleTimeout:
    with pytest.raises(ModuleTimeout) as expired:
        await sandbox.call(Program(f"endless/{hash(source)}", source), "run", {}, limits=limits, **options)
    return expired.value


@pytest.mark.parametrize("name", ENDLESS)
async def test_endless_call_is_killed_and_the_next_call_succeeds(name: str, sandbox: Sandbox) -> None:
    error = await expire(sandbox, ENDLESS[name], SHORT)

    assert error.message == "the call used more than 0.15 s of processor time"
    assert error.line is not None
    assert 140 < error.cpu_ms < 400
    await works_afterwards(sandbox)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENDLESS_SLOW)
async def test_other_endless_call_is_killed_and_the_next_call_succeeds(name: str, sandbox: Sandbox) -> None:
    error = await expire(sandbox, ENDLESS_SLOW[name], SHORT)

    assert error.kind == "timeout"
    await works_afterwards(sandbox)


async def test_killed_call_names_its_line_and_keeps_its_log(sandbox: Sandbox) -> None:
    error = await expire(
        sandbox,
        "def helper():\n    while True:\n        pass\n\ndef run():\n    print('begun')\n    helper()",
        SHORT,
    )

    assert error.function == "helper"
    assert error.line in (2, 3)
    assert [line.text for line in error.log] == ["begun"]


@pytest.mark.parametrize(
    "source",
    [
        "import asyncio\nasync def run():\n    await asyncio.sleep(1e9)",
        "import asyncio\nasync def run():\n    while True:\n        await asyncio.sleep(0.01)",
        "from vestnik_sdk import fetch\nasync def run():\n    await fetch('https://a')",
    ],
    ids=["one long sleep", "many short sleeps", "an answer that never comes"],
)
async def test_endless_wait_ends_at_the_deadline(source: str, sandbox: Sandbox) -> None:
    error = await expire(sandbox, source, Limits(wall_s=0.2), host=Stalled())

    assert error.message.startswith("the call took longer than 0.2 s")
    assert 190 < error.wall_ms < 2000
    await works_afterwards(sandbox)


async def test_endless_fetching_ends(sandbox: Sandbox) -> None:
    source = (
        "from vestnik_sdk import fetch, FetchError\nasync def run():\n    while True:\n        try:\n            await fetch('https://a')\n"
        "        except FetchError:\n            pass"
    )

    with pytest.raises(ModuleTimeout):
        await sandbox.call(
            Program("flood", source),
            "run",
            {},
            limits=Limits(cpu_s=0.2, wall_s=0.4),
            host=Recorder(fetch=text_answer("")),
        )
    await works_afterwards(sandbox)


@pytest.mark.parametrize("name", HUNGRY)
async def test_call_that_needs_too_much_memory_fails_alone(name: str, sandbox: Sandbox) -> None:
    limits = Limits(cpu_s=4, memory_bytes=96 * 2**20)

    with pytest.raises(SandboxError) as failed:
        await sandbox.call(Program(f"hungry/{name}", HUNGRY[name]), "run", {}, limits=limits)

    if name == "read whole in one answer":
        assert failed.value.kind in ("memory", "raised")
    else:
        assert (failed.value.kind, type(failed.value)) == ("memory", ModuleOutOfMemory)
        assert failed.value.line is not None
    await works_afterwards(sandbox)


@pytest.mark.parametrize("name", FAILING)
async def test_call_fails_with_an_error_of_its_own(name: str, sandbox: Sandbox) -> None:
    source, exception = FAILING[name]

    with pytest.raises(ModuleRaised) as raised:
        await sandbox.call(Program(f"failing/{name}", source), "run", {}, limits=Limits(cpu_s=4))

    assert raised.value.exception == exception
    assert len(raised.value.message) < 2100
    await works_afterwards(sandbox)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "def run():\n    return [[] for n in range(300_000)]",
            "the result has more than 200000 lists and objects",
        ),
        (
            "from vestnik_sdk import contacts\nasync def run():\n    await contacts([[] for n in range(300_000)])",
            "TypeError: contacts: the argument has more than 200000 values",
        ),
    ],
)
async def test_what_would_swell_in_the_hosts_memory_is_refused(
    source: str, message: str, sandbox: Sandbox
) -> None:
    program = Program("swelling", source, {"operations": ["contacts"]})

    with pytest.raises(ModuleRaised) as raised:
        await sandbox.call(program, "run", {})

    assert raised.value.message == message


async def test_program_goes_on_after_it_ran_out_of_memory(sandbox: Sandbox) -> None:
    program = Program("hungry once", "def run(n):\n    return len('a' * n)")

    with pytest.raises(ModuleOutOfMemory):
        await sandbox.call(program, "run", {"n": 10**10})

    assert (await sandbox.call(program, "run", {"n": 10})).result == 10


async def test_what_a_call_used_is_told_where_its_worker_is_gone_before_it_is_asked(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel may have taken the process away as soon as it was killed."""
    killed: set[int] = set()
    send, read = signal.pidfd_send_signal, time.clock_gettime

    def note(pidfd: int, number: signal.Signals) -> None:
        if number == signal.SIGKILL:
            killed.add(
                int(
                    re.findall(
                        r"^Pid:\s*(-?\d+)", Path(f"/proc/self/fdinfo/{pidfd}").read_text(), re.MULTILINE
                    )[0]
                )
            )
        send(pidfd, number)

    def of_the_living(clock: int) -> float:
        if ~(clock >> 3) in killed:  # clock_getcpuclockid(3)
            raise ProcessLookupError
        return read(clock)

    monkeypatch.setattr(signal, "pidfd_send_signal", note)
    monkeypatch.setattr(time, "clock_gettime", of_the_living)
    error = await expire(sandbox, "def run():\n    while True:\n        pass", SHORT)
    assert 140 < error.cpu_ms < 400


async def test_cpu_budget_is_counted_by_the_workers_own_clock(sandbox: Sandbox) -> None:
    """Neighbours that compute must not shorten anybody's budget."""
    loop = "def run():\n    while True:\n        pass"

    errors = await asyncio.gather(
        *[expire(sandbox, f"{loop}\n# {n}", Limits(cpu_s=0.25, wall_s=8)) for n in range(4)]
    )

    for error in errors:
        assert 245 < error.cpu_ms < 400


async def test_arguments_over_the_cap_are_refused_before_a_worker_sees_them(sandbox: Sandbox) -> None:
    program = Program("big", "def run(text):\n    return len(text)")

    with pytest.raises(ValueError, match="the arguments are too large"):
        await sandbox.call(program, "run", {"text": "x" * (49 * 2**20)})

    assert (await sandbox.call(program, "run", {"text": "x" * (5 * 2**20)})).result == 5 * 2**20


async def test_answer_over_the_cap_is_an_error_in_the_module(sandbox: Sandbox) -> None:
    source = (
        "from vestnik_sdk import fetch, FetchError\nasync def run():\n    try:\n        await fetch('https://a')\n"
        "    except FetchError as e:\n        return e.kind"
    )

    outcome = await sandbox.call(
        Program("answer", source), "run", {}, host=Recorder(fetch=text_answer("x" * (49 * 2**20)))
    )

    assert outcome.result == "too_large"


async def test_call_that_computes_for_long_lets_everybody_else_go_first() -> None:
    """And stays on one processor; only until it ends: the worker's next call gets its share again."""
    program = Program(
        "computing",
        "from vestnik_sdk import fetch\n"
        "async def run(rounds):\n    for n in range(rounds):\n        sum(range(1000))\n    await fetch('https://a')",
    )
    yielding: list[bool] = []
    others = {*descendants(os.getpid())}  # workers of other tests, which keep the class of their last call

    def note(_argument: object) -> dict[str, Any]:
        yielding.append(any(yields(pid) for pid in {*descendants(os.getpid())} - others))
        return text_answer("")

    async with Sandbox() as sandbox:
        for rounds in (0, 30_000, 0):
            host, limits = Recorder(fetch=note), Limits(cpu_s=5)
            await sandbox.call(program, "run", {"rounds": rounds}, host=host, limits=limits)

    assert yielding == [False, True, False]


async def test_program_that_wasted_much_work_yields_from_the_start_for_a_while() -> None:
    """What it wasted is not asked of the others again; a failure that cost nothing changes nothing."""
    program = Program(
        "wasteful",
        "from vestnik_sdk import fetch\n"
        "async def run(work):\n    await fetch('https://a')\n    for n in range(work):\n        sum(range(1000))\n"
        "    raise ValueError('for nothing')",
    )
    yielding: list[bool] = []
    others = {*descendants(os.getpid())}  # workers of other tests, which keep the class of their last call

    def note(_argument: object) -> dict[str, Any]:
        yielding.append(any(yields(pid) for pid in {*descendants(os.getpid())} - others))
        return text_answer("")

    async with Sandbox(SandboxOptions(suspicion_s=1)) as sandbox:

        async def call(work: int) -> None:
            with pytest.raises(ModuleRaised):
                await sandbox.call(program, "run", {"work": work}, host=Recorder(fetch=note))

        await call(0)
        await call(20_000)
        await call(0)
        assert yielding == [False, False, True]
        async with asyncio.timeout(10):
            while yielding[-1]:
                await call(0)


def yields(pid: int) -> bool:
    """Whether a process is in the idle class, on one processor; the two always come together."""
    try:
        idle = os.sched_getscheduler(pid) == os.SCHED_IDLE
        own = len(os.sched_getaffinity(pid))
    except ProcessLookupError:  # it has just ended
        return False
    assert own == (1 if idle else len(os.sched_getaffinity(0)))
    return idle
