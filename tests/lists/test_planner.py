"""The planner: a real child, a real database of each kind, and the file between them."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from tests import procfs

from vestnik import children
from vestnik.contacts.consents import Evidence, record_consent
from vestnik.contacts.fields import Field, insert_fields
from vestnik.contacts.service import Contacts, Draft
from vestnik.contacts.tables import category
from vestnik.db import Database, fold, now
from vestnik.lists import planning_child
from vestnik.lists.planner import PlanFailed, Request, everyone, plan, recipients, statement
from vestnik.lists.planning_job import Job, Planned
from vestnik.lists.scratch import Held, Op, Scratch, ScratchLost
from vestnik.lists.semantics import HeldVerdict
from vestnik.people.access import SYSTEM
from vestnik.segments.service import Segments

NEWS = 7
TOKEN = "of this plan"
EVERYBODY = Contacts.everybody()


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Scratch]:
    with Scratch.create(tmp_path / "syncs" / "5.db", TOKEN) as made:
        yield made


async def people(contacts: Contacts, *emails: str | Sequence[str]) -> list[int]:
    """Contacts with these addresses, each the older the earlier it stands."""
    each_has = [[each] if isinstance(each, str) else list(each) for each in emails]
    return [
        int(await contacts.create(SYSTEM, Draft(name=f"Имя {n}", emails=has)))
        for n, has in enumerate(each_has)
    ]


async def with_category(database: Database, *given_by: int) -> int:
    def store(connection: sa.Connection) -> None:
        row = {"id": NEWS, "title": "Новости", "title_folded": fold("Новости"), "created_at": now()}
        connection.execute(sa.insert(category).values(**row))
        record_consent(connection, given_by, NEWS, "given", Evidence(now(), "form", "test"))

    await database.write(store)
    return NEWS


def ops(scratch: Scratch) -> list[tuple[str, str]]:
    return [(each.kind, each.called) for each in scratch.ops(0, 100)]


async def test_exact_takes_out_who_is_not_wanted_and_then_adds_who_is_missing(
    database: Database, contacts: Contacts, scratch: Scratch
) -> None:
    _, d, e = await people(contacts, "c@example.ru", "d@example.ru", "e@example.ru")
    scratch.stage(
        [("a@example.ru", "subscribed"), ("B@Example.ru", "subscribed"), ("C@example.ru", "subscribed")]
    )
    planned = await plan(
        database, scratch.path, TOKEN, Request("exact"), recipients(EVERYBODY, None, "oldest")
    )
    assert planned == Planned(before=3, wanted=3, add=2, remove=2, unchanged=1, over_limit=0, held={})
    assert scratch.ops(0, 10) == [
        Op(1, "remove", "a@example.ru", "a@example.ru", None),
        Op(2, "remove", "b@example.ru", "B@Example.ru", None),
        Op(3, "add", "d@example.ru", "d@example.ru", d),
        Op(4, "add", "e@example.ru", "e@example.ru", e),
    ]
    assert scratch.ops(2, 1) == [Op(3, "add", "d@example.ru", "d@example.ru", d)]
    assert scratch.op_counts() == {"add": 2, "remove": 2}


async def test_merge_adds_and_takes_nobody_out(
    database: Database, contacts: Contacts, scratch: Scratch
) -> None:
    await people(contacts, "c@example.ru", "d@example.ru", "e@example.ru")
    scratch.stage([("a@example.ru", "subscribed"), ("c@example.ru", "subscribed")])
    planned = await plan(
        database, scratch.path, TOKEN, Request("merge"), recipients(EVERYBODY, None, "newest")
    )
    assert planned == Planned(before=2, wanted=3, add=2, remove=0, unchanged=2, over_limit=0, held={})
    assert ops(scratch) == [("add", "e@example.ru"), ("add", "d@example.ru")]  # the newest first


async def test_subtract_takes_out_every_address_of_everybody_whatever_their_verdict(
    database: Database, contacts: Contacts, scratch: Scratch
) -> None:
    first, _ = await people(contacts, ["c@example.ru", "second@example.ru"], "d@example.ru")
    await contacts.create(SYSTEM, Draft(name="Без адреса", phones=["+79161234567"]))
    await contacts.update(SYSTEM, first, Draft(blocked=True))
    scratch.stage(
        [(f"{each}@example.ru", "subscribed") for each in ("a", "b", "second")]
        + [("d@example.ru", "unsubscribed")]
    )
    planned = await plan(database, scratch.path, TOKEN, Request("subtract"), everyone(EVERYBODY))
    assert planned == Planned(before=3, wanted=3, add=0, remove=1, unchanged=2, over_limit=0, held={})
    assert ops(scratch) == [("remove", "second@example.ru")]


async def test_who_may_not_be_written_to_is_held_back_and_taken_off_an_exact_list(
    database: Database, contacts: Contacts, scratch: Scratch
) -> None:
    ok, blocked, refused, silent, twin = await people(
        contacts,
        "ok@example.ru",
        "blocked@example.ru",
        "refused@example.ru",
        "silent@example.ru",
        "ok@example.ru",
    )
    none = int(await contacts.create(SYSTEM, Draft(name="Без адреса")))
    await contacts.update(SYSTEM, blocked, Draft(blocked=True))
    news = await with_category(database, ok, blocked, refused, twin)
    scratch.stage(
        [
            ("blocked@example.ru", "subscribed"),
            ("refused@example.ru", "unsubscribed"),
            ("ok@example.ru", "pending"),
            ("silent@example.ru", "subscribed"),
            ("ok@example.ru", "subscribed"),
        ]
    )
    planned = await plan(database, scratch.path, TOKEN, Request("exact"), recipients(EVERYBODY, news))
    held: Mapping[HeldVerdict, int] = {
        "blocked": 1, "no_address": 1, "no_consent": 1, "duplicate": 1,
        "at_service_pending": 1, "at_service_unsubscribed": 1,
    }  # fmt: skip
    assert planned == Planned(before=2, wanted=2, add=0, remove=2, unchanged=0, over_limit=0, held=held)
    assert ops(scratch) == [("remove", "blocked@example.ru"), ("remove", "silent@example.ru")]
    assert {(each.contact_id, each.address, each.verdict) for each in scratch.held(limit=10)} == {
        (ok, "ok@example.ru", "at_service_pending"),
        (blocked, "blocked@example.ru", "blocked"),
        (refused, "refused@example.ru", "at_service_unsubscribed"),
        (silent, "silent@example.ru", "no_consent"),
        (twin, "ok@example.ru", "duplicate"),
        (none, None, "no_address"),
    }
    [one] = scratch.held(verdict="no_consent", limit=10)
    assert one == Held(one.number, silent, "silent@example.ru", "no_consent")


@pytest.mark.parametrize(
    ("request_", "added", "over"),
    [
        (Request("merge", limit=10, used=7), ["one", "two", "three"], 0),
        (Request("merge", limit=10, used=9), [], 2),
        (Request("merge", limit=10, used=9, over_limit="first"), ["one"], 2),
        (Request("merge", limit=10, used=15, over_limit="first"), [], 8),
        (Request("exact", limit=1, over_limit="first"), ["one"], 2),
    ],
)
async def test_a_plan_without_room_for_all_takes_nobody_or_the_first(
    database: Database,
    contacts: Contacts,
    scratch: Scratch,
    request_: Request,
    added: list[str],
    over: int,
) -> None:
    await people(contacts, "one@example.ru", "two@example.ru", "three@example.ru")
    scratch.stage([("gone@example.ru", "subscribed")])
    planned = await plan(database, scratch.path, TOKEN, request_, recipients(EVERYBODY, None, "oldest"))
    assert (planned.add, planned.over_limit, planned.held.get("plan_limit", 0)) == (
        len(added),
        over,
        3 - len(added),
    )
    assert [each.address for each in scratch.ops(planned.remove, 9)] == [
        f"{each}@example.ru" for each in added
    ]
    assert len(scratch.held(verdict="plan_limit", limit=9)) == 3 - len(added)


async def test_comparing_once_more_leaves_alone_what_was_refused_late_or_without_room(
    database: Database, contacts: Contacts, scratch: Scratch
) -> None:
    await people(contacts, "refused@example.ru", "late@example.ru", "lost@example.ru", "room@example.ru")
    scratch.stage([("kept@example.ru", "subscribed"), ("out@example.ru", "subscribed")])
    request = Request("exact", limit=3, over_limit="first")
    first = await plan(database, scratch.path, TOKEN, request, recipients(EVERYBODY, None, "oldest"))
    assert (first.add, first.remove, first.over_limit) == (3, 2, 1)
    scratch.note("rejected", ["refused@example.ru", "kept@example.ru"])
    scratch.note("late", ["late@example.ru"])
    scratch.clear_staged()
    scratch.stage([("kept@example.ru", "subscribed"), ("new@example.ru", "subscribed")])
    again = await plan(database, scratch.path, TOKEN, request, None)
    assert again == Planned(
        before=2, wanted=4, add=1, remove=1, unchanged=1, over_limit=0, held={"plan_limit": 1}
    )
    assert ops(scratch) == [("remove", "new@example.ru"), ("add", "lost@example.ru")]


async def test_a_retry_takes_only_the_addresses_that_it_was_given(
    database: Database, contacts: Contacts, scratch: Scratch
) -> None:
    _, blocked = await people(contacts, "again@example.ru", "blocked@example.ru")
    await people(contacts, "other@example.ru")
    await contacts.update(SYSTEM, blocked, Draft(blocked=True))
    scratch.stage([("out@example.ru", "subscribed"), ("other-out@example.ru", "subscribed")])
    scratch.restrict(["again@example.ru", "blocked@example.ru", "out@example.ru", "not-wanted@example.ru"])
    planned = await plan(database, scratch.path, TOKEN, Request("exact"), recipients(EVERYBODY, None))
    assert planned == Planned(
        before=2, wanted=2, add=1, remove=1, unchanged=1, over_limit=0, held={"blocked": 1}
    )
    assert ops(scratch) == [("remove", "out@example.ru"), ("add", "again@example.ru")]


async def test_the_people_of_a_segment_are_those_that_its_rule_picks(
    database: Database, contacts: Contacts, segments: Segments, scratch: Scratch
) -> None:
    fields = [
        Field("city", {"ru": "Город", "en": "City"}, "text"),
        Field("since", {"ru": "С", "en": "Since"}, "date"),
        Field("orders", {"ru": "Заказы", "en": "Orders"}, "number"),
        Field("vip", {"ru": "Важный", "en": "VIP"}, "boolean"),
    ]
    await database.write(insert_fields, fields)
    values = {"city": "Пермь 100%", "since": "2026-03-01", "orders": 3.5, "vip": True}
    for name, chosen in (("in", values), ("out", values | {"city": "Уфа"})):
        await contacts.create(SYSTEM, Draft(name=name, emails=[f"{name}@example.ru"], fields=chosen))
    rules = [
        {"field": "custom.city", "operator": "in", "value": ["пермь 100%", "Томск"]},
        {"field": "custom.since", "operator": ">=", "value": "2026-01-01"},
        {"field": "custom.orders", "operator": ">", "value": 3.25},
        {"field": "custom.vip", "operator": "=", "value": True},
        {"field": "created", "operator": "lastDays", "value": 2},
        {"field": "email", "operator": "contains", "value": "example"},
    ]
    id = await segments.create(SYSTEM, "Пермяки", rule={"combinator": "and", "rules": rules})
    for select in (recipients(await segments.members(id), None), everyone(await segments.members(id))):
        planned = await plan(database, scratch.path, TOKEN, Request("merge"), select)
        assert (planned.wanted, ops(scratch)) == (1, [("add", "in@example.ru")])


@pytest.mark.parametrize("of", ["recipients", "everyone"])
async def test_slices_are_the_whole_source(
    database: Database, contacts: Contacts, scratch: Scratch, of: str
) -> None:
    emails = [[f"{n}-{other}@example.ru" for other in range(3)] for n in range(7)]
    await people(contacts, *emails)
    select = recipients(EVERYBODY, None, "oldest") if of == "recipients" else everyone(EVERYBODY)
    told: list[int] = []
    job = Job(
        path=str(scratch.path),
        token=TOKEN,
        mode="merge",
        url=_plain(database),
        people=statement(database, select),
        slice=3,
    )
    planned = planning_child.plan(job, told.append)
    assert (planned.wanted, told) == ((7, [3, 6, 7]) if of == "recipients" else (21, [9, 18, 21]))


# A child and its ends


def _plain(database: Database) -> str:
    return database.url.set(drivername=database.url.get_backend_name()).render_as_string(hide_password=False)


def child_of_this_process() -> int:
    """The process that was started last."""
    [pid] = [
        child
        for child in procfs.children(os.getpid())
        if any(b"planning_child" in word for word in procfs.command(child))
    ]
    return pid


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def start(job: Job, output: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    """A child with its job, of which no end is ours but the pipes'."""
    data = msgspec.msgpack.encode(job)
    command = children.command("vestnik.lists.planning_child")
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.PIPE)
    assert child.stdin is not None
    child.stdin.write(struct.pack(">I", len(data)) + data)
    child.stdin.flush()
    return child


async def test_a_killed_child_is_an_answer_and_the_next_plan_succeeds(
    database: Database, contacts: Contacts, scratch: Scratch
) -> None:
    await people(contacts, "one@example.ru")
    scratch.stage([("two@example.ru", "subscribed")])
    killed: list[int] = []

    def kill(_people: int) -> None:
        if not killed:
            killed.append(child_of_this_process())
            os.kill(killed[0], signal.SIGKILL)

    endless = _endless(database)
    with pytest.raises(PlanFailed, match=r"^ended: status -9$"):
        await plan(database, scratch.path, TOKEN, Request("exact"), endless, kill)
    assert not lives(killed[0])
    planned = await plan(database, scratch.path, TOKEN, Request("exact"), recipients(EVERYBODY, None))
    assert (planned.before, planned.add, planned.remove) == (1, 1, 1)


async def test_a_cancelled_plan_leaves_no_child(
    database: Database, contacts: Contacts, scratch: Scratch
) -> None:
    begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    endless = _endless(database)
    work = asyncio.create_task(
        plan(
            database,
            scratch.path,
            TOKEN,
            Request("exact"),
            endless,
            lambda _: None if begun.done() else begun.set_result(child_of_this_process()),
        )
    )
    pid = await begun
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not lives(pid)


async def test_the_password_is_neither_on_the_command_line_nor_in_the_environment(
    database: Database, contacts: Contacts, scratch: Scratch
) -> None:
    told: list[bytes] = []

    def look(_people: int) -> None:
        if not told:
            pid = child_of_this_process()
            told.extend(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
            os.kill(pid, signal.SIGKILL)

    with pytest.raises(PlanFailed):
        await plan(database, scratch.path, TOKEN, Request("exact"), _endless(database), look)
    place = str(database.url.database).encode()
    assert [place in each for each in told] == [False, False]
    assert sorted(each.partition(b"=")[0] for each in told[1].split(b"\0") if each) == [
        b"LANG",
        b"PATH",
        b"SQLITE_TMPDIR",
    ]


async def test_a_child_ends_when_whoever_started_it_is_gone(
    database: Database, contacts: Contacts, scratch: Scratch
) -> None:
    job = Job(
        path=str(scratch.path),
        token=TOKEN,
        mode="exact",
        url=_plain(database),
        people=statement(database, _endless(database)),
    )
    with start(job) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert await asyncio.to_thread(child.stdout.read, 4)
        child.stdin.close()
        assert await asyncio.to_thread(child.wait, 30) == 1


async def test_a_child_that_has_nobody_to_tell_what_failed_ends_silently(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with start(Job(path=str(tmp_path / "none.db"), token=TOKEN, mode="exact"), writing) as child:
        os.close(writing)
        assert child.stderr is not None
        assert (await asyncio.to_thread(child.stderr.read), child.wait()) == (b"", 1)


def _endless(database: Database) -> sa.Select[Any]:
    """A source that never ends: every slice is the same contact once more."""
    after = sa.bindparam("after", 0, type_=sa.BigInteger)
    text = sa.literal("somebody@example.ru")
    slice_ = sa.bindparam("slice", 0, type_=sa.Integer)
    columns: list[sa.ColumnElement[Any]] = [after + 1, text, sa.literal("ok"), sa.literal(1)]
    return sa.select(*columns).limit(slice_)


# What goes wrong


async def test_a_scratch_file_of_another_plan_is_lost(
    database: Database, contacts: Contacts, scratch: Scratch
) -> None:
    for path, token in ((scratch.path, "other"), (scratch.path.with_name("none.db"), TOKEN)):
        with pytest.raises(ScratchLost):
            await plan(database, path, token, Request("exact"), recipients(EVERYBODY, None))


async def test_a_database_that_does_not_answer_fails_the_plan(
    database: Database, contacts: Contacts, scratch: Scratch
) -> None:
    nowhere = sa.select(sa.table("nowhere", sa.column("id")).c.id)
    with pytest.raises(PlanFailed) as caught:
        await plan(database, scratch.path, TOKEN, Request("exact"), nowhere)
    assert caught.value.fault == "database"
    assert "nowhere" in caught.value.detail
