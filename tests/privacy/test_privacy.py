"""What is held of a person is handed out whole, and erased without a trace but the stop-list's."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from tests.application import Browser, Installation

import vestnik.tables  # noqa: F401
from vestnik.audit.service import Wanted
from vestnik.campaigns.tables import campaign, delivery
from vestnik.contacts.tables import address, contact
from vestnik.db import EPOCH, metadata, new_key, now
from vestnik.people.access import SYSTEM
from vestnik.webhooks.tables import event, inbox, waiting

ANNA = {"name": "Ёлкина Анна", "emails": ["anna@example.ru", "family@example.ru"], "phones": ["89161234567"]}


async def told(installation: Installation, contact_id: str, *, state: str = "sent", flags: int = 7) -> int:
    """A campaign that wrote to the contact, and a service's request that told what became of it."""

    def store(connection: sa.Connection) -> int:
        [address_id] = connection.scalars(
            sa.select(address.c.id).where(address.c.normalised == "anna@example.ru")
        )
        values: dict[str, Any] = {
            each.name: ("" if isinstance(each.type, sa.String) else 0)
            for each in campaign.c
            if not each.nullable and each.server_default is None
        }
        key, at = new_key(), now()
        values |= {"id": key, "name": "Осень", "state": state, "created_at": at, "updated_at": at}
        connection.execute(sa.insert(campaign).values(values))
        connection.execute(
            sa.insert(delivery).values(
                campaign_id=key,
                address_id=address_id,
                contact_id=int(contact_id),
                flags=flags,
                at=at,
                reason="550 anna@example.ru unknown",
            )
        )
        request = new_key()
        connection.execute(
            sa.insert(inbox).values(
                id=request,
                received_at=at,
                account_id=1,
                method="POST",
                path="/",
                query="mail=Anna%40example.ru",
                headers="[]",
                body=b'{"email": "ANNA@example.ru", "other": "boris@example.ru"}',
                state="applied",
                attempts=1,
                actions='[{"email": "anna@example.ru"}]',
            )
        )
        connection.execute(
            sa.insert(event).values(
                id=new_key(),
                at=at,
                account_id=1,
                campaign_id=key,
                address_id=address_id,
                kind="clicked",
                detail="https://shop.example/?me=anna",
                inbox_id=request,
            )
        )
        connection.execute(
            sa.insert(waiting).values(
                account_id=1,
                address="Anna@example.ru",
                action='{"email": "Anna@example.ru"}',
                inbox_id=request,
                position=0,
                created_at=at,
            )
        )
        return key

    return await installation.services.database.write(store)


async def everything(installation: Installation) -> str:
    """Every value of every table, as one text."""
    texts: list[str] = []
    async with installation.services.database.read() as connection:
        for table in metadata.sorted_tables:
            for row in await connection.execute(sa.select(table)):
                texts += [repr(value) for value in row]
    return "\n".join(texts).lower()


async def person(browser: Browser) -> str:
    id: str = (await browser.post("/contacts", ANNA)).json()["id"]
    await browser.post("/contacts", {"name": "Борис", "emails": ["family@example.ru"]})
    return id


async def test_the_file_holds_what_every_room_knows(installation: Installation) -> None:
    browser = await installation.signed_in("administrator")
    id = await person(browser)
    await told(installation, id)
    news = (await browser.post("/categories", {"title": "Новости"})).json()["id"]
    given = {"categoryId": news, "state": "given", "how": "Форма", "fromWhere": "198.51.100.7"}
    await browser.post(f"/contacts/{id}/consents", given)
    await browser.post("/stop-list", {"address": "anna@example.ru"})

    answer = await browser.get(f"/contacts/{id}/personal-data")

    assert answer.headers["content-disposition"] == f'attachment; filename="personal-data-{id}.json"'
    held = answer.json()
    assert list(held) == [
        *("contacts", "consents", "addresses", "suppression", "imports"),
        *("deals", "orders", "leads", "segments", "deliveries", "requests", "events", "listRefusals"),
        "texts",
    ]
    assert list(held["texts"]) == [each.name for each in installation.services.privacy.sweeper.sweeps]
    assert held["contacts"][0]["name"] == "Ёлкина Анна"
    assert [each["address"] for each in held["addresses"]] == [
        *("anna@example.ru", "family@example.ru", "+79161234567"),
    ]
    assert [(each["category"], each["how"], each["fromWhere"]) for each in held["consents"]] == [
        ("Новости", "Форма", "198.51.100.7")
    ]
    assert [each["reason"] for each in held["suppression"]] == ["manual"]
    assert [(each["campaign"], each["status"]) for each in held["deliveries"]] == [("Осень", "delivered")]
    assert [each["detail"] for each in held["events"]] == ["https://shop.example/?me=anna"]
    assert len(held["requests"]) == 1
    _, handed_out = await installation.services.audit.page(SYSTEM, Wanted(action="contact.handed_out"))
    assert handed_out == 1


async def test_an_erased_person_is_nowhere_but_as_a_hash_and_the_proof_stays(
    installation: Installation,
) -> None:
    browser = await installation.signed_in("administrator")
    id = await person(browser)
    key = await told(installation, id)
    news = (await browser.post("/categories", {"title": "Новости"})).json()["id"]
    for consent in (
        {"categoryId": news, "state": "withdrawn", "how": "Форма Анны", "fromWhere": "198.51.100.7"},
        {"categoryId": None, "state": "withdrawn", "how": "Форма Анны"},
    ):
        await browser.post(f"/contacts/{id}/consents", consent)

    answer = await browser.post(f"/contacts/{id}/erase")

    proof = answer.json()
    assert (answer.status_code, proof["contactId"], proof["by"]) == (200, id, "Имя administrator")
    assert proof["removed"] == {
        "contacts": 1,
        "consents": 2,
        "addresses": 3,
        "suppression": 0,
        "imports": 0,
        "segments": 0,
        "deliveries": 1,
        "requests": 2,
        "events": 1,
        "deals": 0,
        "orders": 0,
        "leads": 0,
        "clients": 0,
        "sales": 0,
        "inputs": 0,
        "calendars": 0,
        "outgoing": 0,
        "filters": 0,
        "links": 0,
        "listRefusals": 0,
        "messages": 0,
        "recordings": 0,
        "rehearsals": 0,
        "storage": 0,
        "tests": 0,
    }
    assert (proof["state"], proof["finishedAt"] >= proof["at"]) == ("done", True)
    assert (await browser.get("/erasures")).json() == {"items": [proof], "total": 1}
    whole = await everything(installation)
    assert [
        text for text in ("ёлкина", "елкина", "anna", "9161234567", "198.51.100.7") if text in whole
    ] == []
    assert "family@example.ru" in whole
    assert "boris@example.ru" in whole
    async with installation.services.database.read() as connection:
        assert await connection.scalar(sa.select(delivery.c.flags).where(delivery.c.campaign_id == key)) == 7
    assert (await browser.get("/contacts")).json()["total"] == 1
    for method, path in (("GET", ""), ("GET", "/timeline"), ("POST", "/erase"), ("GET", "/personal-data")):
        assert (await browser.request(method, f"/contacts/{id}{path}")).status_code == 404, path

    again = (await browser.post("/contacts", ANNA)).json()["id"]
    card = (await browser.get(f"/contacts/{again}")).json()
    assert again != id
    for each in card["emails"]:
        assert [(stop["reason"], stop["categoryId"]) for stop in each["stops"]] == [
            ("unsubscribe", None),
            ("unsubscribe", news),
        ]
    assert [each["subscribed"] for each in card["categories"]] == [False]


async def test_contacts_that_were_merged_into_one_are_erased_with_it(installation: Installation) -> None:
    browser = await installation.signed_in("administrator")
    kept, other = [
        (await browser.post("/contacts", {"name": name, "emails": [email]})).json()["id"]
        for name, email in (("Ёлкина Анна", "anna@example.ru"), ("Анюта", "anyuta@example.ru"))
    ]
    await browser.post(f"/contacts/{kept}/merge", {"otherIds": [other]})
    assert (await browser.post(f"/contacts/{other}/erase")).json()["contactId"] == kept
    whole = await everything(installation)
    assert [text for text in ("ёлкина", "анюта", "anna", "anyuta") if text in whole] == []
    async with installation.services.database.read() as connection:
        left = await connection.scalars(sa.select(contact.c.erased_at))
        assert all(at > EPOCH for at in left)


async def test_a_person_to_whom_a_letter_is_on_its_way_is_erased_after_it(installation: Installation) -> None:
    browser = await installation.signed_in("administrator")
    id = await person(browser)
    key = await told(installation, id, state="preparing", flags=0)
    answer = await browser.post(f"/contacts/{id}/erase")
    assert (answer.status_code, answer.json()["code"]) == (409, "recipient_is_being_written_to")
    assert (answer.json()["campaign"], answer.json()["id"]) == ("Осень", str(key))
    assert (await browser.get(f"/contacts/{id}")).json()["name"] == "Ёлкина Анна"
