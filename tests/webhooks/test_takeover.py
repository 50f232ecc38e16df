"""A process that was slower than its lease: what it still writes does not undo what the next one wrote."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from tests.webhooks.conftest import ACCOUNT, Room, delivered, states

from vestnik.db import from_microseconds, new_key, now, to_microseconds
from vestnik.people.access import SYSTEM
from vestnik.webhooks import inbox as storage
from vestnik.webhooks.apply import Parsed
from vestnik.webhooks.inbox import Failure, State, Stored
from vestnik.webhooks.tables import attempt, inbox

EVENT = delivered("reader1@example.com", "opened")
OTHER = delivered("reader2@example.com", "opened")
FAILURE = Failure("timeout", b'{"message": "slow"}', b"[]", 3, 1.0)
ATTEMPTS = sa.select(sa.func.count()).select_from(attempt)
FAR_AHEAD = from_microseconds(4_000_000_000_000_000)


@pytest.fixture
async def request_(room: Room) -> Stored:
    """A stored request that nobody but the test works on."""
    at = to_microseconds(now())
    request = Stored(new_key(), at, ACCOUNT, "POST", "/", "", (), b"{}")
    await room.database.write(storage.store, [request])
    return request


async def settle(
    room: Room, request: Stored, *actions: dict[str, Any], version_id: int = 3, **more: Any
) -> None:
    parsed = Parsed(request, version_id, actions, **more)
    await room.database.write(room.webhooks.applier.apply, [parsed])


async def outcome(room: Room, request: Stored) -> tuple[State, int, int | None, list[str], bool]:
    """State, attempts, version, what became of each action, whether it is tried again."""
    card = await room.webhooks.card(SYSTEM, request.id)
    again = card.next_attempt_at is not None
    return card.line.state, card.line.attempts, card.version_id, states(card), again


async def test_a_late_failure_leaves_what_was_applied_and_notes_the_answer(
    room: Room, request_: Stored
) -> None:
    await settle(room, request_, EVENT)
    assert await room.database.write(storage.fail, request_, FAILURE, now(), 500) is False
    assert await outcome(room, request_) == (State.APPLIED, 1, 3, ["applied"], False)
    assert await room.scalar(ATTEMPTS) == 0
    assert await room.scalar(sa.select(inbox.c.answered)) == 500


async def test_a_late_failure_does_not_put_off_what_failed_again_since(room: Room, request_: Stored) -> None:
    assert await room.database.write(storage.fail, request_, FAILURE, now(), None)
    assert await room.database.write(storage.fail, replace(request_, attempts=1), FAILURE, FAR_AHEAD, None)
    assert await room.database.write(storage.fail, request_, FAILURE, now(), None) is False
    assert await outcome(room, request_) == (State.RETRYING, 2, 3, [], True)
    assert await room.scalar(sa.select(inbox.c.next_attempt_at)) > FAR_AHEAD
    assert await room.scalar(ATTEMPTS) == 2


async def test_a_late_success_of_one_attempt_keeps_what_the_faster_process_showed(
    room: Room, request_: Stored
) -> None:
    await settle(room, request_, EVENT, version_id=4)
    await settle(room, request_, EVENT, answered=200)
    assert await outcome(room, request_) == (State.APPLIED, 1, 4, ["applied"], False)
    assert await room.scalar(sa.select(inbox.c.answered)) == 200


async def test_a_late_success_ends_the_attempts_that_failed_since(room: Room, request_: Stored) -> None:
    await room.database.write(storage.fail, request_, FAILURE, now(), None)
    await room.database.write(storage.fail, replace(request_, attempts=1), FAILURE, now(), None)
    await settle(room, request_, EVENT)
    assert await outcome(room, request_) == (State.APPLIED, 2, 3, ["applied"], False)


async def test_a_replay_shows_its_own_outcome(room: Room, request_: Stored) -> None:
    await settle(room, request_, EVENT)
    await settle(room, replace(request_, attempts=1), EVENT, OTHER, version_id=4)
    assert await outcome(room, request_) == (State.APPLIED, 2, 4, ["duplicate", "applied"], False)
