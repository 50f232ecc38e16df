"""How a rehearsal is written down while it runs: numbers, rows, waiting for the turn, one of a module."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.modules.conftest import MANIFEST
from tests.modules.test_rehearsals import LIVE, Stage, numbers, stage

from vestnik.db import now
from vestnik.modules import demo
from vestnik.modules.rehearsals import progress, store
from vestnik.modules.rehearsals.service import Rehearsals
from vestnik.modules.replays.differences import Difference
from vestnik.modules.tables import module, rehearsal, rehearsal_row
from vestnik.people.access import SYSTEM
from vestnik.sandbox import Sandbox

__all__ = ["stage"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENDLESS = LIVE.replace(
    "answer = await fetch(", "while campaignExternalId == 'endless':\n        pass\n    answer = await fetch("
)


async def begun(stage: Stage, draft: str = ENDLESS) -> int:
    """A rehearsal of a draft that stops at the second call, and has gone over the first."""
    for campaign in ("endless", "c-1"):
        await stage.call(campaign)
    await stage.site.modules.recorder.flush()
    version_id = await stage.site.draft(stage.module_id, draft)
    return await stage.site.modules.rehearsals.begin(SYSTEM, stage.module_id, version_id)


async def shown(stage: Stage, rehearsal_id: int, module_id: int | None = None) -> dict[str, Any]:
    """What the page shows."""
    found: dict[str, Any] = await stage.site.get(
        f"/modules/{module_id or stage.module_id}/rehearsals/{rehearsal_id}"
    )
    return found


async def until(
    stage: Stage, rehearsal_id: int, wanted: Callable[[dict[str, Any]], bool], module_id: int | None = None
) -> dict[str, Any]:
    """What the page shows as soon as it shows what is wanted."""
    async with asyncio.timeout(30):
        while not wanted(found := await shown(stage, rehearsal_id, module_id)):
            await asyncio.sleep(0.01)
    return found


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is told a hundred times a second."""
    monkeypatch.setattr(progress, "PROGRESS_S", 0.01)


async def test_numbers_are_kept_often_and_rows_rarely(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsal_id = await begun(stage)
    found = await until(stage, rehearsal_id, lambda found: found["done"] == 1)
    assert (found["state"], found["total"], found["equal"], found["rows"]) == ("running", 2, 1, [])
    monkeypatch.setattr(progress, "ROWS_S", 0.0)
    found = await until(stage, rehearsal_id, lambda found: found["rows"] != [])
    assert (found["state"], found["done"], len(found["rows"])) == ("running", 1, 1)


async def test_what_was_not_kept_yet_is_kept_when_a_rehearsal_is_interrupted(stage: Stage) -> None:
    rehearsal_id = await begun(stage)
    await until(stage, rehearsal_id, lambda found: found["done"] == 1)
    await stage.site.modules.rehearsals.stop()
    found = await shown(stage, rehearsal_id)
    assert (found["state"], found["total"], found["done"], len(found["rows"])) == ("interrupted", 2, 1, 1)


async def test_progress_waits_behind_all_other_work_of_the_writer(stage: Stage) -> None:
    rehearsal_id = await begun(stage)
    holds, held = threading.Event(), threading.Event()

    def hold(_: sa.Connection) -> bool:
        holds.set()
        return held.wait(30)

    holding = stage.site.database.submit(hold)
    try:
        assert await asyncio.to_thread(holds.wait, 30)
        async with asyncio.timeout(20):
            while not sum(stage.site.database.queued().values()):
                await asyncio.sleep(0.01)
        assert stage.site.database.queued() == {"normal": 0, "bulk": 1}
    finally:
        held.set()
    assert await holding
    assert (await until(stage, rehearsal_id, lambda found: found["done"] == 1))["state"] == "running"


async def test_a_rehearsal_keeps_differences_up_to_its_size(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "ROWS_BYTES", 400)
    for campaign in ("c-1", "c-2"):
        await stage.call(campaign)
    found = await stage.rehearse(LIVE.replace("['sent']}", "['sent'] + 1}"))
    assert numbers(found) == (2, 0, 2, 0, 0)
    assert [(row["verdict"], len(row["differences"]), row["reason"]) for row in found["rows"]] == [
        ("different", 1, None),
        ("different", 0, "The differences are not kept: this rehearsal has too many of them."),
    ]


async def test_the_beginning_of_a_long_value_names_nobody(stage: Stage) -> None:
    crowd = " ".join(f"person.number{number}@example.com" for number in range(400))
    shown = store.Shown.of(Difference("$", crowd, "x"))
    assert len(shown.before) <= store.VALUE_CHARACTERS + 1
    assert shown.before.startswith('"p***@example.com p***@')
    assert "person" not in shown.before


# One at a time


async def test_of_two_rehearsals_of_a_module_that_begin_at_once_one_runs(stage: Stage) -> None:
    await stage.call("endless")
    await stage.site.modules.recorder.flush()
    version_id = await stage.site.draft(stage.module_id, ENDLESS)
    rehearsals = stage.site.modules.rehearsals
    ids = await asyncio.gather(*(rehearsals.begin(SYSTEM, stage.module_id, version_id) for _ in range(3)))
    await until(stage, max(ids), lambda found: found["total"] == 1)
    states = [(await shown(stage, each))["state"] for each in sorted(ids)]
    assert states == ["interrupted", "interrupted", "running"]
    await rehearsals.stop()
    assert [(await shown(stage, each))["state"] for each in ids] == ["interrupted"] * 3


async def test_a_rehearsal_takes_the_place_of_another_process_one(
    stage: Stage, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SIGN_OF_LIFE_S", 0.0)
    modules = stage.site.modules
    first = await begun(stage)
    await until(stage, first, lambda found: found["done"] == 1)
    version_id = await stage.site.draft(stage.module_id, LIVE + "# the same\n")
    async with stage.site.another_process() as registry:
        other = Rehearsals(stage.site.database, modules.library, registry, sandbox, modules.recordings)
        second = await other.begin(SYSTEM, stage.module_id, version_id)
        await other.wait(stage.module_id)
    await modules.rehearsals.wait(stage.module_id)
    found = [await shown(stage, each) for each in (first, second)]
    assert [(each["state"], each["done"]) for each in found] == [("interrupted", 1), ("done", 2)]


async def test_the_database_holds_one_running_rehearsal_of_a_module(stage: Stage) -> None:
    key = await stage.site.database.write(store.add, stage.module_id, 1, 2, "x")

    def another(connection: sa.Connection) -> None:
        row = connection.execute(sa.select(rehearsal).where(rehearsal.c.id == key)).one()._asdict()
        connection.execute(rehearsal.insert().values(row | {"id": key + 1}))

    with pytest.raises(sa.exc.IntegrityError):
        await stage.site.database.write(another)
    await stage.site.database.write(store.end, key, "interrupted")
    await stage.site.database.write(another)


async def test_rows_go_with_their_rehearsal(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.call("c-1")
    await stage.rehearse(LIVE)
    monkeypatch.setattr(store, "KEPT_PER_MODULE", 1)
    await stage.site.database.write(store.add, stage.module_id, 1, 2, "x")
    async with stage.site.database.read() as connection:
        assert (await connection.scalars(sa.select(rehearsal_row.c.rehearsal_id))).all() == []


async def test_rows_go_with_the_module_of_a_demo(stage: Stage) -> None:
    await stage.call("c-1")
    await stage.rehearse(LIVE)
    bundled = module.update().values(name=demo.MODULE, bundled=True)
    await stage.site.database.write(lambda connection: connection.execute(bundled))
    await demo.remove_demo(stage.site.database, stage.site.modules)
    async with stage.site.database.read() as connection:
        for table in (module, rehearsal, rehearsal_row):
            assert (await connection.execute(sa.select(table))).all() == []


# Waiting


async def test_a_rehearsal_that_waits_for_its_turn_says_so_and_lives(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SIGN_OF_LIFE_S", 0.0)
    await until(stage, await begun(stage), lambda found: found["done"] == 1)
    other = await stage.site.module(LIVE, MANIFEST | {"name": "another"})
    version_id = await stage.site.draft(other, LIVE + "# the same\n")
    waiting = await stage.site.modules.rehearsals.begin(SYSTEM, other, version_id)
    assert (await shown(stage, waiting, other))["state"] == "waiting"
    long_ago = rehearsal.update().values(updated_at=now() - timedelta(hours=1))
    await stage.site.database.write(lambda connection: connection.execute(long_ago))
    found = await until(stage, waiting, lambda found: found["state"] != "interrupted", other)
    assert (found["state"], found["total"]) == ("waiting", 0)
    await stage.site.modules.rehearsals.begin(
        SYSTEM, stage.module_id, await stage.site.draft(stage.module_id, LIVE)
    )
    await stage.site.modules.rehearsals.wait(other)
    assert (await shown(stage, waiting, other))["state"] == "done"


async def test_one_whose_process_has_died_is_interrupted(stage: Stage) -> None:
    key = await stage.site.database.write(store.add, stage.module_id, 1, 2, "x")
    assert (await shown(stage, key))["state"] == "waiting"
    long_ago = rehearsal.update().values(updated_at=now() - store.STALE - timedelta(seconds=1))
    await stage.site.database.write(lambda connection: connection.execute(long_ago))
    assert (await shown(stage, key))["state"] == "interrupted"
    page = await stage.site.get(f"/modules/{stage.module_id}/rehearsals")
    assert [item["state"] for item in page["items"]] == ["interrupted"]
