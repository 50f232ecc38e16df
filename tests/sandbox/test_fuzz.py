"""Made-up programs and made-up frames.

Of a program, whatever the policy accepts: all that it can get hold of is plain values, objects of its own and
what the facades offer. It never holds a module, a frame, a code object, a traceback, a namespace that is not
its own, or one of the functions that open the rest. Of a stream, however it is cut: it is frames within their
caps, or refused.
"""

from __future__ import annotations

import asyncio
import builtins
import os
import random
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sandbox.bare_policy import NoHost
from tests.sandbox.test_protocol import impersonated

from vestnik.sandbox import Limits, Program, Sandbox, wire, worker
from vestnik.sandbox.policy import ModuleRefused

NAMES = (
    "__class__ __base__ __bases__ __mro__ __subclasses__ __dict__ __globals__ __builtins__ __code__ "
    "__closure__ __func__ __self__ __wrapped__ __module__ __init__ __getattribute__ __reduce__ __traceback__ "
    "__context__ __loader__ __spec__ __import__ gi_frame gi_code cr_frame f_back f_globals f_builtins "
    "f_locals tb_frame tb_next obj name args func format format_map send throw close mro modules sys os "
    "builtins codecs _target _values _names dumps loads compile append items get register x"
).split()
ATOMS = (
    "() [] {} '' b'' 0 None json re base64 math datetime attack A A() A().f (lambda:1) held len getattr type "
    "print str int dict list ValueError partial functools held.args settings sealed fetch log"
).split()
HEAD = """
import json, re, base64, math, functools
from functools import partial
from datetime import datetime
from vestnik_sdk import settings, sealed, fetch, log
class A:
    def f(self):
        return self
try:
    json.nothing
except AttributeError as error:
    held = error
def attack():
"""


def _further(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    name = st.sampled_from(NAMES)
    return st.one_of(
        st.builds("({}).{}".format, inner, name),
        st.builds("getattr({}, {!r})".format, inner, name),
        st.builds("getattr({}, {!r}, None)".format, inner, name),
        st.builds("getattr({}, {!r} + {!r})".format, inner, name, st.sampled_from(["", "__"])),
        st.builds("({})[{!r}]".format, inner, name),
        st.builds("({})[{}]".format, inner, st.integers(-2, 2)),
        st.builds("({})()".format, inner),
        st.builds("({})({})".format, inner, inner),
        st.builds("({})({}, {!r})".format, inner, inner, name),
        st.builds("type({})".format, inner),
        st.builds("list({})".format, inner),
        st.builds("[*map({}, [{}])]".format, inner, inner),
        st.builds("partial({}, {})".format, inner, inner),
        st.builds("'{{0.{}}}'.format({})".format, name, inner),
        st.builds("str.format('{{x.{}[0]}}', x={})".format, name, inner),
        st.builds("f'{{({}).{}}}'".format, inner, name),
        st.builds("[{}, {}]".format, inner, inner),
    )


EXPRESSIONS = st.recursive(st.sampled_from([*ATOMS, "(i for i in [1])"]), _further, max_leaves=4)
STATEMENTS = st.one_of(
    st.builds("    return {}\n".format, EXPRESSIONS),
    st.builds("    x = {}\n    return x.{}\n".format, EXPRESSIONS, st.sampled_from(NAMES)),
    st.builds(
        "    match {}:\n        case object({}=found):\n            return found\n".format,
        EXPRESSIONS,
        st.sampled_from(NAMES),
    ),
    st.builds(
        "    try:\n        return {}\n    except Exception as error:\n"
        "        return [error, getattr(error, {!r})]\n".format,
        EXPRESSIONS,
        st.sampled_from(NAMES),
    ),
)

RUNTIME = worker.Runtime()
FORBIDDEN_TYPES = (types.ModuleType, types.FrameType, types.CodeType, types.TracebackType)
FORBIDDEN = [
    sys.modules,
    vars(builtins),
    object.__subclasses__,
    *(
        getattr(builtins, name)
        for name in ("eval", "exec", "open", "__import__", "compile", "globals", "vars")
    ),
    getattr,
    setattr,
    type,
    object.__getattribute__,
    os.system,
]


def _reached(value: Any, depth: int = 3) -> Iterator[Any]:
    """The value and what stands in it, as any module could take it out."""
    yield value
    if depth and type(value) in (list, tuple, set, frozenset):
        for each in value:
            yield from _reached(each, depth - 1)
    if depth and type(value) is dict:
        for key, each in value.items():
            yield from _reached(key, depth - 1)
            yield from _reached(each, depth - 1)


def _is_forbidden(value: Any) -> bool:
    if isinstance(value, FORBIDDEN_TYPES):
        return True
    return any(value is each for each in FORBIDDEN) or value == object.__subclasses__


@given(body=STATEMENTS)
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_made_up_program_holds_anything_real(body: str) -> None:
    try:
        program = worker.Program(RUNTIME, NoHost(), HEAD + body, {})
        result = program.call("attack", {}, {})
    except ModuleRefused:
        return
    except Exception:  # whatever the program raised, it was not answered
        return
    assert [each for each in _reached(result) if _is_forbidden(each)] == []


def test_the_search_would_see_a_real_object() -> None:
    real = [sys, vars(builtins), getattr, sys._getframe(), [{"x": (sys._getframe().f_code,)}]]
    assert all(any(_is_forbidden(each) for each in _reached(value)) for value in real)


FRAMES = st.lists(
    st.one_of(
        st.builds(
            wire.frame,
            st.sampled_from([*wire.FROM_WORKER_CAPS, *wire.TO_WORKER_CAPS]),
            st.binary(max_size=80),
        ),
        st.binary(max_size=40),
        st.builds(wire.HEADER.pack, st.integers(0, 2**32 - 1), st.integers(0, 255)),
    ),
    max_size=6,
)


@given(frames=FRAMES, cut=st.integers(1, 50), from_worker=st.booleans())
@settings(max_examples=500, deadline=None)
def test_any_stream_is_frames_within_their_caps_or_a_violation(
    frames: list[bytes], cut: int, from_worker: bool
) -> None:
    caps = wire.FROM_WORKER_CAPS if from_worker else wire.TO_WORKER_CAPS
    whole, stream = wire.FrameBuffer(caps), b"".join(frames)
    pieces = wire.FrameBuffer(caps)
    got: list[tuple[int, bytes]] = []
    try:
        for start in range(0, len(stream), cut):
            got += pieces.feed(stream[start : start + cut])
    except wire.FrameViolation:
        with pytest.raises(wire.FrameViolation):
            whole.feed(stream)
        return
    assert whole.feed(stream) == got
    assert all(len(body) <= caps[kind] for kind, body in got)


@given(frames=FRAMES)
@settings(max_examples=40, deadline=None)
def test_whatever_a_worker_says_the_host_goes_on(frames: list[bytes]) -> None:
    """It ends as crashed or by its time; no exception comes out of the loop, and nothing is believed."""

    async def speak() -> None:
        faults: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
        async with impersonated("import signal; signal.pause()") as impostor:
            call = asyncio.create_task(impostor.worker.request(wire.CALL, b"", Limits(wall_s=0.05)))
            await asyncio.sleep(0)
            impostor.line.sendall(b"".join(frames))
            [outcome] = await asyncio.gather(call, return_exceptions=True)
            assert isinstance(outcome, tuple | Exception)
            assert not isinstance(outcome, AssertionError | TypeError | KeyError | AttributeError)
        assert faults == []

    asyncio.run(speak())


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("seed", range(20))
async def test_whatever_a_host_says_a_worker_ends_in_order_or_waits(sandbox: Sandbox, seed: int) -> None:
    """No frame crashes the interpreter in there, and the sandbox runs its next call as before."""
    nursery = sandbox._nursery
    assert nursery is not None
    chance = random.Random(seed)  # noqa: S311  # the same frames at every run
    kinds = list(wire.TO_WORKER_CAPS)
    frames = [wire.frame(chance.choice(kinds), chance.randbytes(chance.randrange(60))) for _ in range(5)]
    one = await nursery.spawn(Limits().memory_bytes)
    assert one._transport is not None
    one._transport.write(b"".join(frames) + wire.frame(wire.READY, b""))
    async with asyncio.timeout(10):
        await one.ended
    assert not one.forbidden_call
    assert not any(name in (one._reason or "") for name in ("SIGSEGV", "SIGABRT", "SIGILL", "SIGBUS"))
    assert (await sandbox.call(Program("after", "def run():\n    return 1"), "run", {})).result == 1
