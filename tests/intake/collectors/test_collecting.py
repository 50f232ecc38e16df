"""Runs over a mailbox: every letter once, what bears the keyword is stored, nothing else is touched."""

from __future__ import annotations

import asyncio
import datetime

import pytest
import sqlalchemy as sa
from tests.intake.collectors.conftest import Desk, mailbox_of, wish
from tests.intake.collectors.letters import order, other
from tests.intake.collectors.servers import Mailbox, simulated

from vestnik.db import now
from vestnik.intake.collectors.tables import collected_letter
from vestnik.intake.inputs.tables import input_table
from vestnik.people.access import SYSTEM


async def test_letters_with_the_keyword_are_stored_once_and_the_others_only_counted(
    desk: Desk, mailbox: Mailbox
) -> None:
    await mailbox.put(other(), order("ORDER: 1"), other("Re: reorder"), order("Fwd: order № 2"))
    collector = await desk.add(mailbox.account())
    assert await desk.run(collector) == {"state": "done", "seen": 4, "with_keyword": 2, "taken": 2}
    assert await desk.stored() == ["ORDER: 1", "Fwd: order № 2"]
    assert await mailbox.flags() == {1: set(), 2: set(), 3: set(), 4: set()}
    assert await desk.run(collector) == {"state": "done"}
    await mailbox.put(order("ORDER: 3"))
    assert await desk.run(collector) == {"state": "done", "seen": 1, "with_keyword": 1, "taken": 1}
    assert await desk.stored() == ["ORDER: 1", "Fwd: order № 2", "ORDER: 3"]


async def test_a_letter_that_somebody_read_already_is_taken_too(desk: Desk, mailbox: Mailbox) -> None:
    await mailbox.put(order("ORDER: 1"))
    await mailbox.mark(1, "\\Seen")
    collector = await desk.add(mailbox.account("starttls"))
    assert (await desk.run(collector))["taken"] == 1
    assert await mailbox.flags() == {1: {"\\Seen"}}


SUBJECTS = {
    "ORDER: 123": b"ORDER: 123",
    "Заказ ORDER: 1": b"=?koi8-r?B?+sHLwdogT1JERVI6IDE=?=",
    "ORDER: заявка": b"=?windows-1251?Q?ORDER:_=E7=E0=FF=E2=EA=E0?=",
    "Заявка, order 5": b"=?utf-8?B?0JfQsNGP0LLQutCwLCA=?=\r\n =?utf-8?Q?order_5?=",
    "ORDER: сырая": "ORDER: сырая".encode("cp1251"),
    "ORDER: 7 folded": b"ORDER:\r\n\t7\r\n folded",
}


async def test_the_keyword_is_found_in_subjects_of_any_encoding(desk: Desk, mailbox: Mailbox) -> None:
    letters = [order(f"x{number}") for number in range(len(SUBJECTS))]
    for number, raw in enumerate(SUBJECTS.values()):
        letters[number] = letters[number].replace(b"Subject: x%d" % number, b"Subject: " + raw)
    await mailbox.put(*letters)
    collector = await desk.add(mailbox.account())
    assert (await desk.run(collector))["taken"] == len(SUBJECTS)
    assert await desk.stored() == list(SUBJECTS)


async def test_letters_that_arrived_before_the_date_are_not_looked_at(desk: Desk, mailbox: Mailbox) -> None:
    long_ago = now() - datetime.timedelta(days=30)
    await mailbox.put(order("ORDER: old"), other(), arrived_at=long_ago)
    await mailbox.put(order("ORDER: new"))
    collector = await desk.add(mailbox.account())
    assert await desk.run(collector) == {"state": "done", "seen": 1, "with_keyword": 1, "taken": 1}
    assert await desk.stored() == ["ORDER: new"]
    earlier = wish(mailbox.account(), password=None, from_date=(long_ago - datetime.timedelta(days=1)).date())
    await desk.service.change(SYSTEM, collector, earlier)
    assert await desk.run(collector) == {
        "state": "done", "seen": 3, "with_keyword": 2, "taken": 1, "known": 1,
    }  # fmt: skip


async def test_with_another_keyword_letters_are_considered_anew(desk: Desk, mailbox: Mailbox) -> None:
    await mailbox.put(order("ORDER: 1"), order("ЗАЯВКА: 2"), order("ORDER и заявка"))
    collector = await desk.add(mailbox.account())
    assert (await desk.run(collector))["taken"] == 2
    await desk.service.change(SYSTEM, collector, wish(mailbox.account(), password=None, keyword="заявка"))
    assert await desk.run(collector) == {
        "state": "done", "seen": 3, "with_keyword": 2, "taken": 1, "known": 1,
    }  # fmt: skip
    assert await desk.stored() == ["ORDER: 1", "ORDER и заявка", "ЗАЯВКА: 2"]


async def test_the_same_letter_delivered_twice_is_one(desk: Desk, mailbox: Mailbox) -> None:
    letter = order("ORDER: 1", message_id="a@shop.example")
    again = b"Received: from elsewhere\r\n" + letter
    await mailbox.put(letter, letter)
    collector = await desk.add(mailbox.account())
    assert await desk.run(collector) == {
        "state": "done", "seen": 2, "with_keyword": 2, "taken": 1, "known": 1,
    }  # fmt: skip
    await mailbox.put(again, order("ORDER: 1", message_id="a@shop.example", Описание="другое"))
    assert await desk.run(collector) == {
        "state": "done", "seen": 2, "with_keyword": 2, "taken": 1, "known": 1,
    }  # fmt: skip
    assert await desk.stored() == ["ORDER: 1", "ORDER: 1"]


async def test_a_folder_that_is_numbered_anew_is_considered_anew_and_nothing_taken_twice(
    desk: Desk, mailbox: Mailbox
) -> None:
    letters = [order(f"ORDER: {number}", message_id=f"{number}@shop.example") for number in (1, 2, 3)]
    await mailbox.create("Orders")
    await mailbox.put(*letters[:2], folder="Orders")
    collector = await desk.add(mailbox.account(), folder="Orders")
    assert (await desk.run(collector))["taken"] == 2
    before = await desk.row(collector)
    await mailbox.delete("Orders")
    await mailbox.create("Orders")
    await mailbox.put(*reversed(letters), folder="Orders")
    assert await desk.run(collector) == {
        "state": "done", "seen": 3, "with_keyword": 3, "taken": 1, "known": 2,
    }  # fmt: skip
    after = await desk.row(collector)
    assert after.uidvalidity != before.uidvalidity
    assert await desk.stored() == ["ORDER: 1", "ORDER: 2", "ORDER: 3"]


async def test_another_mailbox_with_the_same_numbers_is_another(desk: Desk, mailbox: Mailbox) -> None:
    await mailbox.create("Other")
    await mailbox.put(order("ORDER: 1"))
    await mailbox.put(order("ORDER: 2"), folder="Other")
    collector = await desk.add(mailbox.account())
    assert (await desk.run(collector))["taken"] == 1
    await desk.service.change(SYSTEM, collector, wish(mailbox.account(), password=None, folder="Other"))
    assert (await desk.run(collector))["taken"] == 1
    assert await desk.stored() == ["ORDER: 1", "ORDER: 2"]


async def test_collected_letters_are_marked_and_no_other(desk: Desk, mailbox: Mailbox) -> None:
    await mailbox.put(other(), order("ORDER: 1"), order("ORDER: 2"))
    collector = await desk.add(mailbox.account(), after="mark", mark="\\Flagged")
    assert (await desk.run(collector))["settled"] == 2
    assert await mailbox.flags() == {1: set(), 2: {"\\Flagged"}, 3: {"\\Flagged"}}
    keyword = wish(mailbox.account(), password=None, after="mark", mark="VestnikTaken")
    await desk.service.change(SYSTEM, collector, keyword)
    await mailbox.put(order("ORDER: 3"))
    assert (await desk.run(collector))["settled"] == 1
    assert (await mailbox.flags())[4] == {"VestnikTaken"}


async def test_collected_letters_are_moved_and_no_other(desk: Desk, mailbox: Mailbox) -> None:
    await mailbox.create("Taken")
    await mailbox.put(order("ORDER: 1"), other(), order("ORDER: 2"))
    collector = await desk.add(mailbox.account(), after="move", move_to="Taken")
    assert (await desk.run(collector))["settled"] == 2
    assert await mailbox.flags() == {2: set()}
    assert len(await mailbox.flags("Taken")) == 2
    assert await desk.run(collector) == {"state": "done"}


async def test_letters_that_can_t_be_moved_are_taken_and_moved_later(desk: Desk, mailbox: Mailbox) -> None:
    await mailbox.put(order("ORDER: 1"))
    collector = await desk.add(mailbox.account(), after="move", move_to="Приняты")
    run = await desk.run(collector)
    assert (run["state"], run["taken"], run["reason"]["code"]) == ("done", 1, "not_moved")
    assert await mailbox.flags() == {1: set()}
    await mailbox.create("&BB8EQAQ4BD0ETwRCBEs-")
    assert await desk.run(collector) == {"state": "done", "settled": 1}
    assert await mailbox.flags() == {}


async def test_collected_letters_are_removed_after_their_days_and_no_other(
    desk: Desk, mailbox: Mailbox
) -> None:
    await mailbox.put(other(), order("ORDER: 1"), arrived_at=now() - datetime.timedelta(days=5))
    collector = await desk.add(mailbox.account(), after="delete", delete_after_days=3)
    assert (await desk.run(collector)).get("deleted") is None
    early = sa.update(collected_letter).values(to_be_deleted_at=now() - datetime.timedelta(seconds=1))
    await desk.database.write(lambda connection: connection.execute(early))
    assert await desk.run(collector) == {"state": "done", "deleted": 1}
    assert list(await mailbox.flags()) == [1]
    assert await desk.run(collector) == {"state": "done"}


async def test_in_a_separate_mailbox_every_old_letter_goes_once_it_was_considered(
    desk: Desk, mailbox: Mailbox
) -> None:
    old = now() - datetime.timedelta(days=5)
    await mailbox.put(other("old"), order("ORDER: old"), arrived_at=old)
    await mailbox.put(other("new"), order("ORDER: new"))
    collector = await desk.add(mailbox.account(), after="delete", delete_after_days=3, separate_mailbox=True)
    assert await desk.run(collector) == {
        "state": "done", "seen": 4, "with_keyword": 2, "taken": 2, "deleted": 2,
    }  # fmt: skip
    assert list(await mailbox.flags()) == [3, 4]


async def test_without_move_and_uidplus_a_working_mailbox_keeps_the_letters_of_others(desk: Desk) -> None:
    async with simulated("AUTH=PLAIN") as server:
        mailbox = mailbox_of(server)
        await mailbox.create("Taken")
        await mailbox.put(other("somebody deleted it"), order("ORDER: 1"), other())
        await mailbox.mark(1, "\\Deleted")
        collector = await desk.add(mailbox.account(), after="move", move_to="Taken")
        run = await desk.run(collector)
        assert (run["state"], run["settled"], run["reason"]) == ("done", 1, {"code": "not_removed"})
        assert await mailbox.flags() == {1: {"\\Deleted"}, 2: {"\\Deleted"}, 3: set()}
        assert len(await mailbox.flags("Taken")) == 1


async def test_with_uidplus_alone_a_moved_letter_is_copied_and_removed(desk: Desk) -> None:
    async with simulated("AUTH=PLAIN", "UIDPLUS") as server:
        mailbox = mailbox_of(server)
        await mailbox.create("Taken")
        await mailbox.put(other("somebody deleted it"), order("ORDER: 1"), other())
        await mailbox.mark(1, "\\Deleted")
        collector = await desk.add(mailbox.account(), after="move", move_to="Taken")
        assert (await desk.run(collector))["settled"] == 1
        assert await mailbox.flags() == {1: {"\\Deleted"}, 3: set()}


async def test_a_letter_that_is_too_large_is_not_fetched_and_people_see_it(
    desk: Desk, mailbox: Mailbox
) -> None:
    large = order("ORDER: layouts") + b"x" * 70 + (b"y" * 1_000 + b"\r\n") * 31_000
    await mailbox.put(order("ORDER: 1"), large, order("ORDER: 2"))
    collector = await desk.add(mailbox.account(), after="delete", delete_after_days=0, separate_mailbox=True)
    run = await desk.run(collector)
    assert (run["seen"], run["taken"], run["not_taken"], run["deleted"]) == (3, 2, 1, 2)
    assert list(await mailbox.flags()) == [2]
    async with desk.database.read() as connection:
        unreadable = sa.select(input_table.c.title, input_table.c.reason, input_table.c.size)
        found = await connection.execute(unreadable.where(input_table.c.state == "unreadable"))
        [(title, reason, size)] = found.all()
    assert (title, reason["code"]) == ("ORDER: layouts", "letter_too_large")
    assert size < 1_000
    letters, total = await desk.service.letters(SYSTEM, collector, not_taken=True, offset=0, limit=10)
    assert [(each.uid, each.outcome, each.subject) for each in letters] == [
        (2, "too_large", "ORDER: layouts")
    ]
    assert total == 1


async def test_letters_that_arrive_during_a_run_are_taken_by_it_or_the_next(
    desk: Desk, mailbox: Mailbox
) -> None:
    await mailbox.put(*(order(f"ORDER: {number}") for number in range(60)))
    collector = await desk.add(mailbox.account())
    late = [order(f"ORDER: late {number}") for number in range(20)]
    await asyncio.gather(desk.run(collector), *(mailbox.put(each) for each in late))
    await desk.run(collector)
    stored = await desk.stored()
    assert sorted(stored) == sorted(
        [f"ORDER: {number}" for number in range(60)] + [f"ORDER: late {number}" for number in range(20)]
    )


@pytest.mark.parametrize("mail_server", ["simulator"], indirect=True)
async def test_the_simulated_mailbox_serves_as_well(desk: Desk, mailbox: Mailbox) -> None:
    await mailbox.create("Taken")
    await mailbox.put(other(), order("ORDER: 1"))
    for security in ("tls", "starttls"):
        collector = await desk.add(
            mailbox.account("tls" if security == "tls" else "starttls"), after="move", move_to="Taken"
        )
        await desk.run(collector)
    assert await desk.stored() == ["ORDER: 1"]
    assert await mailbox.flags() == {1: set()}
