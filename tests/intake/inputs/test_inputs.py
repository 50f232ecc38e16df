"""What comes in is stored first, read once, and never lost."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.intake.inputs.conftest import SOURCE, Counter, new
from tests.intake.parsing.document import EXAMPLE

from vestnik.db import new_key, now
from vestnik.http.errors import Forbidden, NotFound
from vestnik.intake.fields import Given, LeadFields, Warned
from vestnik.intake.inputs import store as storage
from vestnik.intake.inputs import working
from vestnik.intake.inputs.errors import IdempotencyKeyReused, InputNotReadAgain, InputTooLarge
from vestnik.intake.inputs.service import Filter
from vestnik.intake.inputs.tables import input_part, input_table
from vestnik.people.access import SYSTEM, Actor, rights_of

ORDER = EXAMPLE.encode("cp1251")
READER = Actor(user_id=None, name="reader", rights=rights_of(["marketer"]))


async def test_an_input_becomes_one_lead(counter: Counter) -> None:
    row = await counter.comes(ORDER)

    [lead] = await counter.leads()
    assert (row.state, row.lead_id, row.title) == ("read", lead.id, lead.title)
    assert (lead.inn, lead.door, lead.input_id) == ("7709745454", "http", row.id)
    assert row.next_at is None
    assert row.reading["encoding"] == "windows-1251"


async def test_reading_it_again_and_again_makes_no_second_lead(counter: Counter) -> None:
    input_id = await counter.store(ORDER)

    first = await counter.inputs.process(input_id)
    again = await counter.inputs.process(input_id)
    await counter.inputs.work()

    assert first is not None
    assert again is None
    assert [lead.id for lead in await counter.leads()] == [first.lead_id]


async def test_two_that_read_one_input_at_once_make_one_lead(counter: Counter) -> None:
    input_id = await counter.store(ORDER)

    made = await asyncio.gather(*(counter.inputs.process(input_id) for _ in range(5)))

    assert len([each for each in made if each is not None]) == 1
    assert len(await counter.leads()) == 1


async def test_two_processes_share_the_work(counter: Counter, tmp_path: object) -> None:
    other = counter.another(tmp_path)  # type: ignore[arg-type]
    for number in range(30):
        await counter.store(json.dumps({"Тема": f"№ {number}"}).encode())

    await asyncio.gather(counter.inputs.work(), other.work())

    assert sorted(lead.title for lead in await counter.leads()) == sorted(f"№ {each}" for each in range(30))


async def test_the_same_key_stores_nothing_new(counter: Counter) -> None:
    first = await counter.inputs.store(new(ORDER, key="a"))
    again = await counter.inputs.store(new(ORDER, key="a"))
    elsewhere = await counter.inputs.store(new(ORDER, key="a", source_id=SOURCE + 1))
    by_letter = await counter.inputs.store(new(ORDER, key="a", door="letter"))
    await counter.inputs.work()

    assert (first.known, again.known) == (False, True)
    assert again.input_id == first.input_id
    assert len({first.input_id, elsewhere.input_id, by_letter.input_id}) == 3


async def test_the_same_key_with_other_data_is_refused(counter: Counter) -> None:
    await counter.inputs.store(new(ORDER, key="a"))

    with pytest.raises(IdempotencyKeyReused):
        await counter.inputs.store(new(ORDER + b" ", key="a"))


async def test_many_at_once_with_one_key_are_one_input(counter: Counter) -> None:
    stored = await asyncio.gather(*(counter.inputs.store(new(ORDER, key="a")) for _ in range(10)))
    await counter.inputs.work()

    assert len({each.input_id for each in stored}) == 1
    assert [each.known for each in stored].count(False) == 1
    assert len(await counter.leads()) == 1


async def test_without_a_key_each_is_another(counter: Counter) -> None:
    for _ in range(2):
        await counter.comes(ORDER)

    assert len(await counter.leads()) == 2


async def test_large_inputs_are_stored_in_pieces_and_read_whole(counter: Counter) -> None:
    raw = json.dumps({"Тема": "a", "x": "я" * 800_000}, ensure_ascii=False).encode()

    row = await counter.comes(raw)

    parts = await counter.desk.rows(sa.select(input_part.c.position).order_by(input_part.c.position))
    assert [part.position for part in parts] == list(range(-(-len(raw) // storage.PART_BYTES)))
    assert (row.state, row.size) == ("read", len(raw))
    _, pieces = await counter.inputs.raw(SYSTEM, row.id)
    assert b"".join([piece async for piece in pieces]) == raw


async def test_too_large_an_input_is_refused(counter: Counter) -> None:
    with pytest.raises(InputTooLarge):
        await counter.inputs.store(new(b" " * (storage.INPUT_BYTES + 1)))


async def test_pieces_without_their_input_are_removed_in_time(counter: Counter) -> None:
    old = new_key.before(now() - storage.HALF_STORED - timedelta(minutes=1))
    await counter.store(b"{}")
    for input_id in (old, new_key()):
        await counter.desk.do(sa.insert(input_part).values(input_id=input_id, position=0, bytes=b"a"))

    assert await counter.database.write(storage.remove_half_stored) == 1
    assert await counter.database.write(storage.remove_half_stored) == 0

    left = await counter.desk.rows(sa.select(input_part.c.input_id))
    assert len(left) == 2
    assert old not in [row.input_id for row in left]


async def test_what_cannot_be_read_says_why_and_stays(counter: Counter) -> None:
    row = await counter.comes(b'{"a": ')

    assert (row.state, row.reason["code"], row.lead_id) == ("unreadable", "json_breaks_off", None)
    card = await counter.inputs.card(READER, row.id)
    assert [each.text for each in card.shown] == ['{"a": ']


async def test_what_was_not_even_fetched_says_why(counter: Counter) -> None:
    reason = Warned("letter_too_large", facts={"limit": 30})
    row = await counter.comes(b"", door="letter", about={"subject": "ORDER: 1"}, reason=reason)

    assert (row.state, row.title, row.reason["code"]) == ("unreadable", "ORDER: 1", "letter_too_large")


async def test_a_filled_in_trap_is_set_aside(counter: Counter) -> None:
    counter.collector.trap = "url"

    row = await counter.comes(b"name=a&url=b", media_type="application/x-www-form-urlencoded")

    assert (row.state, row.reason["code"]) == ("set_aside", "trap")
    assert await counter.leads() == []


async def test_an_input_that_breaks_its_reader_is_tried_again_and_given_up(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "RETRY_AFTER", (timedelta(0), timedelta(0), timedelta(0)))

    async def breaks(*_: object) -> None:
        raise ArithmeticError("a fault of ours")

    monkeypatch.setattr(counter.inputs._working, "way", breaks)
    row = await counter.comes(ORDER)

    assert (row.state, row.attempts, row.reason["code"]) == ("unreadable", 3, "internal")
    monkeypatch.undo()
    again = await counter.inputs.read_again(SYSTEM, row.id, dry=False)
    assert again.lead is not None


async def test_an_input_that_takes_its_process_with_it_is_set_apart(counter: Counter) -> None:
    input_id = await counter.store(ORDER)
    claimed = {"attempts": working.CLAIMS, "next_at": now()}
    await counter.desk.do(sa.update(input_table).where(input_table.c.id == input_id).values(claimed))

    await counter.inputs.work()

    assert (await counter.row(input_id)).reason["code"] == "too_heavy"


async def test_a_start_takes_over_what_a_dead_process_had_claimed(counter: Counter) -> None:
    input_id = await counter.store(ORDER)
    later = {"attempts": 1, "next_at": now() + working.LEASE}
    await counter.desk.do(sa.update(input_table).where(input_table.c.id == input_id).values(later))

    await counter.inputs.start()
    await counter.inputs.work()

    taken = (await counter.row(input_id)).state
    assert taken == ("read" if counter.database.on_sqlite else "new")


async def test_ready_fields_and_their_lead_are_one_unit(counter: Counter) -> None:
    given = Given(fields=LeadFields(title="a"), door="api", input_id=0, received_at=now())

    accepted = await counter.inputs.take(new(b"{}", door="api", source_id=None, key="k"), given)
    again = await counter.inputs.take(new(b"{}", door="api", source_id=None, key="k"), given)

    assert again == accepted
    [lead] = await counter.leads()
    row = await counter.row(lead.input_id)
    assert (row.state, row.lead_id, row.title, row.source_id) == ("read", lead.id, "a", 0)
    with pytest.raises(IdempotencyKeyReused):
        await counter.inputs.take(new(b"[]", door="api", source_id=None, key="k"), given)
    with pytest.raises(InputNotReadAgain):
        await counter.inputs.read_again(SYSTEM, row.id, dry=False)


async def test_a_lead_that_cannot_be_made_leaves_no_input(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = Given(fields=LeadFields(title="a"), door="api", input_id=0, received_at=now())

    def refuses(*_: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr(counter.inputs, "_accept", refuses)
    with pytest.raises(ArithmeticError):
        await counter.inputs.take(new(b"{}", door="api", source_id=None), given)

    assert await counter.desk.rows(sa.select(input_table.c.id)) == []
    assert await counter.desk.rows(sa.select(input_part.c.input_id)) == []


# Reading again


async def test_a_mended_mapping_makes_the_lead(counter: Counter) -> None:
    row = await counter.comes('{"Зовут": "Иван", "Тлефон": "5"}'.encode())
    assert row.reason["code"] == "nothing_known"
    await counter.inputs.add_name(SYSTEM, row.id, "person", "Зовут")

    seen = await counter.inputs.read_again(SYSTEM, row.id, dry=True)
    assert (seen.is_new_lead, seen.lead) == (True, None)
    assert await counter.leads() == []
    again = await counter.inputs.read_again(SYSTEM, row.id, dry=False)

    [lead] = await counter.leads()
    assert again.lead is not None
    assert (lead.person, again.lead.lead_id) == ("Иван", lead.id)
    assert (await counter.row(row.id)).state == "read"


async def test_a_mended_document_changes_the_lead_after_it_was_shown(counter: Counter) -> None:
    row = await counter.comes('{"Тема": "a", "Телефон": "5"}'.encode())
    mended = '{"Тема": "b", "Телефон": "5"}'

    seen = await counter.inputs.read_again(SYSTEM, row.id, dry=True, text=mended)
    assert [(each.field, each.before, each.after) for each in seen.differences] == [("title", "a", "b")]
    assert [lead.title for lead in await counter.leads()] == ["a"]
    await counter.inputs.read_again(SYSTEM, row.id, dry=False, text=mended)

    assert [lead.title for lead in await counter.leads()] == ["b"]
    row = await counter.row(row.id)
    assert row.correction == mended
    _, pieces = await counter.inputs.raw(SYSTEM, row.id)
    assert b"".join([piece async for piece in pieces]) == '{"Тема": "a", "Телефон": "5"}'.encode()


async def test_a_document_that_was_mended_wrongly_leaves_the_lead(counter: Counter) -> None:
    row = await counter.comes('{"Тема": "a"}'.encode())

    again = await counter.inputs.read_again(SYSTEM, row.id, dry=False, text="{")

    assert again.reading.reason is not None
    assert [lead.title for lead in await counter.leads()] == ["a"]
    assert (await counter.row(row.id)).state == "read"


async def test_what_is_no_lead_can_be_set_aside_and_read_after_all(counter: Counter) -> None:
    row = await counter.comes(b"{")
    await counter.inputs.set_aside(SYSTEM, row.id)
    assert (await counter.row(row.id)).state == "set_aside"

    await counter.inputs.read_again(SYSTEM, row.id, dry=False, text='{"Тема": "a"}')

    assert (await counter.row(row.id)).state == "read"
    with pytest.raises(NotFound):
        await counter.inputs.set_aside(SYSTEM, row.id)


async def test_who_only_reads_leads_changes_no_input(counter: Counter) -> None:
    row = await counter.comes(b"{")
    calls = (
        counter.inputs.read_again(READER, row.id, dry=True),
        counter.inputs.set_aside(READER, row.id),
        counter.inputs.add_name(READER, row.id, "phone", "x"),
        counter.inputs.page(replace(READER, rights=frozenset()), Filter(), 0, 10),
    )
    for call in calls:
        with pytest.raises(Forbidden):
            await call


async def test_the_list_counts_states_and_filters(counter: Counter) -> None:
    await counter.comes(b"{")
    await counter.comes('{"Тема": "a"}'.encode())
    await counter.comes(b"", door="letter")

    lines, total, counts = await counter.inputs.page(READER, Filter(state="unreadable"), 0, 10)

    assert ([line.row.door for line in lines], total) == (["letter", "http"], 2)
    assert counts == {"unreadable": 2, "read": 1}
    assert {line.source for line in lines} == {"Заявки с сайта"}
    assert lines[1].reason is not None


async def test_a_visitors_browser_tells_address_and_site(counter: Counter) -> None:
    about = {"origin": "https://shop.example.org", "ip": "203.0.113.9"}
    await counter.comes('{"Тема": "a"}'.encode(), about=about)
    await counter.comes('{"Тема": "b"}'.encode(), about={"ip": "203.0.113.9"})

    assert [(lead.ip, lead.site) for lead in await counter.leads()] == [
        ("203.0.113.9", "shop.example.org"),
        ("", ""),
    ]
