"""Attempts to get out of the language, as a regression floor: none may obtain anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from vestnik.sandbox import ModuleRaised, ModuleRefusedError, NotImplementedByModule, Program, Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Escape:
    """One attempt and the reason for which it is refused; "nothing" where it runs and obtains nothing."""

    reason: str
    source: str


def _corpus() -> dict[str, Escape]:
    snippets: dict[str, Escape] = {}
    for path in sorted(Path(__file__).with_name("escapes").glob("*.txt")):
        for part in path.read_text().split("\n== ")[1:]:
            name, reason, source = part.split("\n", 2)
            assert name not in snippets
            snippets[name] = Escape(reason.removeprefix("-- "), source)
    return snippets


CORPUS = _corpus()


async def _met_with(sandbox: Sandbox, program: Program, function: str) -> str:
    """The reason of a refusal, "nothing", or what the attempt got."""
    try:
        result = (await sandbox.call(program, function, {}, seed=7)).result
    except ModuleRefusedError as refused:
        return f"{refused.kind}: {refused.message}"
    except ModuleRaised as error:
        # ResultRefused: an object that can't be handed over has been obtained all the same
        return error.message
    return f"obtained {result!r}" if result else "nothing"


async def test_at_least_two_hundred_are_refused_for_a_named_reason() -> None:
    named = [escape for escape in CORPUS.values() if escape.reason != "nothing"]

    assert len(named) >= 200
    assert not [escape for escape in named if escape.reason.startswith("ResultRefused")]


@pytest.mark.parametrize("name", CORPUS)
async def test_escape_obtains_nothing(name: str, sandbox: Sandbox) -> None:
    escape = CORPUS[name]
    program = Program(f"escape/{name}", escape.source)

    assert await _met_with(sandbox, program, "attack") == escape.reason
    if "def after" in escape.source:
        assert await _met_with(sandbox, program, "after") in ("nothing", escape.reason)


async def test_sandbox_still_works_after_all_of_them(sandbox: Sandbox) -> None:
    program = Program("afterwards", "import json\ndef run():\n    return json.dumps([1])")

    assert (await sandbox.call(program, "run", {})).result == "[1]"


async def test_module_without_the_function_is_told_so(sandbox: Sandbox) -> None:
    with pytest.raises(NotImplementedByModule) as missing:
        await sandbox.call(Program("empty", "x = 1"), "run", {})

    assert missing.value.message == "the module has no function run"
