# ruff: noqa: E501  # sources of modules stay on one line
"""A call from both sides: what the module sees, log, results, errors, repeatability and time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.sandbox.hosts import Recorder, Stalled, text_answer

from vestnik.sandbox import (
    Limits,
    ModuleRaised,
    ModuleTimeout,
    NotImplementedByModule,
    Program,
    RetryLaterByModule,
    Sandbox,
    SandboxError,
    TraceLine,
    WorkerCrashed,
)
from vestnik.sandbox.sdk import Log

pytestmark = pytest.mark.asyncio(loop_scope="module")

FACADE = {
    "constants": {"CRM_Marketing_DeliveryStatus": {"Delivered": "delivered", "Opened": "opened"}},
    "types": ["CRM_Marketing_Row"],
    "operations": ["contacts"],
    "functions": {"parse": {"wraps": {"request": "IncomingRequest"}}},
}


def module(source: str, key: str = "calls") -> Program:
    return Program(key, source, FACADE)


async def run(sandbox: Sandbox, source: str, /, host: Recorder | None = None, **options: Any) -> Any:
    return (await sandbox.call(module(source), "run", {}, host=host, **options)).result


# -- what a module sees


async def test_incoming_request_is_wrapped(sandbox: Sandbox) -> None:
    source = (
        "def parse(request):\n    return [request.method, request.path, request.query['a'], request.headers['X-SIGN'],\n"
        "            request.body, len(request.raw), request.form()]"
    )
    request = {
        "method": "POST",
        "path": "/p",
        "query": {"a": "1"},
        "headers": {"x-sign": "s"},
        "body": "b=%D1%91&c=2&c=3",
    }

    result = (await sandbox.call(module(source), "parse", {"request": request})).result

    assert result == ["POST", "/p", "1", "s", "b=%D1%91&c=2&c=3", 16, {"b": "ё", "c": "3"}]


async def test_request_that_is_no_text_has_only_raw_bytes(sandbox: Sandbox) -> None:
    source = "def parse(request):\n    return [request.body, list(request.raw)]"

    outcome = await sandbox.call(module(source), "parse", {"request": {"body": None, "raw": b"\xff\x00"}})

    assert outcome.result == [None, [255, 0]]


async def test_constants_and_types_come_from_the_facade(sandbox: Sandbox) -> None:
    source = (
        "from vestnik_sdk import CRM_Marketing_DeliveryStatus as S, CRM_Marketing_Row\ndef run():\n"
        "    return [CRM_Marketing_Row(status=S.Opened), list(S), 'opened' in S]"
    )

    assert await run(sandbox, source) == [{"status": "opened"}, ["delivered", "opened"], True]


async def test_log_lends_a_module_nothing_but_ways_to_write_a_line() -> None:
    assert {name for name in dir(Log) if not name.startswith("_")} == {
        "debug",
        "error",
        "info",
        "print",
        "warning",
    }


async def test_log_has_levels_and_print_writes_to_it(sandbox: Sandbox) -> None:
    source = "from vestnik_sdk import log\ndef run():\n    print('a', 1, sep='-')\n    log('b')\n    log.warning('c', {'d': 1})\n    log.error('e')"

    outcome = await sandbox.call(module(source), "run", {})

    assert [(line.level, line.text) for line in outcome.log] == [
        ("info", "a-1"),
        ("info", "b"),
        ("warning", "c {'d': 1}"),
        ("error", "e"),
    ]


async def test_log_is_bounded_and_says_so(sandbox: Sandbox) -> None:
    outcome = await sandbox.call(
        module("def run():\n    for n in range(5000):\n        print('x' * 100_000)"), "run", {}
    )

    assert sum(len(line.text) for line in outcome.log) < 80_000
    assert (outcome.log[-1].level, outcome.log[-1].text) == (
        "warning",
        "the log of this call is full; later lines are dropped",
    )


async def test_forgotten_await_is_in_the_log(sandbox: Sandbox) -> None:
    source = "async def work():\n    return 1\nasync def run():\n    work()\n    return 2"

    outcome = await sandbox.call(module(source), "run", {})

    assert [(line.level, line.text) for line in outcome.log] == [
        ("warning", "coroutine 'work' was never awaited")
    ]


async def test_task_that_failed_unseen_is_in_the_log(sandbox: Sandbox) -> None:
    source = (
        "import asyncio\nasync def bad():\n    raise ValueError('x')\n"
        "async def run():\n    asyncio.create_task(bad())\n    await asyncio.sleep(0)"
    )

    outcome = await sandbox.call(module(source), "run", {})

    assert [(line.level, line.text) for line in outcome.log] == [
        ("warning", "a task failed and nothing waited for it: ValueError: x")
    ]


# -- results and errors


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("b'x'", "the result holds a value of type bytes at $; only JSON values can be returned"),
        (
            "{'a': [1, {'b': b'x'}]}",
            "the result holds a value of type bytes at $.a[1].b; only JSON values can be returned",
        ),
        ("{'a': {1}}", "the result holds a value of type set at $.a; only JSON values can be returned"),
        (
            "datetime.now()",
            "the result holds a value of type datetime at $; only JSON values can be returned",
        ),
        ("{'a': float('nan')}", "the result holds nan at $.a; JSON has no such number"),
        ("[2 ** 63]", "the result holds a whole number of more than 64 bits at $[0]"),
        ("{(1,): 1}", "the result has the key (1,) at $; keys must be text"),
        ("'\\ud800'", "the result holds text with half of a surrogate pair at $"),
        ("'x' * 3000", "the result is too large: 3002 bytes, the limit is 2000"),
    ],
)
async def test_result_that_is_not_json_is_refused_with_its_place(
    expression: str, message: str, sandbox: Sandbox
) -> None:
    source = f"from datetime import datetime\ndef run():\n    return {expression}"

    with pytest.raises(ModuleRaised) as raised:
        await run(sandbox, source, limits=Limits(result_bytes=2000))

    assert (raised.value.kind, raised.value.message) == ("raised", message)


async def test_result_that_holds_itself_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ModuleRaised, match="nested more than 100 deep"):
        await run(sandbox, "def run():\n    a = []\n    a.append(a)\n    return a")


async def test_error_carries_line_function_traceback_log_and_cost(sandbox: Sandbox) -> None:
    source = "def inner(x):\n    print('here')\n    return 1 / x\n\nasync def run():\n    return inner(0)\n"

    with pytest.raises(ModuleRaised) as raised:
        await run(sandbox, source)

    error = raised.value
    assert (error.kind, error.message, error.exception) == (
        "raised",
        "ZeroDivisionError: division by zero",
        "ZeroDivisionError",
    )
    assert (error.line, error.function) == (3, "inner")
    assert error.traceback == (TraceLine(6, "run"), TraceLine(3, "inner"))
    assert [line.text for line in error.log] == ["here"]
    assert error.wall_ms > 0
    assert error.cpu_ms >= 0


async def test_not_implemented_is_a_kind_of_its_own(sandbox: Sandbox) -> None:
    with pytest.raises(NotImplementedByModule) as raised:
        await run(sandbox, "async def run():\n    raise NotImplementedError('not yet')")

    assert (raised.value.kind, raised.value.message, raised.value.line) == ("not_implemented", "not yet", 2)


@pytest.mark.parametrize(
    ("raised", "seconds", "message"),
    [
        ("RetryLater()", None, ""),
        ("RetryLater(30, 'too many requests')", 30.0, "too many requests"),
        ("RetryLater(seconds=0.5)", 0.5, ""),
        ("RetryLater(1e9)", 3600.0, ""),
        ("Mine(7)", 7.0, ""),
    ],
)
async def test_what_is_to_be_tried_later_is_a_kind_of_its_own(
    raised: str, seconds: float | None, message: str, sandbox: Sandbox
) -> None:
    source = f"from vestnik_sdk import RetryLater\nclass Mine(RetryLater):\n    pass\nasync def run():\n    raise {raised}"

    with pytest.raises(RetryLaterByModule) as caught:
        await run(sandbox, source)

    error = caught.value
    assert (error.kind, error.retry_after_s, error.message, error.line) == (
        "retry_later",
        seconds,
        message,
        5,
    )


async def test_trouble_of_the_service_and_a_key_that_it_refuses_are_kinds_of_their_own(
    sandbox: Sandbox,
) -> None:
    told = []
    for raised in ("ServiceDown(9, 'HTTP 500')", "KeyRefused('Invalid API Key')"):
        with pytest.raises(SandboxError) as caught:
            await run(
                sandbox,
                f"from vestnik_sdk import KeyRefused, ServiceDown\nasync def run():\n    raise {raised}",
            )
        told.append((caught.value.kind, caught.value.message, getattr(caught.value, "retry_after_s", None)))

    assert told == [("service_down", "HTTP 500", 9.0), ("key_refused", "Invalid API Key", None)]


@pytest.mark.parametrize("seconds", ["-1", "float('nan')", "float('inf')", "'x'"])
async def test_a_wait_that_is_none_is_an_error_of_the_module(seconds: str, sandbox: Sandbox) -> None:
    with pytest.raises(ModuleRaised, match="ValueError"):
        await run(sandbox, f"from vestnik_sdk import RetryLater\ndef run():\n    raise RetryLater({seconds})")


async def test_what_a_module_makes_of_the_exception_later_is_not_believed(sandbox: Sandbox) -> None:
    source = "from vestnik_sdk import RetryLater\nclass Mine(RetryLater):\n    pass\ndef run():\n    error = Mine(5)\n    error.seconds = -1.0\n    raise error"

    with pytest.raises(RetryLaterByModule) as caught:
        await run(sandbox, source)

    assert caught.value.retry_after_s is None


async def test_a_module_may_catch_what_it_raised_to_be_tried_later(sandbox: Sandbox) -> None:
    source = "from vestnik_sdk import RetryLater\ndef run():\n    try:\n        raise RetryLater(5, 'busy')\n    except RetryLater as error:\n        return [error.seconds, error.message, str(error)]"

    assert await run(sandbox, source) == [5.0, "busy", "busy"]


async def test_error_in_the_body_of_the_module_has_its_line(sandbox: Sandbox) -> None:
    with pytest.raises(ModuleRaised) as raised:
        await run(sandbox, "x = 1\ny = {}['a']\ndef run():\n    pass")

    assert (raised.value.message, raised.value.line, raised.value.function) == (
        "KeyError: 'a'",
        2,
        "<module>",
    )


async def test_same_key_with_another_source_is_another_program(sandbox: Sandbox) -> None:
    assert await run(sandbox, "def run():\n    return 1") == 1
    assert await run(sandbox, "def run():\n    return 2") == 2


# -- repeatability

CHANCE = (
    "import random, uuid, secrets, time\nfrom datetime import datetime, date, timezone\nimport asyncio\n"
    "async def run():\n    before = time.time()\n    await asyncio.sleep(0.001)\n"
    "    return [random.random(), random.choice('abcdef'), str(uuid.uuid4()), secrets.token_hex(4), secrets.randbelow(100),\n"
    "            time.time(), datetime.now().isoformat(), datetime.now(timezone.utc).isoformat(), str(date.today()),\n"
    "            time.strftime('%Y'), before]"
)


async def test_seed_and_clock_make_a_call_exactly_repeatable(sandbox: Sandbox) -> None:
    moment_us = 1_700_000_000_000_000

    first = await run(sandbox, CHANCE, seed=42, clock_us=moment_us)
    again = await run(sandbox, CHANCE, seed=42, clock_us=moment_us)
    other = await run(sandbox, CHANCE, seed=43, clock_us=moment_us)

    assert first == again
    assert first[:4] != other[:4]
    assert first[6:10] == [
        "2023-11-14T22:13:20.001004",
        "2023-11-14T22:13:20.001005+00:00",
        "2023-11-14",
        "2023",
    ]


async def test_without_seed_and_clock_time_and_chance_are_live(sandbox: Sandbox) -> None:
    first, again = await run(sandbox, CHANCE), await run(sandbox, CHANCE)

    assert first[:4] != again[:4]
    assert again[5] > first[5] > 1_790_000_000


# -- time


async def test_paused_clock_does_not_count_against_the_deadline(sandbox: Sandbox) -> None:
    class Budget(Recorder):
        async def operate(self, name: str, argument: Any) -> Any:
            assert self.control is not None
            self.control.pause_clock()
            await asyncio.sleep(0.3)
            self.control.resume_clock()
            return text_answer("late")

    source = "from vestnik_sdk import fetch\nasync def run():\n    return (await fetch('https://a')).text()"

    assert await run(sandbox, source, Budget(), limits=Limits(wall_s=0.2)) == "late"
    with pytest.raises(ModuleTimeout):
        await run(sandbox, source, Budget(), limits=Limits(wall_s=0.2, pause_s=0.05))


async def test_call_that_waits_says_for_what_without_the_query_string(sandbox: Sandbox) -> None:
    source = "from vestnik_sdk import fetch\nasync def run():\n    await fetch('https://u:p@api.example:8443/path?api_key=1#f')"

    with pytest.raises(ModuleTimeout) as expired:
        await run(sandbox, source, Stalled(), limits=Limits(wall_s=0.1))

    assert (
        expired.value.message
        == "the call took longer than 0.1 s, waiting for fetch https://api.example:8443/path"
    )


async def test_cancelled_caller_ends_the_worker_and_the_next_call_gets_another(sandbox: Sandbox) -> None:
    host = Stalled()
    source = "from vestnik_sdk import fetch\nasync def run(n=0):\n    if n:\n        return n\n    await fetch('https://a')"
    program = module(source, "cancelled")
    call = asyncio.create_task(sandbox.call(program, "run", {}, host=host))
    await host.reached.wait()

    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await sandbox.call(program, "run", {"n": 5})).result == 5


async def test_host_may_abort_a_call(sandbox: Sandbox) -> None:
    class RetryLater(Exception):
        pass

    host = Stalled()
    call = asyncio.create_task(
        run(sandbox, "from vestnik_sdk import fetch\nasync def run():\n    await fetch('https://a')", host)
    )
    await host.reached.wait()
    assert host.control is not None

    host.control.abort(RetryLater())

    with pytest.raises(RetryLater):
        await call


async def test_calls_under_way_fail_as_crashed_when_the_sandbox_stops() -> None:
    sandbox = Sandbox()
    await sandbox.start()
    host = Stalled()
    call = asyncio.create_task(
        run(sandbox, "from vestnik_sdk import fetch\nasync def run():\n    await fetch('https://a')", host)
    )
    await host.reached.wait()

    await sandbox.stop()

    with pytest.raises(WorkerCrashed):
        await call
