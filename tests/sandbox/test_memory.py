"""Nothing of one call is left for the next one, which may be another account's."""

from __future__ import annotations

from typing import Any

import pytest

from vestnik.sandbox import Program, Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

# What a call leaves, it tries to find in the next one: `attack(v)` answers everything that it found.
ATTEMPTS = {
    "the list that deepcopy() hands to a memo": """
import copy
class Memo:
    def __init__(self):
        self.shared = []
    def get(self, key, shared):
        self.shared = shared
        return shared
def attack(v):
    memo = Memo()
    try:
        copy.deepcopy([1], memo)
    except Exception:
        pass
    before = list(memo.shared)
    memo.shared.append(v)
    return before
""",
    "the members of an enum": """
import string
class Number(int):
    pass
def attack(v):
    kind = type(string.Template.flags)
    number = Number(1 << 20)
    number.left = v
    found = getattr(kind(1 << 20), "value", 0)
    kind(number)
    return [found.left] if hasattr(found, "left") else []
""",
    "the registry of an abstract class": """
from fractions import Fraction
from collections import ChainMap
def attack(v):
    found = [isinstance("", kind) for kind in (Fraction, ChainMap)]
    for kind in (Fraction, ChainMap):
        try:
            kind.register(str)
        except AttributeError:
            pass
        try:
            getattr(kind, "register")(str)
        except AttributeError:
            pass
    return [v for each in found if each]
""",
    "the class of a time zone": """
import zoneinfo
def attack(v):
    zone = zoneinfo.ZoneInfo("Europe/Moscow")
    found = [name for name in ("no_cache", "from_file", "clear_cache") if getattr(zone, name) is not None]
    try:
        found.append(str(type(zone)("Europe/Moscow")))
    except TypeError:
        pass
    return found
""",
}

# A generator left in a cycle ends when the garbage is collected: that must be in the call that made it.
LEAVES_A_GENERATOR = """
import asyncio, re
from datetime import datetime
from urllib.parse import urlsplit
class Text(str):
    pass
def ends(box, v, say):
    try:
        yield
    finally:
        say("the end of", v)
def left(v):
    box = []
    box.append(ends(box, v, print))
    next(box[0])
    return box
def in_a_cycle(v):
    left(v)
def in_an_error(v):
    raise ValueError(left(v), v)
def in_a_pattern(v):
    text = Text("a")
    text.left = left(v)
    re.compile(text)
def in_a_replacement(v):
    text = Text("\\\\g<0>b")
    text.left = left(v)
    re.sub("a", text, "a")
def in_a_format(v):
    text = Text("%Y")
    text.left = left(v)
    datetime.strptime("2024", text)
class Flag:
    pass
def in_an_address(v):
    flag = Flag()
    flag.left = left(v)
    urlsplit("http://a/b", "", flag)
async def in_a_task(v):
    async def held():
        return left(v)
    asyncio.create_task(held())
    await asyncio.sleep(0)
def quiet(v):
    kept = [[n] for n in range(60_000)]
    for n in range(600):
        re.compile(f"{v}{n}")
    for n in range(8):
        datetime.strptime("2024", f"%Y{n}"[:2])
    return len(kept)
"""


@pytest.mark.parametrize("name", ATTEMPTS)
async def test_what_a_call_leaves_is_not_found_by_the_next(name: str, sandbox: Sandbox) -> None:
    program = Program(f"leaves {name}", ATTEMPTS[name])

    assert [await _attacked(sandbox, program, value) for value in ("one", "two", "three")] == [None] * 3


@pytest.mark.parametrize(
    "function",
    [
        "in_a_cycle",
        "in_an_error",
        "in_a_pattern",
        "in_a_replacement",
        "in_a_format",
        "in_an_address",
        "in_a_task",
    ],
)
async def test_what_a_call_left_ends_before_its_answer(function: str, sandbox: Sandbox) -> None:
    program = Program("leaves a generator", LEAVES_A_GENERATOR)

    own = await _log(sandbox, program, function, "one")
    later = [await _log(sandbox, program, "quiet", value) for value in ("two", "three")]

    assert (own, later) == (["the end of one"], [[], []])


async def _attacked(sandbox: Sandbox, program: Program, value: str) -> Any:
    """What an attempt found, None for nothing."""
    try:
        return (await sandbox.call(program, "attack", {"v": value})).result or None
    except Exception as error:
        assert "no attribute" in str(error) or "not accessible" in str(error)
        return None


async def _log(sandbox: Sandbox, program: Program, function: str, value: str) -> list[str]:
    try:
        outcome = await sandbox.call(program, function, {"v": value})
    except Exception as error:
        return [line.text for line in error.log]  # type: ignore[attr-defined]  # a SandboxError has one
    return [line.text for line in outcome.log]
