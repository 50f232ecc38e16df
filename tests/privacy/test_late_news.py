"""What a service tells of a person who was erased meanwhile, and an address that two people share."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from tests.application import Browser, Installation
from tests.privacy import leaks
from tests.privacy.planted import EMAIL, NAME, NEEDLES, PERSON
from tests.privacy.test_privacy import told

from vestnik.campaigns.statuses import status_of
from vestnik.campaigns.tables import campaign, delivery
from vestnik.contacts import last_activity
from vestnik.contacts.addresses import Address
from vestnik.contacts.audience import audience
from vestnik.contacts.demo import remove_demo
from vestnik.contacts.tables import address, contact, erased_address
from vestnik.db import Database, new_key, now, to_microseconds
from vestnik.privacy.tables import erasure
from vestnik.webhooks import inbox as storage
from vestnik.webhooks.apply import FORGOTTEN, Parsed
from vestnik.webhooks.inbox import Stored
from vestnik.webhooks.tables import event, inbox, waiting

NEWS = {"type": "updateDeliveryStatus", "email": EMAIL, "reason": f"by {EMAIL}"}
LEFT = {"type": "unsubscribe", "email": EMAIL}


async def tell(installation: Installation, *actions: dict[str, Any]) -> Stored:
    """A stored request whose module made these actions of it, applied."""
    body = json.dumps({"people": [{"mail": each["email"], "name": NAME} for each in actions]}).encode()
    query, headers = f"who={EMAIL}", (("content-type", "application/json"),)
    request = Stored(new_key(), to_microseconds(now()), 1, "POST", "/hooks/x", query, headers, body)

    def apply(connection: sa.Connection) -> None:
        storage.store(connection, [request])
        installation.services.webhooks.applier.apply(connection, [Parsed(request, 1, list(actions))])

    await installation.services.database.write(apply)
    return request


async def erased(installation: Installation, browser: Browser) -> int:
    """The key of a campaign that wrote to a person who was erased then."""
    card = {**PERSON, "fields": {}, "emails": [EMAIL, "anna@example.ru"]}
    id: str = (await browser.post("/contacts", card)).json()["id"]
    key = await told(installation, id)
    find = sa.select(contact.c.id).where(contact.c.id == int(id))
    mine = sa.update(delivery).values(flags=0).where(delivery.c.contact_id == find.scalar_subquery())

    def prepare(connection: sa.Connection) -> None:
        connection.execute(mine)
        connection.execute(
            sa.update(campaign)
            .where(campaign.c.id == key)
            .values(account_id=1, external_id="ext-1", state="sent")
        )

    await installation.services.database.write(prepare)
    assert (await browser.post(f"/contacts/{id}/erase")).json()["state"] == "done"
    return key


async def test_late_news_of_an_erased_person_count_and_leave_no_address(
    installation: Installation, browser: Browser
) -> None:
    key = await erased(installation, browser)
    late = {"externalId": "ext-1", "status": "delivered", "email": "anna@example.ru", "reason": "anna"}
    request = await tell(installation, NEWS | late)
    unknown = await tell(installation, NEWS | {"externalId": "nobody-knows", "status": "opened"})
    async with installation.services.database.read() as connection:
        of_campaign = sa.select(delivery.c.flags, delivery.c.reason).where(delivery.c.campaign_id == key)
        [(flags, reason)] = await connection.execute(of_campaign)
        details = set(await connection.scalars(sa.select(event.c.detail)))
        bodies = await connection.scalars(
            sa.select(inbox.c.body).where(inbox.c.id.in_([request.id, unknown.id]))
        )
        kept = {bytes(body) for body in bodies}
        waits = await connection.scalar(sa.select(sa.func.count()).select_from(waiting))
    assert (status_of(flags), reason, details, waits) == ("delivered", None, {None}, 0)
    assert kept == {FORGOTTEN}
    assert await leaks.in_tables(installation, NEEDLES | {"anna": "anna@example"}) == set()


async def test_why_a_late_letter_did_not_reach_an_erased_person_is_not_kept(
    installation: Installation, browser: Browser
) -> None:
    key = await erased(installation, browser)
    bounced = {"externalId": "ext-1", "status": "hardBounce", "email": "anna@example.ru", "reason": "anna?"}
    await tell(installation, NEWS | bounced)
    async with installation.services.database.read() as connection:
        of_campaign = sa.select(delivery.c.flags, delivery.c.reason).where(delivery.c.campaign_id == key)
        [(flags, reason)] = await connection.execute(of_campaign)
    assert (status_of(flags), reason) == ("hard_bounced", None)


async def test_late_news_of_a_person_who_was_erased_twice_find_the_row_of_the_last_time(
    installation: Installation, browser: Browser
) -> None:
    await erased(installation, browser)
    again: str = (await browser.post("/contacts", {**PERSON, "fields": {}})).json()["id"]
    async with installation.services.database.read() as connection:
        latest = await connection.scalar(sa.select(address.c.id).where(address.c.normalised == EMAIL))
    await browser.post(f"/contacts/{again}/erase")
    async with installation.services.database.read() as connection:
        found = await connection.run_sync(
            installation.services.contacts.erased_addresses, [Address("email", EMAIL, "yozhikova.ru")]
        )
    assert list(found.values()) == [latest]


async def test_what_was_found_of_a_person_before_the_erasure_is_not_kept_after_it(
    installation: Installation, browser: Browser
) -> None:
    id: str = (await browser.post("/contacts", {**PERSON, "fields": {}})).json()["id"]
    moments = [(int(id), to_microseconds(now()))]
    await browser.post(f"/contacts/{id}/erase")
    await installation.services.database.write(lambda connection: last_activity.keep(moments, connection))
    async with installation.services.database.read() as connection:
        at = await connection.scalar(sa.select(contact.c.last_activity_at).where(contact.c.id == int(id)))
    assert at == last_activity.NEVER


async def test_a_late_unsubscribe_of_an_erased_person_is_kept_as_a_hash_and_holds_when_she_is_back(
    installation: Installation, browser: Browser
) -> None:
    await erased(installation, browser)
    await tell(installation, LEFT)
    assert await leaks.in_tables(installation, NEEDLES) == set()
    again: str = (await browser.post("/contacts", {**PERSON, "fields": {}})).json()["id"]
    card = (await browser.get(f"/contacts/{again}")).json()
    assert [(stop["reason"], stop["categoryId"]) for stop in card["emails"][0]["stops"]] == [
        ("unsubscribe", None)
    ]


async def test_of_a_request_about_several_only_the_erased_one_is_taken_out(
    installation: Installation, browser: Browser
) -> None:
    await erased(installation, browser)
    other = {"type": "unsubscribe", "email": "boris@inoy.ru"}
    request = await tell(installation, LEFT, other)
    async with installation.services.database.read() as connection:
        row = (await connection.execute(sa.select(inbox).where(inbox.c.id == request.id))).one()
    told_of = json.loads(bytes(row.body))["people"]
    assert [each["mail"] for each in told_of] == ["erased@erased.invalid", "boris@inoy.ru"]
    assert [each["email"] for each in json.loads(row.actions)] == ["erased@erased.invalid", "boris@inoy.ru"]
    assert row.query == "who=erased@erased.invalid"


async def reachable(database: Database, category: int | None) -> set[str]:
    """Addresses that everybody's letters of a category go to."""
    everybody = sa.select(contact.c.id.label("contact_id"))
    async with database.read() as connection:
        rows = await connection.execute(audience(everybody, category, "email"))
        return {row.address for row in rows if row.verdict == "ok"}


async def test_what_she_withdrew_from_holds_for_whoever_shares_her_address(
    installation: Installation, browser: Browser
) -> None:
    database, shared = installation.services.database, "family@example.ru"
    anna, boris = [
        (await browser.post("/contacts", {"name": name, "emails": [shared]})).json()["id"]
        for name in ("Анна Ёлкина", "Борис Ёлкин")
    ]
    news, sales = [
        int((await browser.post("/categories", {"title": title})).json()["id"])
        for title in ("Новости", "Акции")
    ]
    withdrawn = {"categoryId": str(news), "state": "withdrawn", "how": "сама"}
    assert (await browser.post(f"/contacts/{anna}/consents", withdrawn)).status_code < 300

    assert (await browser.post(f"/contacts/{anna}/erase")).json()["state"] == "done"

    assert (await reachable(database, news), await reachable(database, sales)) == (set(), {shared})
    card = (await browser.get(f"/contacts/{boris}")).json()
    assert {each["categoryId"]: each["subscribed"] for each in card["categories"]}[str(news)] is False
    given = {"categoryId": str(news), "state": "given", "how": "передумал"}
    await browser.post(f"/contacts/{boris}/consents", given)
    assert await reachable(database, news) == set()


async def test_the_demo_goes_with_those_who_were_erased_in_it(demo_installation: Installation) -> None:
    services = demo_installation.services
    browser = await demo_installation.signed_in("administrator")
    card = {"name": "Анна Ёлкина", "emails": ["anna@example.ru"], "externalId": "demo-1"}
    id: str = (await browser.post("/contacts", card)).json()["id"]
    assert (await browser.post(f"/contacts/{id}/erase")).json()["state"] == "done"
    await services.database.write(remove_demo)
    async with services.database.read() as connection:
        for table in (contact, erased_address, erasure):
            assert await connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0, table.name
