"""Contacts: stored, found, changed, told to modules, and stopped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from vestnik.companies.service import NewClient, UnknownClient, insert_clients
from vestnik.contacts.addresses import normalise
from vestnik.contacts.errors import (
    CategoryExists,
    ExternalIdTaken,
    InvalidFieldValue,
    UnknownCategory,
    UnknownField,
)
from vestnik.contacts.fields import Field, insert_fields
from vestnik.contacts.reading import Stop
from vestnik.contacts.service import Contacts, Draft
from vestnik.contacts.storing import NewContact
from vestnik.contacts.tables import address, consent, contact, suppression
from vestnik.db import Database, now
from vestnik.http.errors import Forbidden, NotFound
from vestnik.people.access import SYSTEM, Actor

READER = Actor(user_id=7, name="Читатель", rights=frozenset({"contacts.read"}))


async def found(contacts: Contacts, search: str) -> list[str]:
    people, total = await contacts.page(SYSTEM, search=search)
    assert total == len(people)
    return [person.name for person in people]


@pytest.fixture
async def crowd(database: Database, contacts: Contacts) -> Contacts:
    def store(connection: sa.Connection) -> None:
        [romashka] = insert_clients(connection, [NewClient("ООО «Ромашка»")])
        contacts.insert_many(
            connection,
            [
                NewContact("Фёдоров Пётр", [normalise("email", "fedorov@example.ru")], company_id=romashka),
                NewContact("Щукина Анна", [normalise("phone", "+79161234567")]),
                NewContact("100% Скидка_Клуб", [normalise("email", "club@example.com")]),
            ],
        )

    await database.write(store)
    return contacts


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("", ["100% Скидка_Клуб", "Фёдоров Пётр", "Щукина Анна"]),
        ("ФЕДОР", ["Фёдоров Пётр"]),
        ("пётр", ["Фёдоров Пётр"]),
        ("щу", ["Щукина Анна"]),
        ("ук", []),
        ("укин", ["Щукина Анна"]),
        ("Ромашка", ["Фёдоров Пётр"]),
        ("fedorov@EXAMPLE", ["Фёдоров Пётр"]),
        ("8 (916) 123-45-67", ["Щукина Анна"]),
        ("123-45", ["Щукина Анна"]),
        ("100%", ["100% Скидка_Клуб"]),
        ("a_К", []),
        ("скидка_к", ["100% Скидка_Клуб"]),
        ("%%%", []),
    ],
)
async def test_a_search_finds_by_name_email_phone_and_company(
    crowd: Contacts, search: str, names: list[str]
) -> None:
    assert await found(crowd, search) == names


async def test_a_list_is_sorted_and_cut_by_the_database(crowd: Contacts) -> None:
    people, total = await crowd.page(SYSTEM, sort="-name", offset=1, limit=1)
    assert ([person.name for person in people], total) == (["Фёдоров Пётр"], 3)


async def test_a_contact_keeps_its_addresses_with_the_first_one_primary(contacts: Contacts) -> None:
    draft = Draft(
        name="Анна", emails=["a@example.ru", "B@example.ru", "a@example.ru"], phones=["89161234567"]
    )
    person = await contacts.card(SYSTEM, await contacts.create(SYSTEM, draft))
    assert [(each.kind, each.text, each.is_primary) for each in person.addresses] == [
        ("email", "a@example.ru", True),
        ("email", "b@example.ru", False),
        ("phone", "+79161234567", True),
    ]


async def test_two_contacts_share_one_address(database: Database, contacts: Contacts) -> None:
    for name in ("Анна", "Борис"):
        await contacts.create(SYSTEM, Draft(name=name, emails=["family@example.ru"]))
    async with database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(address)) == 1
    assert await found(contacts, "family@") == ["Анна", "Борис"]


async def test_a_change_touches_only_what_it_names(contacts: Contacts, database: Database) -> None:
    await database.write(
        insert_fields,
        [
            Field("city", {"ru": "Город", "en": "City"}, "text"),
            Field("age", {"ru": "В", "en": "A"}, "number"),
        ],
    )
    key = await contacts.create(
        SYSTEM,
        Draft(
            name="Анна",
            emails=["anna@example.ru"],
            phones=["89161234567"],
            fields={"city": "Тверь", "age": 30},
        ),
    )
    before = await contacts.card(SYSTEM, key)
    await contacts.update(SYSTEM, key, Draft(emails=["new@example.ru"], fields={"age": None}, blocked=True))
    after = await contacts.card(SYSTEM, key)
    assert after.texts("email") == ["new@example.ru"]
    assert after == replace(
        before,
        blocked=True,
        custom={"city": "Тверь"},
        addresses=after.addresses,
        choices=after.choices,
        updated_at=after.updated_at,
    )
    assert after.texts("phone") == ["+79161234567"]


@pytest.mark.parametrize(
    ("draft", "problem"),
    [
        (Draft(name="А", fields={"nobody": 1}), UnknownField),
        (Draft(name="А", fields={"age": "тридцать"}), InvalidFieldValue),
        (Draft(name="А", fields={"born": "2000-13-01"}), InvalidFieldValue),
        (Draft(name="А", company_id=404), UnknownClient),
        (Draft(name="А", external_id="taken"), ExternalIdTaken),
    ],
)
async def test_a_contact_that_does_not_fit_is_refused_whole(
    database: Database, contacts: Contacts, draft: Draft, problem: type[Exception]
) -> None:
    await database.write(
        insert_fields,
        [Field("age", {"ru": "В", "en": "A"}, "number"), Field("born", {"ru": "Р", "en": "B"}, "date")],
    )
    await contacts.create(SYSTEM, Draft(name="Прежний", external_id="taken"))
    with pytest.raises(problem):
        await contacts.create(SYSTEM, draft)
    assert await found(contacts, "") == ["Прежний"]


async def test_a_merged_contact_leads_to_the_one_that_is_kept(database: Database, contacts: Contacts) -> None:
    kept, gone = [await contacts.create(SYSTEM, Draft(name=name)) for name in ("Анна", "Аня")]
    await database.write(
        lambda connection: connection.execute(
            sa.update(contact).where(contact.c.id == gone).values(merged_into=kept)
        )
    )
    assert (await contacts.card(SYSTEM, gone)).id == kept
    assert await found(contacts, "") == ["Анна"]
    with pytest.raises(NotFound):
        await contacts.update(SYSTEM, gone, Draft(name="Другая"))


async def test_changes_need_their_right_and_unknown_contacts_are_not_found(contacts: Contacts) -> None:
    key = await contacts.create(SYSTEM, Draft(name="Анна", emails=["anna@example.ru"]))
    assert (await contacts.card(READER, key)).name == "Анна"
    for refused in (
        contacts.create(READER, Draft(name="Борис")),
        contacts.update(READER, key, Draft(name="Борис")),
        contacts.create_category(READER, "Новости"),
        contacts.record_consent(READER, key, None, "given", "", ""),
        contacts.stop(READER, "email", "anna@example.ru", None, "test"),
        contacts.unsuppress(READER, "email", "anna@example.ru", None, "письмо"),
    ):
        with pytest.raises(Forbidden):
            await refused
    with pytest.raises(NotFound):
        await contacts.card(SYSTEM, key + 1)


async def test_a_category_is_named_once_whatever_the_letters(contacts: Contacts) -> None:
    await contacts.create_category(SYSTEM, "Счётчики")
    with pytest.raises(CategoryExists):
        await contacts.create_category(SYSTEM, " СЧЕТЧИКИ ")
    assert [each.title for each in await contacts.categories(SYSTEM)] == ["Счётчики"]


async def test_consents_are_a_journal_with_the_latest_one_in_force(
    contacts: Contacts, database: Database
) -> None:
    key = await contacts.create(SYSTEM, Draft(name="Анна", emails=["anna@example.ru"]))
    news = await contacts.create_category(SYSTEM, "Новости")
    for state in ("given", "withdrawn", "given"):
        await contacts.record_consent(SYSTEM, key, news, state, "форма", "https://example.com")
    [choice] = (await contacts.card(SYSTEM, key)).choices
    assert (choice.subscribed, choice.state, choice.how) == (True, "given", "форма")
    async with database.read() as connection:
        journal = await connection.scalars(sa.select(consent.c.state).order_by(consent.c.id))
        assert list(journal) == ["given", "withdrawn", "given"]
    with pytest.raises(UnknownCategory):
        await contacts.record_consent(SYSTEM, key, news + 1, "given", "форма", "")


async def test_an_unsubscribe_said_twice_counts_once(contacts: Contacts, database: Database) -> None:
    key = await contacts.create(SYSTEM, Draft(name="Анна", emails=["anna@example.ru"]))
    news = await contacts.create_category(SYSTEM, "Новости")
    at = now() - timedelta(hours=1)

    def unsubscribe(connection: sa.Connection) -> int:
        return contacts.suppress(
            connection,
            [normalise("email", "ANNA@example.ru")],
            reason="unsubscribe",
            category_id=news,
            source="unisender@1",
            at=at,
        )

    assert [await database.write(unsubscribe) for _ in range(2)] == [1, 0]
    person = await contacts.card(SYSTEM, key)
    assert person.addresses[0].stops == (Stop(news, "unsubscribe", at),)
    assert [(each.subscribed, each.from_where) for each in person.choices] == [(False, "unisender@1")]
    async with database.read() as connection:
        assert len((await connection.execute(sa.select(consent))).all()) == 1


async def test_an_address_that_is_imported_later_is_on_the_stop_list_already(
    contacts: Contacts, database: Database
) -> None:
    late = normalise("email", "late@example.ru")
    await database.write(
        lambda connection: contacts.suppress(
            connection, [late], reason="unsubscribe", category_id=None, source="hook"
        )
    )
    await contacts.create(SYSTEM, Draft(name="Позднее", emails=["late@example.ru"]))
    members = sa.select(contact.c.id.label("contact_id"))
    assert await contacts.audience_counts(members, None, "email") == {"unsubscribed_all": 1}


async def test_a_person_takes_an_address_off_the_stop_list_and_answers_for_it(
    contacts: Contacts, database: Database
) -> None:
    key = await contacts.create(SYSTEM, Draft(name="Анна", emails=["anna@example.ru"]))
    news = await contacts.create_category(SYSTEM, "Новости")
    members = sa.select(contact.c.id.label("contact_id"))
    for category_id in (news, None):
        await database.write(
            lambda connection, category_id=category_id: contacts.suppress(  # type: ignore[misc]
                connection,
                [normalise("email", "anna@example.ru")],
                reason="unsubscribe",
                category_id=category_id,
                source="hook",
            )
        )
    assert await contacts.unsuppress(SYSTEM, "email", "anna@example.ru", None, "письмо от 3 мая") == 1
    assert await contacts.audience_counts(members, news, "email") == {"unsubscribed_category": 1}
    assert await contacts.unsuppress(SYSTEM, "email", "anna@example.ru", news, "письмо от 3 мая") == 1
    assert await contacts.audience_counts(members, news, "email") == {"ok": 1}
    [choice] = (await contacts.card(SYSTEM, key)).choices
    assert (choice.state, choice.how) == ("given", "письмо от 3 мая")
    async with database.read() as connection:
        assert (await connection.execute(sa.select(suppression))).all() == []


async def test_a_module_is_told_what_the_contract_says(contacts: Contacts, database: Database) -> None:
    [company] = await database.write(insert_clients, [NewClient("ООО «Ромашка»")])
    news = await contacts.create_category(SYSTEM, "Новости")
    await database.write(insert_fields, [Field("city", {"ru": "Город", "en": "City"}, "text")])
    key = await contacts.create(
        SYSTEM,
        Draft(
            name="Анна",
            emails=["anna@example.ru", "a@example.ru"],
            company_id=company,
            fields={"city": "Тверь"},
        ),
    )
    bare = await contacts.create(SYSTEM, Draft(name="Борис"))
    await contacts.record_consent(SYSTEM, key, news, "withdrawn", "звонок", "")
    told: list[dict[str, Any]] = await contacts.contacts_by_id(
        [str(bare), "404", str(key), str(bare), "-1", "x", "9" * 19, "٣"]
    )
    assert told == [
        {
            "id": str(bare),
            "name": "Борис",
            "emails": [],
            "phones": [],
            "fields": {},
            "categories": [{"id": str(news), "name": "Новости", "subscribed": True}],
        },
        {
            "id": str(key),
            "name": "Анна",
            "company": "ООО «Ромашка»",
            "emails": ["anna@example.ru", "a@example.ru"],
            "phones": [],
            "fields": {"city": "Тверь"},
            "categories": [{"id": str(news), "name": "Новости", "subscribed": False}],
        },
    ]


async def test_addresses_and_categories_are_found_by_key(database: Database, contacts: Contacts) -> None:
    key = await contacts.create(SYSTEM, Draft(name="Анна", emails=["anna@example.ru"]))
    news = await contacts.create_category(SYSTEM, "Новости")
    [own] = (await contacts.card(SYSTEM, key)).addresses
    assert await contacts.addresses([own.id, 404]) == {own.id: "anna@example.ru"}
    assert await contacts.category_names([news, 404]) == {news: "Новости"}
    assert await database.write(contacts.has_category, news) is True
    assert await database.write(contacts.has_category, 404) is False


async def test_a_module_finds_contacts_by_address(contacts: Contacts) -> None:
    for name, email, phone in (("Анна", "anna@example.ru", "89161234567"), ("Борис", "b@example.ru", None)):
        await contacts.create(SYSTEM, Draft(name=name, emails=[email], phones=[phone] if phone else []))
    asked = ["B@example.ru", "нечто", "+7 916 123-45-67", "nobody@example.ru", "anna@example.ru", ""]
    assert [each["name"] for each in await contacts.contacts_by_address(asked)] == ["Борис", "Анна"]
