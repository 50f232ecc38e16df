"""A module whose process makes a forbidden system call is switched off, and everybody can see why."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
import sqlalchemy as sa
from tests.egress.conftest import Received, Server, Writer, http_answer
from tests.modules.conftest import Site

from vestnik.audit.tables import audit_row as audit
from vestnik.modules import ModuleCallFailed
from vestnik.people.access import SYSTEM
from vestnik.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATS = "CRM_Marketing_GetCampaignStats"
ASKS = f"""
from vestnik_sdk import fetch, settings

async def {STATS}(campaignExternalId):
    await fetch(settings.base_url)
    return {{"sent": 1}}
"""
CAMPAIGN = {"campaignExternalId": "1"}


async def _broken_out(site: Site, server: Server, sandbox: Sandbox, account_id: int) -> str:
    """The code of the failure of a call whose process ends with SIGSYS, as by the filter."""

    async def end(_: Received, writer: Writer) -> None:
        nursery = sandbox._nursery
        assert nursery is not None
        assert nursery._current is not None
        for worker in nursery._current.workers.values():
            if worker._call is not None:
                os.kill(worker.pid, signal.SIGSYS)
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
    assert (await site.get(f"/modules/{module_id}"))["enabled"] is False
    with pytest.raises(ModuleCallFailed) as caught:
        await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive")
    assert caught.value.code == "module_switched_off"
    async with site.database.read() as connection:
        rows = (await connection.execute(sa.select(audit.c.action, audit.c.object_id))).all()
    assert ("module.suspended", module_id) in [tuple(row) for row in rows]
    server.answers(b"{}")
    await site.modules.library.enable(SYSTEM, module_id, True)
    assert await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive") == {"sent": 1}


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
