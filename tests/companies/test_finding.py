"""Clients of what comes in: one of each INN, however many ask; found by the addresses that they have."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from vestnik.companies.directory import Companies, CompanyDraft
from vestnik.companies.errors import ClientInnTaken
from vestnik.companies.finding import (
    Found,
    add_addresses,
    find_by_addresses,
    find_or_create_by_inn,
    responsible_of,
)
from vestnik.companies.service import NewClient, insert_clients
from vestnik.companies.tables import client
from vestnik.db import Database
from vestnik.people.access import SYSTEM

INN = "7709745454"
OF_PERSON = "500100732259"


async def clients(database: Database) -> list[tuple[str, str, bool, int | None]]:
    async with database.read() as connection:
        columns = (client.c.name, client.c.kind, client.c.name_pending, client.c.responsible_id)
        return [tuple(row) for row in await connection.execute(sa.select(*columns).order_by(client.c.id))]


async def test_an_inn_that_is_new_makes_a_client_whose_name_is_to_be_completed(database: Database) -> None:
    id, made = await database.write(find_or_create_by_inn, INN, 7)
    person, _ = await database.write(find_or_create_by_inn, OF_PERSON)

    again = await database.write(find_or_create_by_inn, INN, 8)

    assert (made, again) == (True, (id, False))
    assert await clients(database) == [
        ("ИНН 7709745454", "company", True, 7),
        ("ИНН 500100732259", "person", True, None),
    ]
    assert await database.write(responsible_of, id) == 7
    assert await database.write(responsible_of, person) is None


async def test_of_several_branches_with_an_inn_the_oldest_is_found(database: Database) -> None:
    branches = [NewClient("Офис", inn=INN, kpp="770001001"), NewClient("Филиал", inn=INN, kpp="773601001")]
    first, _ = await database.write(insert_clients, branches)
    assert await database.write(find_or_create_by_inn, INN) == (first, False)


async def test_many_at_once_in_two_processes_make_one_client(database: Database) -> None:
    beside = Database(database.url.render_as_string(hide_password=False))
    await beside.start()
    found = await asyncio.gather(
        *(each.write(find_or_create_by_inn, INN) for _ in range(20) for each in (database, beside))
    )
    await beside.stop()
    assert len({id for id, _ in found}) == 1
    assert sum(made for _, made in found) == 1
    assert len(await clients(database)) == 1


async def test_a_person_who_enters_an_inn_meanwhile_is_told_of_the_client(
    database: Database, companies: Companies
) -> None:
    beside = Database(database.url.render_as_string(hide_password=False))
    await beside.start()
    by_hand = [companies.create(SYSTEM, CompanyDraft("Сбер", inn=INN)) for _ in range(5)]
    by_leads = [beside.write(find_or_create_by_inn, INN) for _ in range(5)]
    told = await asyncio.gather(*by_hand, *by_leads, return_exceptions=True)
    await beside.stop()
    refused = [each for each in told if isinstance(each, BaseException)]
    assert {type(each) for each in refused} == {ClientInnTaken}
    assert len(await clients(database)) == 1


async def test_clients_are_found_by_their_addresses_the_oldest_first(database: Database) -> None:
    one, other = await database.write(insert_clients, [NewClient("Один"), NewClient("Другой")])
    email, phone = "we@example.ru", "+79161234567"
    await database.write(add_addresses, other, [email], [phone])
    await database.write(add_addresses, one, [email], [])
    await database.write(add_addresses, one, [email], [])

    assert await database.write(find_by_addresses, [email, "no@example.ru"], [phone]) == [
        Found(one, "email", email),
        Found(other, "email", email),
        Found(other, "phone", phone),
    ]
    # A text is looked for as what it is.
    assert await database.write(find_by_addresses, [phone], [email]) == []
    assert await database.write(find_by_addresses, [], []) == []


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_who_comes_second_waits_for_the_end_of_the_first_and_finds_its_client(
    database: Database,
) -> None:
    beside = Database(database.url.render_as_string(hide_password=False))
    await beside.start()
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(database.write(find_or_create_by_inn, INN))
        second = tasks.create_task(beside.write(find_or_create_by_inn, INN))
    await beside.stop()
    assert first.result()[0] == second.result()[0]
    assert sorted([first.result()[1], second.result()[1]]) == [False, True]
