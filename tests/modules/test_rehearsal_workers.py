"""Whose workers a rehearsal uses, and what becomes of a call whose worker is killed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from tests import procfs
from tests.modules.test_rehearsals import LIVE, PARSE, Stage, actions, numbers, request, stage

from vestnik.people.access import SYSTEM
from vestnik.sandbox import Sandbox, SandboxOptions

__all__ = ["stage"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANSWER = "answer = await fetch("


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox in which a program has one worker."""
    async with Sandbox(SandboxOptions(workers_per_program=1)) as started:
        yield started


async def begun(stage: Stage, draft: str) -> int:
    """A rehearsal of a draft; its id."""
    await stage.site.modules.recorder.flush()
    version_id = await stage.site.draft(stage.module_id, draft)
    return await stage.site.modules.rehearsals.begin(SYSTEM, stage.module_id, version_id)


async def ended(stage: Stage, rehearsal_id: int) -> dict[str, Any]:
    """What a rehearsal showed."""
    await stage.site.modules.rehearsals.wait(stage.module_id)
    found: dict[str, Any] = await stage.site.get(f"/modules/{stage.module_id}/rehearsals/{rehearsal_id}")
    assert found["state"] == "done"
    return found


def computed() -> dict[int, int]:
    """The processor time of every process on this machine that came from this one, in ticks."""
    found = {pid: procfs.stat(pid) for pid in procfs.descendants(os.getpid())}
    return {pid: int(fields[11]) for pid, fields in found.items() if fields}


async def who_computes() -> int:
    """The worker that is in a long call, once there is one."""
    before = computed()
    async with asyncio.timeout(100):
        while not (busy := [pid for pid, ticks in computed().items() if ticks - before.get(pid, 0) > 9]):
            await asyncio.sleep(0.01)
    return busy[0]


async def kill_who_computes() -> None:
    """Kill the worker that is in a call, as the kernel does when memory runs out."""
    os.kill(await who_computes(), signal.SIGKILL)


async def test_a_live_webhook_does_not_wait_for_a_rehearsal_of_its_module(
    stage: Stage, sandbox: Sandbox
) -> None:
    slow = LIVE.replace("found = []", "found = []\n    while request.body == 'endless':\n        pass")
    await stage.site.save(stage.module_id, slow)
    short = {"request": request("delivered anna@example.com")}
    await stage.site.modules.report(stage.account_id, PARSE, short, lane="webhook")
    stage.inbox.put(stage.account_id, "endless")
    rehearsal_id = await begun(stage, LIVE)
    await who_computes()
    report = await stage.site.modules.report(stage.account_id, PARSE, short, lane="webhook")
    assert len(report.value["actions"]) == 1
    assert sandbox.counts()["busy"] == 1
    assert numbers(await ended(stage, rehearsal_id)) == (2, 1, 0, 0, 1)


async def test_a_call_whose_worker_is_killed_once_is_tried_again(stage: Stage) -> None:
    await stage.call("c-1")
    rehearsal_id = await begun(
        stage, LIVE.replace(ANSWER, f"for _ in range(40_000_000):\n        pass\n    {ANSWER}")
    )
    await kill_who_computes()
    assert numbers(await ended(stage, rehearsal_id)) == (1, 1, 0, 0, 0)


async def test_a_call_whose_worker_is_killed_twice_can_not_be_compared(stage: Stage) -> None:
    stage.inbox.put(stage.account_id, "delivered anna@example.com")
    rehearsal_id = await begun(stage, LIVE.replace("found = []", "found = []\n    while True:\n        pass"))
    for _ in range(2):
        await kill_who_computes()
    found = await ended(stage, rehearsal_id)
    assert (numbers(found), actions(found)) == ((1, 0, 0, 0, 1), (0, 0, 0))
    assert found["rows"][0]["reason"] == "the worker was killed from outside (SIGKILL)"
    path = f"/modules/{stage.module_id}/versions/{found['versionId']}/publish"
    assert (await stage.site.post(path, {}))["liveVersionId"] == found["versionId"]
