"""Replay of a set: chosen by filters, counted first, bounded, in the background, and harmless."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.application import Installation, empty_installation, installation, settings
from tests.webhooks.conftest import ACCOUNT, Room, delivered, states

from vestnik.db import from_microseconds
from vestnik.people.access import SYSTEM
from vestnik.webhooks import inbox as storage
from vestnik.webhooks import replays
from vestnik.webhooks.errors import ReplayTooLarge
from vestnik.webhooks.inbox import REPLAY_DUE, State, Stored
from vestnik.webhooks.replays import Filter
from vestnik.webhooks.tables import inbox

__all__ = ["empty_installation", "installation", "settings"]

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOON_US = int(NOON.timestamp() * 1_000_000)
LEFT = sa.select(sa.func.count()).select_from(inbox).where(inbox.c.next_attempt_at == REPLAY_DUE)


def stored(id: int, minute: int, account_id: int = ACCOUNT) -> Stored:
    return Stored(id, NOON_US + minute * 60_000_000, account_id, "POST", "/hooks/x", "", (), b"{}")


async def plant(room: Room, *requests: Stored, state: State = State.APPLIED) -> None:
    """Requests of the past, which nobody works on."""

    def write(connection: sa.Connection) -> None:
        storage.store(connection, requests)
        chosen = inbox.c.id.in_([request.id for request in requests])
        connection.execute(sa.update(inbox).where(chosen).values(state=state, next_attempt_at=None))

    await room.database.write(write)


async def finished(room: Room) -> None:
    """Wait until no request is left to be replayed, nor leased."""
    open_ones = sa.select(sa.func.count()).select_from(inbox).where(inbox.c.next_attempt_at.is_not(None))
    await room.until(open_ones, 0)


async def test_a_set_is_parsed_anew_and_nothing_is_applied_twice(room: Room) -> None:
    for number in range(3):
        card = await room.send(delivered(f"reader{number}@example.com"), body=b'{"n": %d}' % number)
        assert states(card) == ["applied"]
    assert await room.counters() == {"sent": 3, "delivered": 3}
    room.requests.clear()
    room.result = lambda request: {
        "actions": [delivered(f"reader{request['body'][6]}@example.com"), delivered("reader3@example.com")]
    }
    assert await room.webhooks.replays.begin(SYSTEM, Filter()) == 3
    await finished(room)
    assert len(room.requests) == 3
    assert await room.counters() == {"sent": 4, "delivered": 4}
    assert states(await room.newest())[0] == "duplicate"


async def test_a_replay_leaves_it_known_what_the_service_was_told(room: Room) -> None:
    room.result = lambda request: {"response": {"status": 202}}
    assert (await room.post(b"{}")).status_code == 202
    room.result = lambda request: {"response": {"status": 500}}
    await room.webhooks.replays.begin(SYSTEM, Filter())
    await finished(room)
    card = await room.newest()
    assert (card.line.answered, card.response_sent, card.line.attempts) == (202, True, 2)


async def test_a_filter_chooses_by_account_state_and_time(room: Room) -> None:
    await plant(room, stored(1, 0), stored(2, 10), stored(3, 20), stored(4, 10, account_id=8))
    await plant(room, stored(5, 10), state=State.FAILED)
    await plant(room, stored(6, 10), state=State.PROBE)
    await plant(room, stored(7, 10), state=State.RECEIVED)
    at = [NOON + timedelta(minutes=minute) for minute in (0, 10, 20)]
    expected = [
        (Filter(), 5),
        (Filter(account_id=8), 1),
        (Filter(state=State.FAILED), 1),
        (Filter(state=State.PROBE), 0),
        (Filter(since=at[1]), 4),
        (Filter(until=at[1]), 1),
        (Filter(ACCOUNT, State.APPLIED, at[0], at[2]), 2),
    ]
    for chosen, count in expected:
        assert await room.webhooks.replays.count(SYSTEM, chosen) == count, chosen
    listed = await room.webhooks.listed(SYSTEM, Filter(ACCOUNT, State.APPLIED, at[0], at[2]))
    assert [line.id for line in listed] == [2, 1]


async def test_more_than_the_limit_is_refused_as_a_whole(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "AT_MOST", 2)
    await plant(room, stored(1, 0), stored(2, 10), stored(3, 20))
    with pytest.raises(ReplayTooLarge) as refusal:
        await room.webhooks.replays.begin(SYSTEM, Filter())
    assert refusal.value.values == {"found": 3, "at_most": 2}
    assert (room.requests, await room.scalar(LEFT)) == ([], 0)
    assert await room.webhooks.replays.begin(SYSTEM, Filter(until=NOON + timedelta(minutes=20))) == 2


async def test_a_large_set_is_marked_in_slices_and_a_few_are_worked_on_at_a_time(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "MARKED_AT_A_TIME", 7)
    at_work, most = 0, 0

    async def parse() -> dict[str, Any]:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0)
        at_work -= 1
        return {}

    room.result = lambda request: parse()
    await plant(room, *[stored(number, number) for number in range(1, 51)])
    assert await room.webhooks.replays.begin(SYSTEM, Filter()) == 50
    await finished(room)
    assert (len(room.requests), most) == (50, replays.AT_ONCE)


async def test_what_comes_meanwhile_is_not_kept_waiting(room: Room) -> None:
    release = asyncio.Event()

    async def slowly() -> dict[str, Any]:
        await release.wait()
        return {}

    def result(request: dict[str, Any]) -> Any:
        return {"response": {"status": 207}} if request["body"] == "live" else slowly()

    room.result = result
    await plant(room, *[stored(number, number) for number in range(1, 61)])
    await room.webhooks.replays.begin(SYSTEM, Filter())
    assert (await room.post(b"live")).status_code == 207
    assert await room.webhooks.replays.left(SYSTEM) >= 60 - replays.TAKEN_AT_A_TIME
    release.set()
    await finished(room)


async def test_a_set_goes_on_after_the_process_has_ended(room: Room) -> None:
    await room.webhooks.replays.stop()
    await plant(room, *[stored(number, number) for number in range(1, 6)])
    assert await room.webhooks.replays.begin(SYSTEM, Filter()) == 5
    line = (await room.webhooks.listed(SYSTEM, limit=1))[0]
    assert (line.to_be_replayed, line.state) == (True, State.APPLIED)
    await room.webhooks.replays.start()
    await finished(room)
    assert len(room.requests) == 5
    assert not (await room.webhooks.listed(SYSTEM, limit=1))[0].to_be_replayed


async def test_a_stopped_replay_leaves_each_request_as_it_was(room: Room) -> None:
    await room.webhooks.replays.stop()
    await room.webhooks.pipeline.stop()
    await plant(room, stored(1, 0))
    await plant(room, stored(2, 1), state=State.RETRYING)
    assert await room.webhooks.replays.begin(SYSTEM, Filter()) == 2
    assert await room.webhooks.replays.cancel(SYSTEM) == 2
    lines = await room.webhooks.listed(SYSTEM)
    assert [(line.id, line.state, line.to_be_replayed) for line in lines] == [
        (2, State.RETRYING, False),
        (1, State.APPLIED, False),
    ]
    due = sa.select(inbox.c.id).where(inbox.c.next_attempt_at > from_microseconds(0))
    assert await room.scalar(due) == 2


async def test_the_inspector_counts_replays_and_stops_over_http(installation: Installation) -> None:
    integrator = await installation.signed_in("integrator")
    chosen = {
        "accountId": "7",
        "state": "failed",
        "from": "2026-11-20T00:00:00Z",
        "to": "2026-11-21T00:00:00Z",
    }
    request = stored(1, 0)

    def write(connection: sa.Connection) -> None:
        storage.store(connection, [request])
        connection.execute(sa.update(inbox).values(state=State.FAILED, next_attempt_at=None))

    await installation.services.database.write(write)
    counted = await integrator.post("/webhooks/replay/count", chosen)
    assert (counted.status_code, counted.json()) == (200, {"found": 1, "atMost": replays.AT_MOST})
    begun = await integrator.post("/webhooks/replay", chosen)
    assert (begun.status_code, begun.json()) == (202, {"queued": 1})
    assert (await integrator.get("/webhooks/replay")).json() == {"left": 1}
    listed = await integrator.get(
        "/webhooks?accountId=7&state=failed&from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z"
    )
    assert [(row["id"], row["toBeReplayed"]) for row in listed.json()["items"]] == [("1", True)]
    assert (await integrator.get("/webhooks?from=2026-11-21T00:00:00Z")).json()["items"] == []
    assert (await integrator.delete("/webhooks/replay")).json() == {"stopped": 1}
    assert (await integrator.get("/webhooks/replay")).json() == {"left": 0}
    naive = await integrator.post("/webhooks/replay/count", {"from": "2026-11-20T00:00:00"})
    assert (naive.status_code, naive.json()["code"]) == (422, "invalid_request")
