"""A module whose process makes a forbidden system call is switched off, and everybody can see why."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa
from tests.egress.conftest import Received, Server, Writer, http_answer
from tests.modules.conftest import Site
from tests.modules.test_recordings import recorded_call

from vestnik.audit.tables import audit_row as audit
from vestnik.modules import ModuleCallFailed
from vestnik.people.access import SYSTEM
from vestnik.sandbox import Sandbox
from vestnik.sandbox.process import WorkerProcess
from vestnik.sandbox.sandbox import LOAD_LIMITS

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATS = "CRM_Marketing_GetCampaignStats"
ASKS = f"""
from vestnik_sdk import fetch, settings

async def {STATS}(campaignExternalId):
    await fetch(settings.base_url)
    return {{"sent": 1}}
"""
CAMPAIGN = {"campaignExternalId": "1"}


def _workers(sandbox: Sandbox) -> list[WorkerProcess]:
    """Those of the present zygote, and of one that was just renewed."""
    nursery = sandbox._nursery
    assert nursery is not None
    zygotes = [*nursery._retired, *([nursery._current] if nursery._current else [])]
    return [worker for zygote in zygotes for worker in zygote.workers.values()]


async def _broken_out(site: Site, server: Server, sandbox: Sandbox, account_id: int) -> str:
    """The code of the failure of a call whose process ends with SIGSYS, as by the filter."""

    async def end(_: Received, writer: Writer) -> None:
        for worker in _workers(sandbox):
            if worker._call is not None and (pid := worker.pid):
                os.kill(pid, signal.SIGSYS)
        writer.write(http_answer(b"{}"))

    server.handler = end
    with pytest.raises(ModuleCallFailed) as caught:
        await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive")
    return caught.value.code


async def test_a_forbidden_system_call_switches_the_module_off_until_an_administrator_looks(
    site: Site, server: Server, address: str, sandbox: Sandbox
) -> None:
    module_id = await site.module(ASKS)
    account_id = await site.account(module_id, address)

    assert await _broken_out(site, server, sandbox, account_id) == "module_suspended"
    card = await site.get(f"/modules/{module_id}")
    assert (card["enabled"], card["suspendedAt"] is not None) == (False, True)
    with pytest.raises(ModuleCallFailed) as caught:
        await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive")
    assert caught.value.code == "module_switched_off"
    async with site.database.read() as connection:
        rows = (await connection.execute(sa.select(audit.c.action, audit.c.object_id))).all()
    assert ("module.suspended", module_id) in [tuple(row) for row in rows]
    server.answers(b"{}")
    await site.modules.library.enable(SYSTEM, module_id, True)
    assert await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive") == {"sent": 1}
    assert (await site.get(f"/modules/{module_id}"))["suspendedAt"] is None


async def test_the_zygote_is_renewed_after_a_forbidden_system_call(
    site: Site, server: Server, address: str, sandbox: Sandbox
) -> None:
    """Workers of one zygote share their layout: what one has learnt must not serve the next."""
    nursery = sandbox._nursery
    assert nursery is not None
    account_id = await site.account(await site.module(ASKS), address)
    nursery._renewed = -1e9
    before = nursery._current
    await _broken_out(site, server, sandbox, account_id)
    async with asyncio.timeout(30):
        while nursery._current is before or nursery._current is None:
            await asyncio.sleep(0.01)
    assert nursery._current.alive


#: Runs for a moment, in which its process can be ended.
SLOW = f"""
async def {STATS}(campaignExternalId):
    for number in range(3_000_000):
        pass
    return {{"sent": 1}}
"""


async def _ended(sandbox: Sandbox, work: Coroutine[Any, Any, Any]) -> None:
    """Do the work while every call in it ends with SIGSYS."""
    task = asyncio.ensure_future(work)
    while not task.done():
        for worker in _workers(sandbox):
            # A text is checked before it runs: not then.
            # 0 is a worker that has ended, and to kill() all of us.
            if worker._call is not None and worker._call.limits is not LOAD_LIMITS and (pid := worker.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSYS)
        await asyncio.sleep(0.01)
    await task


async def _noted(site: Site, module_id: int) -> list[tuple[str, int | None]]:
    """What the audit says of escapes and suspensions of a module, and of whom."""
    wanted = ("module.suspended", "module.draft_escaped", "module.suspension_lifted")
    statement = sa.select(audit.c.action, audit.c.user_id).where(audit.c.object_id == module_id)
    async with site.database.read() as connection:
        rows = await connection.execute(statement.where(audit.c.action.in_(wanted)).order_by(audit.c.id))
        return [(row.action, row.user_id) for row in rows]


async def _stage(site: Site, address: str) -> tuple[int, str]:
    """A slow module with one recorded call that is also its test; the module, and the call's path."""
    module_id = await site.module(SLOW)
    recorded = await recorded_call(site, await site.account(module_id, address))
    path = f"/modules/{module_id}/calls/{recorded.id}"
    await site.post(f"{path}/save-as-test", {"name": "counts"})
    return module_id, path


@pytest.mark.parametrize("way", ["replay", "tests", "run"])
async def test_the_live_text_is_suspended_wherever_it_runs(
    site: Site, address: str, sandbox: Sandbox, way: str
) -> None:
    module_id, path = await _stage(site, address)
    where = {"replay": f"{path}/replay", "tests": f"/modules/{module_id}/tests/run"}
    body = {"function": STATS, "arguments": CAMPAIGN} if way == "run" else {}
    await _ended(sandbox, site.post(where.get(way, f"/modules/{module_id}/run"), body))
    assert (await site.get(f"/modules/{module_id}"))["enabled"] is False
    assert await _noted(site, module_id) == [("module.suspended", None)]


@pytest.mark.parametrize("way", ["replay", "version", "tests", "run", "rehearsal"])
async def test_a_draft_that_makes_a_forbidden_system_call_is_noted(
    site: Site, address: str, sandbox: Sandbox, way: str
) -> None:
    module_id, path = await _stage(site, address)
    draft = SLOW + "# draft\n"
    version_id = str(await site.draft(module_id, draft))
    where, body = {
        "replay": (f"{path}/replay", {"source": draft}),
        "version": (f"{path}/replay", {"versionId": version_id}),
        "tests": (f"/modules/{module_id}/tests/run", {"source": draft}),
        "run": (f"/modules/{module_id}/run", {"function": STATS, "arguments": CAMPAIGN, "source": draft}),
        "rehearsal": (f"/modules/{module_id}/rehearsals", {"versionId": version_id}),
    }[way]
    site.role = "integrator"

    async def work() -> None:
        await site.post(where, body)
        await site.modules.rehearsals.wait(module_id)

    await _ended(sandbox, work())
    assert await _noted(site, module_id) == [("module.draft_escaped", 1)]
    assert (await site.get(f"/modules/{module_id}"))["enabled"] is True


async def test_a_suspension_is_lifted_by_an_administrator_only(site: Site) -> None:
    module_id = await site.module(SLOW)
    await site.modules.library.suspend(module_id)
    await site.modules.library.suspend(module_id)
    site.role = "integrator"
    path = f"/modules/{module_id}/enable"
    assert await site.refused("POST", path) == (
        403,
        "suspension_stands",
        "The module “courier” is off because its process made a forbidden system call: this is what code "
        "does that tries to leave the sandbox. Only an administrator can check it and switch it on again.",
    )
    await site.save(module_id, SLOW + "# mended\n")
    assert (await site.refused("POST", path))[:2] == (403, "suspension_stands")
    site.role = "administrator"
    await site.post(path)
    assert (await site.get(f"/modules/{module_id}"))["enabled"] is True
    assert await _noted(site, module_id) == [
        ("module.suspended", None),
        ("module.suspension_lifted", 1),
    ]
    site.role = "integrator"
    await site.post(f"/modules/{module_id}/disable")
    await site.post(path)


async def test_a_module_that_is_off_already_is_suspended_all_the_same(site: Site) -> None:
    module_id = await site.module(SLOW)
    await site.modules.library.enable(SYSTEM, module_id, False)
    await site.modules.library.suspend(module_id)
    site.role = "integrator"
    assert (await site.refused("POST", f"/modules/{module_id}/enable"))[:2] == (403, "suspension_stands")
