"""Segments: stored, counted, listed, changed and archived."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from vestnik.contacts import demo as people_demo
from vestnik.contacts.service import Contacts, Draft
from vestnik.contacts.tables import contact
from vestnik.db import Database
from vestnik.http.errors import Forbidden, NotFound
from vestnik.people.access import SYSTEM, Actor
from vestnik.segments import demo
from vestnik.segments.errors import NotDynamic, NotStatic, SegmentExists, UnknownMember
from vestnik.segments.looking import Lookout
from vestnik.segments.rules import EVERYBODY
from vestnik.segments.service import Segments

NAMED_ANNA = {"combinator": "and", "rules": [{"field": "name", "operator": "=", "value": "анна"}]}


@pytest.fixture
async def keys(contacts: Contacts) -> list[int]:
    return [await contacts.create(SYSTEM, Draft(name=name)) for name in ("Анна", "Борис", "Вера")]


async def names(segments: Segments, lookout: Lookout, segment_id: int) -> list[str]:
    people, total = await segments.contacts(SYSTEM, segment_id)
    assert total == await lookout.count(SYSTEM, segment_id) == len(people)
    return [person.name for person in people]


async def test_a_dynamic_segment_follows_its_rule(
    segments: Segments, lookout: Lookout, contacts: Contacts, keys: list[int]
) -> None:
    id = await segments.create(SYSTEM, "Анны", rule=NAMED_ANNA)
    assert await names(segments, lookout, id) == ["Анна"]
    await contacts.update(SYSTEM, keys[1], Draft(name="АННА"))
    assert await names(segments, lookout, id) == ["Анна", "АННА"]
    await segments.update(SYSTEM, id, rule=EVERYBODY, name="Все")
    assert await names(segments, lookout, id) == ["Анна", "АННА", "Вера"]
    assert (await segments.get(SYSTEM, id)).name == "Все"


async def test_a_static_segment_has_the_members_it_was_given(
    segments: Segments, lookout: Lookout, database: Database, keys: list[int]
) -> None:
    id = await segments.create(SYSTEM, "Избранные", members=[keys[2], keys[0], keys[2]])
    assert await names(segments, lookout, id) == ["Анна", "Вера"]
    await segments.change_members(SYSTEM, id, add=[keys[0], keys[1]], remove=[keys[2]])
    assert await names(segments, lookout, id) == ["Анна", "Борис"]
    await database.write(
        lambda connection: connection.execute(
            sa.update(contact).where(contact.c.id == keys[1]).values(merged_into=keys[0])
        )
    )
    assert await names(segments, lookout, id) == ["Анна"]


async def test_members_that_do_not_exist_and_the_wrong_kind_are_refused(
    segments: Segments, keys: list[int]
) -> None:
    with pytest.raises(UnknownMember) as refusal:
        await segments.create(SYSTEM, "Избранные", members=[keys[0], 404, 405])
    assert refusal.value.values == {"count": 2}
    assert await segments.page(SYSTEM) == ([], 0)
    dynamic = await segments.create(SYSTEM, "Анны", rule=NAMED_ANNA)
    static = await segments.create(SYSTEM, "Избранные", members=keys)
    with pytest.raises(NotStatic):
        await segments.change_members(SYSTEM, dynamic, add=keys)
    with pytest.raises(NotDynamic):
        await segments.update(SYSTEM, static, rule=NAMED_ANNA)


async def test_a_name_is_free_again_once_its_segment_is_archived(
    segments: Segments, lookout: Lookout, keys: list[int]
) -> None:
    first = await segments.create(SYSTEM, "Ёлка", members=keys)
    with pytest.raises(SegmentExists):
        await segments.create(SYSTEM, "ЕЛКА", rule=EVERYBODY)
    await segments.archive(SYSTEM, first)
    second = await segments.create(SYSTEM, "ЕЛКА", rule=NAMED_ANNA)
    assert [each.id for each in (await segments.page(SYSTEM, search="ёлка"))[0]] == [second]
    assert await lookout.count(SYSTEM, first) == 3, "what refers to an archived segment finds its members"
    with pytest.raises(NotFound):
        await segments.update(SYSTEM, first, name="Другая")


async def test_changes_need_their_right(segments: Segments, lookout: Lookout, keys: list[int]) -> None:
    reader = Actor(user_id=7, name="Читатель", rights=frozenset({"contacts.read"}))
    id = await segments.create(SYSTEM, "Избранные", members=keys)
    assert await lookout.count(reader, id) == 3
    assert await lookout.count_rule(reader, NAMED_ANNA) == 1
    for refused in (
        segments.create(reader, "Новый", rule=EVERYBODY),
        segments.update(reader, id, name="Новый"),
        segments.change_members(reader, id, remove=keys),
        segments.archive(reader, id),
    ):
        with pytest.raises(Forbidden):
            await refused
    with pytest.raises(NotFound):
        await segments.members(404)


async def test_a_segment_within_a_segment_is_found_by_search(segments: Segments, keys: list[int]) -> None:
    id = await segments.create(SYSTEM, "Избранные", members=keys[:2])
    people, total = await segments.contacts(SYSTEM, id, search="вера")
    assert (people, total) == ([], 0)
    people, total = await segments.contacts(SYSTEM, id, search="борис")
    assert ([person.name for person in people], total) == (["Борис"], 1)


async def test_the_demo_segments_split_the_demo_people(
    database: Database, contacts: Contacts, segments: Segments, lookout: Lookout
) -> None:
    await people_demo.create_demo(database, contacts, count=1_000)
    made = await demo.create_demo(database, segments)
    counts = {name: await lookout.count(SYSTEM, id) for name, id in made.items()}
    assert counts[demo.FOCUS_GROUP] == demo.SMALL
    assert 200 < counts["Москва"] < 400
    assert 10 < counts["VIP"] < counts["Клиенты"] < 450
    assert 0 < counts["Новые за 30 дней"] < 200
    await database.write(demo.remove_demo)
    await database.write(people_demo.remove_demo)
    assert await segments.page(SYSTEM) == ([], 0)
