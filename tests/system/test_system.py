"""The page System: what is wrong, what waits, who is alive, what modules cost; for administrators."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from tests.application import Installation

from vestnik.db import new_key, now
from vestnik.engine.tables import executor
from vestnik.modules.metrics import Load
from vestnik.modules.tables import module
from vestnik.people.access import SYSTEM
from vestnik.system.load import LOAD_KEPT_FOR
from vestnik.webhooks.tables import inbox


async def add_module(installation: Installation, title: str = "Сервис") -> int:
    """A module that is switched on."""
    key = new_key()
    row: dict[str, Any] = {"id": key, "name": f"m{key}", "title": {"ru": title, "en": "Service"}}
    times = {"enabled": True, "bundled": False, "created_at": now(), "updated_at": now()}
    await installation.services.database.write(
        lambda connection: connection.execute(sa.insert(module).values(**row, **times))
    )
    return key


async def test_an_administrator_sees_how_everything_is(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    card = (await administrator.get("/system")).json()
    assert {each["name"]: each["code"] for each in card["checks"]} == {
        "database": "ok",
        "writer": "ok",
        "migration": "ok",
        "engine": "engine_stopped",
        "walls": "walls_missing",
        "disk": "ok",
    }
    engine = next(each for each in card["checks"] if each["name"] == "engine")
    assert engine["reason"].startswith("Фоновая работа в этом процессе не идёт")
    assert [each["name"] for each in card["queues"]] == [
        "webhooks",
        "inputs",
        "outgoing",
        "writer",
        "sandbox",
    ]
    assert (card["alerts"], card["modules"], card["lettersGo"], card["receivedAt"]) == ([], [], False, None)
    assert card["disk"]["total"] > card["disk"]["free"] > 0 and card["disk"]["database"] > 0
    assert {"vestnik", "python", "schema", "kernel"} <= set(card["versions"])
    assert card["hosts"] == [
        {"id": installation.services.engine.executors.own_id, "seenAt": card["hosts"][0]["seenAt"]}
        | {"alive": True, "own": True}
    ]
    assert card["walls"]["running"] is False


async def test_nobody_but_who_may_see_it_does(installation: Installation) -> None:
    for role in ("integrator", "marketer"):
        browser = await installation.signed_in(role)
        assert (await browser.get("/system")).status_code == 403
    _, key = await installation.services.people.keys.add(SYSTEM, "watch", ["system.read"])
    machine = await installation.browser()
    answer = await machine.client.get("/api/v1/system", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 200


async def test_what_waits_for_long_and_who_is_silent_is_told(installation: Installation) -> None:
    services, at = installation.services, now()
    row: dict[str, Any] = {
        "id": new_key(), "received_at": at, "account_id": 1, "method": "POST", "path": "", "query": "",
        "headers": "[]", "body": b"", "state": "retrying", "attempts": 1,
        "next_attempt_at": at - timedelta(minutes=5),
    }  # fmt: skip
    gone = {"id": "host-2:0123456789abcdef", "seen_at": at - timedelta(minutes=3)}
    await services.database.write(lambda connection: connection.execute(sa.insert(inbox).values(row)))
    await services.database.write(lambda connection: connection.execute(sa.insert(executor).values(gone)))
    glance = await services.system.glance(SYSTEM)
    webhooks = glance.queues[0]
    assert (webhooks.waiting, webhooks.since, webhooks.late) == (1, row["next_attempt_at"], True)
    assert {host.id: (host.alive, host.own) for host in glance.hosts} == {
        services.engine.executors.own_id: (True, True),
        "host-2:0123456789abcdef": (False, False),
    }
    assert glance.received_at == at


async def test_what_modules_cost_is_summed_over_processes_and_forgotten(installation: Installation) -> None:
    services = installation.services
    quiet, busy = await add_module(installation, "Тихий"), await add_module(installation, "Занятый")
    loads = services.system.loads
    for failure in (None, "raised", "busy", None):
        services.system.loads.metrics.loaded(busy, failure, 2.5)
        await loads.store()  # as another process would: each adds to the same row
    services.system.loads.metrics.loaded(quiet, None, 1.0)
    [first, second] = await loads.uses()
    assert (first.id, first.hour, first.day) == (busy, Load(4, 1, 10.0), Load(4, 1, 10.0))
    assert (second.id, second.hour) == (quiet, Load(1, 0, 1.0))
    assert await loads.since(now() + timedelta(hours=1)) == {}
    await loads.sweep()
    assert len(await loads.since(now() - LOAD_KEPT_FOR)) == 2
