"""Merging contacts that are one person: found, brought together, with the strictest of their choices."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from tests.application import Browser, Installation

from vestnik.audit.service import Wanted
from vestnik.contacts.addresses import normalise
from vestnik.contacts.audience import audience
from vestnik.contacts.service import Contacts
from vestnik.contacts.tables import address, contact, distinct
from vestnik.people.access import SYSTEM

ANNA = {"name": "Анна Ёлкина", "emails": ["anna@example.ru"], "phones": ["8 916 123-45-67"]}
ANYA = {"name": "Аня", "emails": ["anya@example.ru", "anna@example.ru"]}


async def made(browser: Browser, *drafts: dict[str, Any]) -> list[str]:
    return [(await browser.post("/contacts", draft)).json()["id"] for draft in drafts]


async def verdicts(installation: Installation, category: str, *ids: str) -> dict[str, str]:
    """What the audience of a category says of contacts."""
    members = sa.select(contact.c.id.label("contact_id")).where(contact.c.id.in_(map(int, ids)))
    async with installation.services.database.read() as connection:
        rows = await connection.execute(audience(members, int(category), "email"))
        return {str(row.contact_id): row.verdict for row in rows}


async def test_contacts_become_one_with_the_parts_that_were_chosen(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    administrator = await installation.signed_in("administrator")
    for key in ("city", "size"):
        title = {"ru": key, "en": key}
        await administrator.post("/contact-fields", {"key": key, "title": title, "kind": "text"})
    kept, other = await made(
        browser,
        {**ANNA, "externalId": "crm-1", "fields": {"city": "Тверь"}},
        {**ANYA, "externalId": "crm-2", "fields": {"city": "Омск", "size": "XL"}},
    )
    segment = (await browser.post("/segments", {"name": "Список", "members": [other]})).json()["id"]

    body = {"otherIds": [other], "name": other, "email": other, "externalId": other}
    card = (await browser.post(f"/contacts/{kept}/merge", body)).json()

    assert card["id"] == kept
    assert (card["name"], card["externalId"], card["fields"]) == (
        "Аня",
        "crm-2",
        {"city": "Тверь", "size": "XL"},
    )
    assert [(e["address"], e["primary"]) for e in [*card["emails"], *card["phones"]]] == [
        ("anya@example.ru", True),
        ("anna@example.ru", False),
        ("+79161234567", True),
    ]
    assert (await browser.get(f"/contacts/{other}")).json() == card
    assert (await browser.get("/contacts")).json()["total"] == 1
    members = (await browser.get(f"/segments/{segment}/contacts")).json()["items"]
    assert [each["id"] for each in members] == [kept]
    titles = [each["title"] for each in (await browser.get(f"/contacts/{other}/timeline")).json()["items"]]
    assert "Объединён с контактом «Аня»" in titles
    again = await browser.post(f"/contacts/{kept}/merge", {"otherIds": [other]})
    assert (again.status_code, again.json()["code"]) == (409, "cannot_merge")


async def test_the_strictest_choice_of_all_wins(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    news = (await browser.post("/categories", {"title": "Новости"})).json()["id"]
    offers = (await browser.post("/categories", {"title": "Акции"})).json()["id"]
    kept, other = await made(browser, ANNA, {"name": "Аня", "emails": ["anya@example.ru"]})
    for id, state in ((other, "withdrawn"), (kept, "given")):
        await browser.post(f"/contacts/{id}/consents", {"categoryId": news, "state": state, "how": "x"})

    card = (await browser.post(f"/contacts/{kept}/merge", {"otherIds": [other]})).json()

    assert [(each["title"], each["subscribed"], each["state"]) for each in card["categories"]] == [
        ("Новости", False, "withdrawn"),
        ("Акции", True, None),
    ]
    assert await verdicts(installation, news, kept, other) == {kept: "unsubscribed_category"}
    assert await verdicts(installation, offers, kept, other) == {kept: "ok"}
    record = (await browser.get(f"/contacts/{kept}/consents")).json()["items"]
    assert [(each["state"], each["how"], each["fromWhere"]) for each in record] == [
        ("withdrawn", "merge", f"contact:{other}"),
        ("given", "x", ""),
        ("withdrawn", "x", ""),
    ]


async def test_the_evidence_on_a_card_is_of_the_choice_that_holds(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    news = (await browser.post("/categories", {"title": "Новости"})).json()["id"]
    kept, other = await made(browser, ANNA, {"name": "Аня", "emails": ["anya@example.ru"]})
    for id, state, how in ((kept, "withdrawn", "сама"), (other, "given", "форма")):
        await browser.post(f"/contacts/{id}/consents", {"categoryId": news, "state": state, "how": how})

    card = (await browser.post(f"/contacts/{kept}/merge", {"otherIds": [other]})).json()

    [choice] = card["categories"]
    assert (choice["subscribed"], choice["state"], choice["how"]) == (False, "withdrawn", "сама")
    again = {"categoryId": news, "state": "given", "how": "передумала"}
    await browser.post(f"/contacts/{kept}/consents", again)
    [choice] = (await browser.get(f"/contacts/{kept}")).json()["categories"]
    assert (choice["subscribed"], choice["state"], choice["how"]) == (True, "given", "передумала")
    await browser.post(f"/contacts/{kept}/consents", {"categoryId": None, "state": "withdrawn", "how": "всё"})
    [choice] = (await browser.get(f"/contacts/{kept}")).json()["categories"]
    assert (choice["subscribed"], choice["state"], choice["how"]) == (False, "withdrawn", "всё")


async def test_an_unsubscribe_that_came_before_its_contact_speaks_for_all_of_it(
    installation: Installation,
) -> None:
    contacts: Contacts = installation.services.contacts
    browser = await installation.signed_in("marketer")
    news = (await browser.post("/categories", {"title": "Новости"})).json()["id"]

    def hear(connection: sa.Connection) -> None:
        early = [normalise("email", "anya@example.ru")]
        contacts.suppress(connection, early, reason="unsubscribe", category_id=None, source="unisender@1")

    await installation.services.database.write(hear)
    kept, other = await made(browser, ANNA, {"name": "Аня", "emails": ["anya@example.ru"]})
    assert await verdicts(installation, news, kept) == {kept: "ok"}
    await browser.post(f"/contacts/{kept}/merge", {"otherIds": [other]})
    assert await verdicts(installation, news, kept) == {kept: "unsubscribed_all"}


async def test_whoever_was_blocked_in_one_of_them_is_blocked(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    kept, other, third = await made(browser, ANNA, ANYA, {"name": "А."})
    await browser.patch(f"/contacts/{third}", {"blocked": True})
    await browser.post(f"/contacts/{other}/merge", {"otherIds": [third]})
    card = (await browser.post(f"/contacts/{kept}/merge", {"otherIds": [other]})).json()
    assert card["blocked"]
    assert (await browser.get(f"/contacts/{third}")).json() == card


async def test_candidates_share_an_address_or_a_name_within_a_company(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    company = (await browser.post("/companies", {"name": "Ромашка"})).json()["id"]
    one, two, three, four, _five = await made(
        browser,
        ANNA,
        ANYA,
        {"name": "Пётр Ёжиков", "companyId": company},
        {"name": "петр ежиков", "companyId": company},
        {"name": "Пётр Ёжиков"},
    )

    async def groups(ground: str) -> list[tuple[str, list[str]]]:
        found: list[tuple[str, list[str]]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = (await browser.get(f"/contacts/duplicates?ground={ground}&limit=1&cursor={cursor}")).json()
            found += [(each["shared"], [c["id"] for c in each["contacts"]]) for each in page["items"]]
            cursor = page["next"]
        return found

    assert await groups("address") == [("anna@example.ru", [one, two])]
    assert await groups("name") == [("Пётр Ёжиков", [three, four])]
    assert [each["id"] for each in (await browser.get(f"/contacts/{one}/duplicates")).json()] == [two]
    assert [each["id"] for each in (await browser.get(f"/contacts/{four}/duplicates")).json()] == [three]
    await browser.post(f"/contacts/{one}/merge", {"otherIds": [two]})
    assert await groups("address") == []
    assert (await installation.services.audit.page(SYSTEM, Wanted(action="contact.merged")))[1] == 1


async def test_who_was_said_to_be_different_people_is_not_shown_again_until_somebody_joins(
    installation: Installation,
) -> None:
    browser = await installation.signed_in("marketer")
    company = (await browser.post("/companies", {"name": "ООО Ромашка"})).json()["id"]
    office = {"emails": ["office@example.ru"], "companyId": company}
    one, two = await made(browser, {**office, "name": "Пётр Ёжиков"}, {**office, "name": "Петр Ежиков"})

    async def shown(ground: str) -> list[list[str]]:
        page = (await browser.get(f"/contacts/duplicates?ground={ground}")).json()
        assert page["next"] is None
        return [[each["id"] for each in group["contacts"]] for group in page["items"]]

    async def alike(id: str) -> list[str]:
        return [each["id"] for each in (await browser.get(f"/contacts/{id}/duplicates")).json()]

    [group] = (await browser.get("/contacts/duplicates?ground=address")).json()["items"]
    said = {"ground": "address", "sharedId": group["sharedId"], "contactIds": [one, two]}
    by_address = (await browser.post("/contacts/duplicates/distinct", said)).json()["id"]
    assert (await shown("address"), await shown("name"), await alike(one)) == ([], [[one, two]], [two])
    [group] = (await browser.get("/contacts/duplicates?ground=name")).json()["items"]
    said = {"ground": "name", "sharedId": group["sharedId"], "contactIds": [one, two]}
    by_name = (await browser.post("/contacts/duplicates/distinct", said)).json()["id"]
    assert (await shown("name"), await alike(one)) == ([], [])

    listed = (await browser.get("/contacts/duplicates/distinct")).json()
    assert [(e["id"], e["ground"], e["shared"], e["createdBy"]) for e in listed["items"]] == [
        (by_name, "name", "ООО Ромашка", "Имя marketer"),
        (by_address, "address", "office@example.ru", "Имя marketer"),
    ]
    assert [[c["id"] for c in each["contacts"]] for each in listed["items"]] == [[one, two]] * 2
    first = (await browser.get("/contacts/duplicates/distinct?limit=1")).json()
    second = (await browser.get(f"/contacts/duplicates/distinct?limit=1&cursor={first['next']}")).json()
    assert ([e["id"] for e in second["items"]], second["next"]) == ([by_address], None)

    [three] = await made(browser, {"name": "Мария", "emails": ["office@example.ru"]})
    assert await shown("address") == [[one, two, three]]
    assert await alike(one) == [three]
    await browser.delete(f"/contacts/duplicates/distinct/{by_name}")
    assert await shown("name") == [[one, two]]
    again = await browser.delete(f"/contacts/duplicates/distinct/{by_name}")
    assert again.status_code == 404
    audit = installation.services.audit
    assert (await audit.page(SYSTEM, Wanted(action="contacts.distinct")))[1] == 2
    assert (await audit.page(SYSTEM, Wanted(action="contacts.distinct_taken_back")))[1] == 1


async def test_only_contacts_that_share_it_now_are_said_to_be_different(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    one, two = await made(browser, ANNA, ANYA)
    [group] = (await browser.get("/contacts/duplicates?ground=address")).json()["items"]
    await browser.patch(f"/contacts/{two}", {"emails": ["anya@example.ru"]})
    said = {"ground": "address", "sharedId": group["sharedId"], "contactIds": [one, two]}
    answer = await browser.post("/contacts/duplicates/distinct", said)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_alike")


async def test_pages_without_anybody_are_passed_over(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    for number in range(4):
        office = [f"office{number}@example.ru"]
        ids = await made(browser, {"name": "Раз", "emails": office}, {"name": "Два", "emails": office})
        if number < 3:
            groups = (await browser.get("/contacts/duplicates?limit=100")).json()["items"]
            said = {"ground": "address", "sharedId": groups[-1]["sharedId"], "contactIds": ids}
            await browser.post("/contacts/duplicates/distinct", said)
    page = (await browser.get("/contacts/duplicates?limit=1")).json()
    assert [group["shared"] for group in page["items"]] == ["office3@example.ru"]


async def test_what_was_said_of_different_people_follows_a_merge(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    services, shared = installation.services, "info@example.ru"
    a, b, c = [
        (await browser.post("/contacts", {"name": name, "emails": [shared]})).json()["id"]
        for name in ("Анна", "Борис", "Вера")
    ]
    d = (await browser.post("/contacts", {"name": "Дарья", "emails": ["d@example.ru"]})).json()["id"]
    async with services.database.read() as connection:
        held = sa.select(address.c.id).where(address.c.normalised == shared)
        shared_id = (await connection.execute(held)).scalar_one()
    await services.duplicates.distinctions.say(SYSTEM, "address", shared_id, [int(a), int(b), int(c)])

    assert (await browser.post(f"/contacts/{d}/merge", {"otherIds": [b]})).status_code == 200

    async with services.database.read() as connection:
        assert list(await connection.scalars(sa.select(distinct.c.contact_ids))) == [
            sorted([int(a), int(c), int(d)])
        ]
    for other in (a, c):
        assert (await browser.post(f"/contacts/{d}/merge", {"otherIds": [other]})).status_code == 200
    async with services.database.read() as connection:
        assert list(await connection.scalars(sa.select(distinct.c.contact_ids))) == []
