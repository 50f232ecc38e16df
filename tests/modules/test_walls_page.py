"""What an administrator is shown of the sandbox's walls."""

from __future__ import annotations

import pytest

from vestnik.modules.api.walls import MEANINGS, card
from vestnik.sandbox import Sandbox, SandboxOptions
from vestnik.sandbox.selftest import WALLS

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_running_sandbox_shows_what_stands_and_what_must(sandbox: Sandbox) -> None:
    shown = card(sandbox)

    assert (shown.running, shown.strict, shown.walls) == (True, False, sandbox.walls)
    assert shown.mandatory == [wall for wall in WALLS if wall != "namespaces"]
    assert [each.wall for each in shown.missing] == [wall for wall in WALLS if not sandbox.walls[wall]]


async def test_a_missing_wall_has_its_reason_and_what_it_means_in_both_languages() -> None:
    sandbox = Sandbox(SandboxOptions(strict=True))
    sandbox.reasons = {"namespaces": "Operation not permitted: 'unshare'"}
    sandbox.walls = dict.fromkeys(WALLS, True) | {"namespaces": False}
    shown = card(sandbox)

    [missing] = shown.missing
    assert (shown.running, shown.strict, shown.mandatory) == (False, True, list(WALLS))
    assert (missing.wall, missing.reason, missing.mandatory) == (
        "namespaces",
        "Operation not permitted: 'unshare'",
        True,
    )
    assert missing.meaning.ru.startswith("у процесса модуля нет своих сети")
    assert missing.meaning.en.startswith("a module's process has no network")


async def test_every_wall_has_a_meaning() -> None:
    assert list(MEANINGS) == list(WALLS)
