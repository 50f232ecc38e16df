"""Attempts to get out of the language, as a regression floor: none may obtain anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from vestnik.sandbox import ModuleRaised, ModuleRefusedError, NotImplementedByModule, Program, Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")


def _corpus() -> dict[str, str]:
    text = Path(__file__).with_name("escapes.txt").read_text()
    snippets: dict[str, str] = {}
    for part in text.split("\n== ")[1:]:
        name, _, source = part.partition("\n")
        snippets[name] = source
    return snippets


CORPUS = _corpus()


async def _obtained(sandbox: Sandbox, program: Program, function: str) -> object:
    """None when the attempt was stopped, otherwise what it got."""
    try:
        result = (await sandbox.call(program, function, {}, seed=7)).result
    except ModuleRefusedError:
        return None
    except ModuleRaised as error:
        # an object that can't be handed over has been obtained all the same
        return error.message if error.exception == "ResultRefused" else None
    return result or None


async def test_corpus_is_whole() -> None:
    assert len(CORPUS) >= 180


@pytest.mark.parametrize("name", CORPUS)
async def test_escape_obtains_nothing(name: str, sandbox: Sandbox) -> None:
    program = Program(f"escape/{name}", CORPUS[name])

    assert await _obtained(sandbox, program, "attack") is None
    if "def after" in CORPUS[name]:
        assert await _obtained(sandbox, program, "after") is None


async def test_sandbox_still_works_after_all_of_them(sandbox: Sandbox) -> None:
    program = Program("afterwards", "import json\ndef run():\n    return json.dumps([1])")

    assert (await sandbox.call(program, "run", {})).result == "[1]"


async def test_module_without_the_function_is_told_so(sandbox: Sandbox) -> None:
    with pytest.raises(NotImplementedByModule) as missing:
        await sandbox.call(Program("empty", "x = 1"), "run", {})

    assert missing.value.message == "the module has no function run"
