"""Who is responsible: the order of S4.3 as a table, and turns that are fair for leads that come at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
from tests.intake.leads.desk import Desk, codes

from vestnik.companies.finding import add_addresses
from vestnik.companies.tables import client
from vestnik.contacts.addresses import normalise
from vestnik.contacts.storing import NewContact, insert_contacts
from vestnik.db import Database, now
from vestnik.intake.leads.directories import change_settings
from vestnik.intake.leads.tables import lead
from vestnik.people.access import SYSTEM
from vestnik.people.tables import user
from vestnik.settings import Settings
from vestnik.vault import Vault

PHONE, EMAIL = "+79256424290", "petr@example.ru"

#: In the order of S4.3: of whom each condition makes the responsible person.
ORDER = ("request", "door", "client", "contact", "rule", "coordinator")


@pytest.mark.parametrize("missing", range(len(ORDER)))
async def test_the_first_of_the_named_ones_who_may_sign_in_is_responsible(
    desk: Desk, settings: Settings, missing: int
) -> None:
    """With the first `missing` of them disabled, the next one is responsible."""
    people = {by: await desk.person(by, "administrator" if by == "coordinator" else "") for by in ORDER}
    await desk.database.write(change_settings, SYSTEM, {"coordinator_id": people["coordinator"]})
    client_id = await desk.client("Ромашка", responsible_id=people["client"])
    await desk.database.write(add_addresses, client_id, [], [PHONE])
    new = NewContact("Пётр", [normalise("email", EMAIL)], None, people["contact"])
    vault = Vault(settings)
    await desk.database.write(lambda connection: insert_contacts(connection, vault, [new], now()))
    await desk.rule("round_robin", [people["rule"]])
    gone = user.c.id.in_([people[by] for by in ORDER[:missing]])
    await desk.do(sa.update(user).where(gone).values(disabled=True))
    row = await desk.accept(
        title="А", phone=PHONE, email=EMAIL,
        responsible="Request@vestnik.test", responsible_id=people["door"],
    )  # fmt: skip
    expected = ORDER[missing]
    assert (row.assigned_by, row.responsible_id) == (expected, people[expected])
    assert row.status == ("open" if expected == "coordinator" else "in_work")
    assert codes(row) == (["unknown_responsible"] if missing else [])
    assert await desk.letters() == [people[expected]]


async def test_without_a_coordinator_the_first_administrator_coordinates(desk: Desk) -> None:
    assert (await desk.accept(title="Никого нет")).responsible_id is None
    await desk.person("boris")
    anna = await desk.person("anna", "administrator")
    await desk.person("zoya", "administrator")
    row = await desk.accept(title="А")
    assert (row.responsible_id, row.status) == (anna, "open")


async def test_a_person_may_be_named_by_name(desk: Desk) -> None:
    olga = await desk.person("Ольга Петрова")
    assert (await desk.accept(title="А", responsible="ольга петрова")).responsible_id == olga


async def test_the_first_rule_that_fits_and_has_somebody_counts(desk: Desk) -> None:
    people = [await desk.person(name) for name in ("a", "b", "c", "d")]
    off = await desk.person("off", disabled=True)
    ads = await desk.channel("Реклама")
    await desk.rule("round_robin", [people[0]], position=1, enabled=False)
    await desk.rule("round_robin", [off], position=2)
    await desk.rule("by_source", [off, people[1], people[0]], position=3, channels=[ads])
    await desk.rule("round_robin", [people[2]], position=4, cities=["Пермь", "Орёл"])
    await desk.rule("round_robin", [people[3]], position=5)
    rows = [
        await desk.accept(title="А", path="реклама", city="Пермь"),
        await desk.accept(title="Б", city="ОРЕЛ"),
        await desk.accept(title="В", city="Тверь"),
    ]
    assert [row.responsible_id for row in rows] == people[1:]


async def test_the_least_busy_gets_the_next_lead(desk: Desk) -> None:
    a, b = await desk.person("a"), await desk.person("b")
    await desk.rule("least_busy", [a, b])
    rows = [await desk.accept(title=f"{n}") for n in range(4)]
    assert [row.responsible_id for row in rows] == [a, b, a, b]
    over = lead.c.responsible_id == b
    await desk.do(sa.update(lead).where(over).values(status="processed", finished_at=now()))
    assert [(await desk.accept(title=f"{n}")).responsible_id for n in range(2)] == [b, b]


async def test_turns_pass_over_who_may_not_sign_in_and_go_on_where_they_were(desk: Desk) -> None:
    a, b, c = [await desk.person(name) for name in "abc"]
    await desk.rule("round_robin", [a, b, c])
    first = [(await desk.accept(title="1")).responsible_id for _ in range(4)]
    await desk.do(sa.update(user).where(user.c.id == b).values(disabled=True))
    second = [(await desk.accept(title="2")).responsible_id for _ in range(2)]
    await desk.do(sa.update(user).where(user.c.id == b).values(disabled=False))
    third = [(await desk.accept(title="3")).responsible_id for _ in range(2)]
    assert (first, second, third) == ([a, b, c, a], [c, a], [b, c])


@pytest.fixture
async def desks(desk: Desk, database_url: str) -> AsyncIterator[list[Desk]]:
    """Two processes on PostgreSQL; SQLite has one."""
    if desk.database.on_sqlite:
        yield [desk]
        return
    other = Database(database_url)
    await other.start()
    yield [desk, Desk(other)]
    await other.stop()


async def test_turns_are_fair_and_exact_when_many_leads_come_at_once(desks: list[Desk]) -> None:
    people = [await desks[0].person(name) for name in "abc"]
    await desks[0].rule("round_robin", people)
    given: list[tuple[Desk, Any]] = []
    for number in range(60):
        desk = desks[number % len(desks)]
        given.append((desk, desk.given(title=f"{number}", input_id=1_000 + number)))
    await asyncio.gather(*(desk.accepted(each) for desk, each in given))
    in_turn = await desks[0].rows(sa.select(lead.c.responsible_id, lead.c.number).order_by(lead.c.number))
    assert [row.number for row in in_turn] == list(range(1, 61))
    assert Counter(row.responsible_id for row in in_turn) == dict.fromkeys(people, 20)
    assert [row.responsible_id for row in in_turn] == people * 20


async def test_one_client_is_made_of_an_inn_that_comes_many_times_at_once(desks: list[Desk]) -> None:
    given: list[tuple[Desk, Any]] = []
    for number in range(20):
        desk = desks[number % len(desks)]
        given.append((desk, desk.given(title="А", inn="7709745454", input_id=2_000 + number)))
    await asyncio.gather(*(desk.accepted(each) for desk, each in given))
    assert len(await desks[0].rows(sa.select(client.c.id))) == 1
    assert len({row.client_id for row in await desks[0].rows(sa.select(lead.c.client_id))}) == 1


async def test_one_lead_is_made_of_an_input_that_two_processes_accept(desks: list[Desk]) -> None:
    given = desks[0].given(title="А")
    accepted = await asyncio.gather(*(desks[n % len(desks)].accepted(given) for n in range(10)))
    assert len(set(accepted)) == 1
    assert len(await desks[0].rows(sa.select(lead.c.id))) == 1
