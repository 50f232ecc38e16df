"""The contact's card: fields that an administrator defines, companies, owners, consents, the past."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.application import Installation

from vestnik.contacts.service import Draft
from vestnik.contacts.timeline import TimelineEntry
from vestnik.db import now
from vestnik.people.access import SYSTEM

CITY: dict[str, Any] = {"key": "city", "title": {"ru": "Город", "en": "City"}, "kind": "text"}
INN = "7707083893"


async def test_an_administrator_defines_fields_and_cards_take_their_values(
    installation: Installation,
) -> None:
    administrator = await installation.signed_in("administrator")
    marketer = await installation.signed_in("marketer")
    made = await administrator.post("/contact-fields", CITY)
    stage = {"key": "stage", "title": {"ru": "Этап", "en": "Stage"}, "kind": "choice", "options": ["а", "б"]}
    second = (await administrator.post("/contact-fields", stage)).json()
    assert (made.status_code, made.json()) == (
        201,
        {"id": made.json()["id"], **CITY, "options": [], "archived": False},
    )
    await administrator.put("/contact-fields/order", {"ids": [second["id"]]})
    assert [each["key"] for each in (await marketer.get("/contacts/fields")).json()] == ["stage", "city"]
    body = {"name": "Анна", "fields": {"city": "Тверь", "stage": "б"}}
    id = (await marketer.post("/contacts", body)).json()["id"]

    used = await administrator.patch(f"/contact-fields/{second['id']}", {"options": ["а"]})
    assert (used.json()["code"], used.json()["contacts"]) == ("field_option_used", 1)
    assert (await marketer.get(f"/contacts/{id}")).json()["fields"] == body["fields"]
    refused = await marketer.patch(f"/contacts/{id}", {"fields": {"stage": "в"}})
    assert refused.json()["code"] == "invalid_field_value"

    await administrator.patch(f"/contact-fields/{second['id']}", {"archived": True})
    assert [each["key"] for each in (await marketer.get("/contacts/fields")).json()] == ["city"]
    assert [each["archived"] for each in (await administrator.get("/contact-fields")).json()] == [False, True]
    assert (await administrator.post("/contact-fields", stage)).json()["code"] == "field_exists"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**CITY, "kind": "choice"}, "field_options_missing"),
        ({**CITY, "options": ["а"]}, "field_kind_fixed"),
        ({**CITY, "key": "Город"}, "invalid_request"),
        ({**CITY, "title": {"ru": "Город"}}, "invalid_request"),
    ],
)
async def test_a_field_that_makes_no_sense_is_refused(
    installation: Installation, body: dict[str, Any], code: str
) -> None:
    administrator = await installation.signed_in("administrator")
    assert (await administrator.post("/contact-fields", body)).json()["code"] == code


async def test_a_company_is_one_by_its_inn_and_kpp_and_shows_on_the_card(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    made = await browser.post("/companies", {"name": "ПАО Сбербанк", "inn": "77 0708 3893"})
    company = made.json()
    assert (made.status_code, company["inn"], company["kpp"]) == (201, INN, None)
    again = (await browser.post("/companies", {"name": "Сбер", "inn": INN})).json()
    assert (again["code"], again["name"], again["id"]) == ("client_inn_taken", "ПАО Сбербанк", company["id"])
    branch = await browser.post("/companies", {"name": "Филиал", "inn": INN, "kpp": "773601001"})
    assert branch.status_code == 201
    found = (await browser.get("/companies?search=7707")).json()
    assert [each["name"] for each in found["items"]] == ["ПАО Сбербанк", "Филиал"]

    id = (await browser.post("/contacts", {"name": "Анна", "companyId": company["id"]})).json()["id"]
    card = (await browser.get(f"/contacts/{id}")).json()
    assert (card["company"], card["companyInn"]) == ({"id": company["id"], "name": "ПАО Сбербанк"}, INN)
    of_company = (await browser.get(f"/companies/{company['id']}/contacts")).json()
    assert [each["id"] for each in of_company["items"]] == [id]
    renamed = await browser.put(f"/companies/{company['id']}", {"name": "Сбер", "inn": INN})
    assert (renamed.json()["name"], renamed.json()["inn"]) == ("Сбер", INN)
    cleared = (await browser.patch(f"/contacts/{id}", {"companyId": None})).json()
    assert (cleared["company"], cleared["companyInn"]) == (None, None)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "А", "inn": "7707083894"}, "invalid_inn"),
        ({"name": "А", "inn": "12"}, "invalid_inn"),
        ({"name": "А", "kpp": "77"}, "invalid_kpp"),
        ({"name": " "}, "invalid_request"),
    ],
)
async def test_a_company_with_a_mistake_is_refused(
    installation: Installation, body: dict[str, Any], code: str
) -> None:
    browser = await installation.signed_in("marketer")
    assert (await browser.post("/companies", body)).json()["code"] == code


async def test_a_contact_is_given_to_an_owner_and_taken_back(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    [own] = (await browser.get("/contacts/owners")).json()
    id = (await browser.post("/contacts", {"name": "Анна", "ownerId": own["id"]})).json()["id"]
    assert (await browser.get(f"/contacts/{id}")).json()["owner"] == own
    assert (await browser.patch(f"/contacts/{id}", {"ownerId": "404"})).json()["code"] == "unknown_owner"
    assert (await browser.patch(f"/contacts/{id}", {"name": "Анна Б."})).json()["owner"] == own
    assert (await browser.patch(f"/contacts/{id}", {"ownerId": None})).json()["owner"] is None


async def test_the_consent_record_keeps_when_how_and_from_where(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    id = (await browser.post("/contacts", {"name": "Анна"})).json()["id"]
    news = (await browser.post("/categories", {"title": "Новости"})).json()["id"]
    offers = (await browser.post("/categories", {"title": "Акции"})).json()["id"]
    for category, state, how, where in (
        (news, "given", "Форма", "198.51.100.7"),
        (offers, "given", "Форма", "198.51.100.7"),
        (None, "withdrawn", "Позвонила", ""),
    ):
        body = {"categoryId": category, "state": state, "how": how, "fromWhere": where}
        assert (await browser.post(f"/contacts/{id}/consents", body)).status_code == 204
    record = (await browser.get(f"/contacts/{id}/consents?categoryId={news}")).json()
    assert record["total"] == 2
    assert [(r["category"], r["state"], r["how"], r["fromWhere"]) for r in record["items"]] == [
        (None, "withdrawn", "Позвонила", ""),
        ("Новости", "given", "Форма", "198.51.100.7"),
    ]
    assert (await browser.get(f"/contacts/{id}/consents?limit=1&offset=2")).json()["total"] == 3


async def test_the_past_is_paged_without_losing_what_happened_in_one_instant(
    installation: Installation,
) -> None:
    contacts = installation.services.contacts
    key = await contacts.create(SYSTEM, Draft(name="Анна"))
    start = now() - timedelta(days=1)
    told = [
        TimelineEntry(
            start - timedelta(minutes=number // 5), "sent", {"ru": f"№{number}", "en": f"#{number}"}
        )
        for number in range(13)
    ]

    async def source(
        _connection: AsyncConnection, _contact_id: int, before: object, limit: int
    ) -> list[TimelineEntry]:
        return [each for each in told if before is None or each.at <= before][:limit]  # type: ignore[operator]

    contacts.timeline.add(source)
    browser = await installation.signed_in("marketer")
    shown: list[str] = []
    cursor = ""
    for _ in range(5):
        page = (await browser.get(f"/contacts/{key}/timeline?limit=3&cursor={cursor}")).json()
        shown += [each["title"] for each in page["items"]]
        cursor = page["next"]
    assert shown == ["Контакт создан", *(each.title["ru"] for each in told)]
    assert cursor is None


async def test_the_past_tells_of_consents_the_stop_list_and_changes(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    draft = {"name": "Анна", "emails": ["anna@example.ru"]}
    id = (await browser.post("/contacts", draft)).json()["id"]
    news = (await browser.post("/categories", {"title": "Новости"})).json()["id"]
    given = {"categoryId": news, "state": "given", "how": "Форма", "fromWhere": "198.51.100.7"}
    await browser.post(f"/contacts/{id}/consents", given)
    await browser.post("/stop-list", {"address": "anna@example.ru"})
    await browser.patch(f"/contacts/{id}", {"name": "Анна Б."})
    shown = (await browser.get(f"/contacts/{id}/timeline")).json()["items"]
    assert [(each["kind"], each["title"], each["detail"]) for each in shown] == [
        ("contact_changed", "Карточка изменена", None),
        ("stop_manual", "Адрес внесён в стоп-лист", "anna@example.ru"),
        ("consent_given", "Согласие на «Новости»", "Форма · 198.51.100.7"),
        ("contact_created", "Контакт создан", None),
    ]


async def test_an_option_that_contacts_or_rules_have_is_not_taken_away(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    stage = {"key": "stage", "title": {"ru": "Этап", "en": "Stage"}, "kind": "choice"}
    twice = await administrator.post("/contact-fields", {**stage, "options": ["а", "б", " А "]})
    assert (twice.status_code, twice.json()["code"]) == (422, "field_option_twice")
    assert (twice.json()["path"], twice.json()["option"]) == ("$.options[2]", "А")
    made = (await administrator.post("/contact-fields", {**stage, "options": ["а", "б", "в"]})).json()
    for name in ("Анна", "Вера"):
        await administrator.post("/contacts", {"name": name, "fields": {"stage": "а"}})
    condition = {"field": "custom.stage", "operator": "=", "value": "б"}
    rule = {"combinator": "and", "rules": [{"combinator": "or", "rules": [condition]}]}
    await installation.services.segments.create(SYSTEM, "Этап б", rule=rule)

    for options, used in ((["б", "в"], ("а", 2, 0)), (["а", "в"], ("б", 0, 1))):
        refused = await administrator.patch(f"/contact-fields/{made['id']}", {"options": options})
        told = refused.json()
        assert (refused.status_code, told["code"]) == (409, "field_option_used")
        assert (told["option"], told["contacts"], told["segments"]) == used
    changed = await administrator.patch(f"/contact-fields/{made['id']}", {"options": ["г", "б", "а"]})
    assert changed.json()["options"] == ["г", "б", "а"]
