"""What nobody tells of is found, once for each change: failing modules, silent webhooks, full disks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.alerts.post import letters
from tests.application import Installation
from tests.system.test_system import add_module

from vestnik.campaigns.service import Draft
from vestnik.campaigns.tables import campaign
from vestnik.db import new_key, now
from vestnik.modules.tables import account, module, module_version
from vestnik.outgoing.endpoints import NewEndpoint
from vestnik.outgoing.tables import message
from vestnik.people.access import SYSTEM
from vestnik.system import watching
from vestnik.system.checks import DISK_LOW_BYTES
from vestnik.system.watching import PARSE
from vestnik.webhooks.tables import inbox


async def store(installation: Installation, table: sa.Table, *rows: dict[str, Any]) -> None:
    """Insert rows."""
    await installation.services.database.write(
        lambda connection: connection.execute(sa.insert(table), list(rows))
    )


async def open_alerts(installation: Installation) -> list[tuple[str, str]]:
    """Kinds and titles of what fails."""
    return [(each.kind, each.title["en"]) for each in await installation.services.alerts.open(50)]


async def add_account(installation: Installation) -> int:
    """An account of a module that reads webhooks."""
    module_id, version_id, at = await add_module(installation), new_key(), now()
    version = {
        "id": version_id, "module_id": module_id, "number": 1, "source": "", "manifest": {},
        "functions": [PARSE], "note": "", "author": "", "created_at": at,
    }  # fmt: skip
    await store(installation, module_version, version)
    live = sa.update(module).where(module.c.id == module_id).values(live_version_id=version_id)
    await installation.services.database.write(lambda connection: connection.execute(live))
    row: dict[str, Any] = {
        "id": new_key(), "module_id": module_id, "title": "Основной", "settings": {}, "state": "ready",
        "token_sealed": b"", "token_hash": str(module_id), "created_at": at, "updated_at": at,
        "connected_at": at,
    }  # fmt: skip
    await store(installation, account, row)
    return int(row["id"])


def request(account_id: int, at: datetime) -> dict[str, Any]:
    """A stored request of a service, of that time."""
    return {
        "id": new_key.before(at) + 2, "received_at": at, "account_id": account_id, "method": "POST",
        "path": "", "query": "", "headers": "[]", "body": b"", "state": "applied", "attempts": 1,
    }  # fmt: skip


async def test_a_module_that_fails_and_works_again_is_told_once_each(installation: Installation) -> None:
    services = installation.services
    module_id = await add_module(installation)
    listener = NewEndpoint("CRM", "http://127.0.0.1:9/", ("alert",), True)
    await services.outgoing.create(SYSTEM, listener)
    for _ in range(4):
        services.system.loads.metrics.loaded(module_id, "raised", 1.0)
    await services.system.loads.store()
    await services.system.watch.look()
    assert await open_alerts(installation) == []
    services.system.loads.metrics.loaded(module_id, "raised", 1.0)
    await services.system.loads.store()
    for _ in range(2):
        await services.system.watch.look()
    assert await open_alerts(installation) == [("module_failing", "The module “Сервис” fails")]
    for _ in range(6):
        services.system.loads.metrics.loaded(module_id, None, 1.0)
    await services.system.loads.store()
    await services.system.watch.look()
    assert await open_alerts(installation) == []
    async with services.database.read() as connection:
        bodies = (await connection.scalars(sa.select(message.c.body).order_by(message.c.id))).all()
    assert ['"failing":true' in body for body in bodies] == [True, False]
    assert all('"kind":"module_failing"' in body for body in bodies)


async def test_of_a_module_that_is_switched_off_nothing_is_told_any_more(installation: Installation) -> None:
    services = installation.services
    module_id = await add_module(installation)
    for _ in range(5):
        services.system.loads.metrics.loaded(module_id, "timeout", 1.0)
    await services.system.loads.store()
    await services.system.watch.look()
    assert len(await open_alerts(installation)) == 1
    off = sa.update(module).where(module.c.id == module_id).values(enabled=False)
    await services.database.write(lambda connection: connection.execute(off))
    await services.system.loads.sweep()
    await services.system.watch.look()
    assert await open_alerts(installation) == []


async def test_a_campaign_of_which_no_webhook_comes_is_told(installation: Installation) -> None:
    account_id, at = await add_account(installation), now()
    campaign_id = await installation.services.campaigns.create(SYSTEM, Draft(name="Осень"))
    sending = sa.update(campaign).where(campaign.c.id == campaign_id)
    sending = sending.values(
        account_id=account_id, state="sending", created_at_service=at - timedelta(hours=2)
    )
    await installation.services.database.write(lambda connection: connection.execute(sending))
    await installation.services.system.watch.look()
    assert await open_alerts(installation) == [("webhook_silence", "No webhooks: “Основной”")]
    await store(installation, inbox, request(account_id, at))
    await installation.services.system.watch.look()
    assert await open_alerts(installation) == []


@pytest.mark.parametrize(
    ("hours_ago", "told"),
    [
        (range(4, 20), True),  # hour after hour, then nothing for four
        (range(2, 20), False),  # the last one came not so long ago
        (range(4, 12), False),  # not used to them
        (range(30, 50), False),  # nobody waits for any more
    ],
)
async def test_an_account_that_is_used_to_webhooks_and_gets_none_is_told(
    installation: Installation, hours_ago: Sequence[int], told: bool
) -> None:
    account_id, at = await add_account(installation), now()
    await store(
        installation, inbox, *(request(account_id, at - timedelta(hours=ago)) for ago in reversed(hours_ago))
    )
    await installation.services.system.watch.look()
    assert bool(await open_alerts(installation)) is told


async def test_a_disk_that_fills_up_is_told_until_there_is_clearly_more_room(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = installation.services
    await installation.add_user("administrator")
    told = []
    for free in (DISK_LOW_BYTES * 2, DISK_LOW_BYTES - 1, DISK_LOW_BYTES + 1, DISK_LOW_BYTES * 2):

        def room(_folder: Path, free: int = free) -> int:
            return free

        monkeypatch.setattr(watching, "free_bytes", room)
        await services.system.watch.look_at_disk()
        told.append(len(await open_alerts(installation)))
    assert told == [0, 1, 1, 0]
    assert len(await letters(services.database)) <= 1
