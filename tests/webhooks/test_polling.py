"""Where webhooks are silent, the service is asked; what it tells is applied once, and marked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.webhooks.conftest import ACCOUNT, AT, CAMPAIGN, EXTERNAL, Room, delivered, states

from vestnik import contract
from vestnik.campaigns.polling import OVERLAP, POLL_EVERY, Polling
from vestnik.campaigns.ports import SendingAccount
from vestnik.campaigns.tables import campaign
from vestnik.contacts.tables import suppression
from vestnik.db import now
from vestnik.engine import Engine
from vestnik.people.access import Actor
from vestnik.settings import Settings
from vestnik.webhooks.tables import event, waiting

DELIVERIES, JOB = "CRM_Marketing_GetDeliveries", "CRM_Marketing_GetJob"


class Refused(Exception):
    """A failed call as the modules room raises it."""

    kind = "fetch"


@dataclass
class Asked:
    """The module of a service whose webhooks are silent; it answers what the test says, in turn."""

    answers: list[Any] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    functions: frozenset[str] = frozenset({DELIVERIES, JOB})
    ends: asyncio.Event | None = None  # set by a call that has no answer, and never ends

    async def sending_account(self, account_id: int, version_id: int | None = None) -> SendingAccount | None:
        return SendingAccount(
            id=ACCOUNT,
            title="Тест",
            module_title={"ru": "Тест", "en": "Test"},
            version_id=1,
            enabled=True,
            campaign_types=frozenset({"email"}),
            functions=self.functions,
        )

    async def sending_accounts(self, actor: Actor) -> list[SendingAccount]:
        account = await self.sending_account(ACCOUNT)
        return [] if account is None else [account]

    async def may_use(self, actor: Actor, account_id: int) -> bool:
        return True

    async def call(
        self,
        account_id: int,
        function: str,
        arguments: dict[str, Any],
        *,
        lane: str,
        version_id: int | None = None,
    ) -> Any:
        contract.check_arguments(function, arguments)
        self.calls.append((function, arguments))
        if self.ends is not None and not self.answers:
            self.ends.set()
            await asyncio.Event().wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        contract.check_result(function, answer)
        return answer


@dataclass
class Poll:
    """The polling of one campaign, a turn at a time."""

    room: Room
    asked: Asked
    polling: Polling
    told: list[int]

    async def turn(self, *answers: Any) -> sa.Row[Any]:
        """Have the campaign due and asked about; its row then."""
        self.asked.answers = list(answers)
        await self.set(poll_at=AT)
        await self.polling.ask()
        assert self.asked.answers == []
        return await self.row()

    async def set(self, **values: Any) -> None:
        await self.room.database.write(
            lambda c: c.execute(sa.update(campaign).where(campaign.c.id == CAMPAIGN).values(**values))
        )

    async def row(self) -> sa.Row[Any]:
        async with self.room.database.read() as connection:
            return (await connection.execute(sa.select(campaign).where(campaign.c.id == CAMPAIGN))).one()

    async def events(self) -> list[tuple[str, bool]]:
        async with self.room.database.read() as connection:
            rows = await connection.execute(sa.select(event.c.kind, event.c.polled).order_by(event.c.id))
            return [(row.kind, row.polled) for row in rows]


@pytest.fixture
async def poll(room: Room, tmp_path: Path) -> Poll:
    settings = replace(Settings.from_environment({}), data_dir=tmp_path)
    asked, told = Asked(), list[int]()
    engine = Engine(settings, room.database)
    built = Poll(room, asked, Polling(room.database, engine, asked, room.webhooks.polled, told.append), told)
    await built.set(created_at_service=now() - timedelta(minutes=30))
    return built


def row(number: int, status: str, **more: Any) -> dict[str, Any]:
    """One recipient's row of the service's answer."""
    return {"email": f"reader{number}@example.com", "status": status, **more}


async def test_silent_campaign_is_asked_about_page_by_page_and_the_figures_move(poll: Poll) -> None:
    before = now()
    after = await poll.turn(
        {
            "items": [row(0, "opened", occurredAt="2026-11-20T10:00:00Z"), row(1, "delivered")],
            "nextCursor": "2",
        },
        {"items": [row(2, "clicked", link="https://example.com/a"), row(3, "pending")]},
    )
    assert await poll.room.counters() == {"sent": 3, "delivered": 3, "opened": 2, "clicked": 1}
    assert await poll.events() == [("opened", True), ("delivered", True), ("clicked", True)]
    assert [arguments for _, arguments in poll.asked.calls] == [
        {"campaignExternalId": EXTERNAL, "since": None, "cursor": None},
        {"campaignExternalId": EXTERNAL, "since": None, "cursor": "2"},
    ]
    assert before <= after.polled_at <= now()
    assert before + POLL_EVERY <= after.poll_at <= now() + POLL_EVERY
    assert (after.poll_cursor, after.poll_failure, poll.told) == (None, None, [CAMPAIGN])


async def test_next_time_only_changes_are_asked_for(poll: Poll) -> None:
    first = await poll.turn({"items": []})
    await poll.turn({"items": []})
    since = poll.asked.calls[-1][1]["since"]
    assert datetime.fromisoformat(since) == first.polled_at - OVERLAP


async def test_what_a_webhook_told_is_not_applied_again_nor_what_was_polled_before(poll: Poll) -> None:
    moment = "2026-11-20T10:00:00Z"
    await poll.room.send(delivered("reader0@example.com", "opened", occurredAt=moment))
    told = [row(0, "opened", occurredAt=moment), row(0, "delivered"), row(1, "delivered")]
    await poll.turn({"items": told})
    await poll.turn({"items": told})
    assert await poll.events() == [("opened", False), ("delivered", True)]
    card = await poll.room.send(delivered("reader1@example.com"))
    assert states(card) == ["duplicate"]
    assert await poll.room.counters() == {"sent": 2, "delivered": 2, "opened": 1}


async def test_campaign_of_which_a_webhook_came_lately_is_not_asked_about(poll: Poll) -> None:
    await poll.room.send(delivered("reader0@example.com", occurredAt=now().isoformat()))
    after = await poll.turn()
    assert (poll.asked.calls, after.polled_at) == ([], None)
    assert after.poll_at > now()


async def test_polled_unsubscribe_complaint_and_bounce_reach_the_stop_list_once(poll: Poll) -> None:
    told = [row(0, "unsubscribed"), row(1, "spam"), row(2, "hardBounce", reason="err_user_unknown")]
    await poll.turn({"items": told})
    await poll.turn({"items": told})
    async with poll.room.database.read() as connection:
        rows = await connection.execute(
            sa.select(suppression.c.category_id, suppression.c.reason, suppression.c.source)
        )
        found = sorted((reason, category_id, source) for category_id, reason, source in rows)
    source = f"poll:{CAMPAIGN}"
    assert found == [
        ("hard_bounce", None, source),
        ("spam", None, source),
        ("unsubscribe", poll.room.category_id, source),
    ]
    assert await poll.room.counters() == {
        "sent": 3, "delivered": 2, "unsubscribed": 1, "spam": 1, "hard_bounced": 1,
    }  # fmt: skip


async def test_somebody_who_is_no_recipient_changes_nothing_and_waits_for_nothing(poll: Poll) -> None:
    await poll.turn({"items": [{"email": "stranger@example.com", "status": "opened"}]})
    assert await poll.room.counters() == {}
    assert await poll.room.scalar(sa.select(sa.func.count()).select_from(waiting)) == 0


async def test_job_is_asked_for_until_it_is_done_and_its_cursor_read(poll: Poll) -> None:
    waits = await poll.turn({"jobId": "task-1", "pollAfterSeconds": 60})
    assert timedelta(seconds=50) < waits.poll_at - now() <= timedelta(seconds=60)
    await poll.turn({"jobId": "task-1", "status": "running"})
    done = await poll.turn(
        {"jobId": "task-1", "status": "done", "cursor": "file"}, {"items": [row(0, "opened")]}
    )
    assert [name for name, _ in poll.asked.calls] == [DELIVERIES, JOB, JOB, DELIVERIES]
    assert (done.poll_cursor, await poll.room.counters()) == (None, {"sent": 1, "delivered": 1, "opened": 1})


async def test_reading_that_was_cut_short_goes_on_at_its_page(poll: Poll) -> None:
    poll.asked.answers = [{"items": [row(0, "opened")], "nextCursor": "2"}]
    poll.asked.ends = asyncio.Event()
    await poll.set(poll_at=AT)
    turn = asyncio.create_task(poll.polling.ask())
    await poll.asked.ends.wait()
    turn.cancel()
    await asyncio.gather(turn, return_exceptions=True)
    poll.asked.ends = None

    await poll.turn({"items": [row(1, "opened")]})
    assert [arguments["cursor"] for _, arguments in poll.asked.calls] == [None, "2", "2"]
    assert await poll.room.counters() == {"sent": 2, "delivered": 2, "opened": 2}


async def test_failure_is_kept_beside_the_last_answer_and_cleared_by_the_next(poll: Poll) -> None:
    first = await poll.turn({"items": []})
    failed = await poll.turn(Refused("no route"))
    assert failed.polled_at == first.polled_at
    assert failed.poll_failure == {"code": "unanswered", "function": DELIVERIES, "text": "no route"}
    assert (await poll.turn({"items": []})).poll_failure is None


async def test_module_that_names_the_same_page_twice_is_stopped(poll: Poll) -> None:
    after = await poll.turn({"items": [], "nextCursor": "1"}, {"items": [], "nextCursor": "1"})
    assert (after.poll_failure["function"], after.polled_at) == (DELIVERIES, None)


@pytest.mark.parametrize(
    ("age", "least"),
    [(timedelta(hours=1), POLL_EVERY), (timedelta(days=2), timedelta(hours=2)), (timedelta(days=31), None)],
    ids=["fresh", "days", "month"],
)
async def test_older_campaign_is_asked_about_less_often_and_at_last_not_at_all(
    poll: Poll, age: timedelta, least: timedelta | None
) -> None:
    await poll.set(created_at_service=now() - age)
    after = await poll.turn({"items": []})
    if least is None:
        assert after.poll_at is None
    else:
        assert least <= after.poll_at - after.polled_at < least + timedelta(minutes=1)


async def test_module_without_the_function_is_never_asked(poll: Poll) -> None:
    poll.asked.functions = frozenset()
    assert (await poll.turn()).poll_at is None


async def test_campaign_is_asked_about_from_the_moment_it_is_at_the_service(poll: Poll) -> None:
    await poll.room.database.write(poll.polling.begin, ACCOUNT, EXTERNAL, CAMPAIGN)
    after = await poll.row()
    assert POLL_EVERY - timedelta(minutes=1) < after.poll_at - now() <= POLL_EVERY
    await poll.polling.ask()
    assert poll.asked.calls == []
