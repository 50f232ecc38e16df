"""What is announced: cheap while nobody wants it, of every unsubscribe and bounce, as the schemas say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.outgoing.conftest import Post, told
from tests.webhooks.conftest import ACCOUNT, CAMPAIGN, EXTERNAL, Room, delivered, room

from vestnik.campaigns.tables import campaign
from vestnik.contacts.addresses import normalise
from vestnik.contacts.consents import Evidence, record_consent
from vestnik.contacts.leaving import part
from vestnik.contacts.stop_list import Stop, StopList
from vestnik.contacts.tables import contact, contact_address
from vestnik.db import Database, new_key, now
from vestnik.outgoing import service
from vestnik.outgoing.service import KINDS, announce, announce_all, wanted
from vestnik.outgoing.tables import delivery, endpoint, message
from vestnik.people.access import SYSTEM

__all__ = ["room"]


def row(*kinds: str) -> dict[str, Any]:
    """An endpoint as another process stores it."""
    at = now()
    return {
        "id": new_key(),
        "title": "CRM",
        "url": "https://hooks.example.org/",
        "kinds": list(kinds),
        "private": False,
        "secret_sealed": b"",
        "enabled": True,
        "told": False,
        "created_at": at,
        "updated_at": at,
    }


async def listen(database: Database, *kinds: str) -> None:
    """An endpoint of this process."""

    def unit(connection: sa.Connection) -> None:
        connection.execute(sa.insert(endpoint).values(row(*kinds)))
        service.forget_wanted(connection)

    await database.write(unit)


async def count(database: Database, table: sa.Table) -> int:
    async with database.read() as connection:
        return await connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


# Who wants what


async def test_the_database_is_not_asked_while_nobody_wants_to_hear(post: Post) -> None:
    asked: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    def tell(connection: sa.Connection) -> None:
        wanted(connection, "lead.created")
        sa.event.listen(connection.engine, "before_cursor_execute", note)
        for _ in range(100):
            announce(connection, "lead.created", {"id": "1"})
        sa.event.remove(connection.engine, "before_cursor_execute", note)

    await post.database.write(tell)
    assert asked == []
    assert await count(post.database, message) == 0


async def test_an_endpoint_hears_of_what_happens_directly_after_it_was_entered(post: Post) -> None:
    await post.tell(1)
    endpoint_id, _ = await post.listen("https://hooks.example.org/", private=False)
    await post.tell(2)
    await post.outgoing.change(post.actor, endpoint_id, {"kinds": ["lead.changed"]})
    await post.tell(3)
    await post.tell(4, kind="lead.changed")
    await post.outgoing.change(post.actor, endpoint_id, {"enabled": False})
    await post.tell(5, kind="lead.changed")
    await post.outgoing.change(post.actor, endpoint_id, {"enabled": True})
    await post.tell(6, kind="lead.changed")
    stored = await post.rows(message)
    assert [(each["kind"], each["body"].partition('"data":')[2]) for each in stored] == [
        ("lead.created", '{"id":"2"}}'),
        ("lead.changed", '{"id":"4"}}'),
        ("lead.changed", '{"id":"6"}}'),
    ]


async def test_an_endpoint_of_another_process_hears_within_five_seconds(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert service.KNOWN_FOR_S == 5
    about = {"id": "1"}
    await database.write(announce, "lead.created", about)
    await database.write(
        lambda connection: connection.execute(sa.insert(endpoint).values(row("lead.created")))
    )
    await database.write(announce, "lead.created", about)
    assert await count(database, message) == 0
    monkeypatch.setattr(service, "KNOWN_FOR_S", 0)
    await database.write(announce, "lead.created", about)
    assert await count(database, message) == 1


async def test_what_is_undone_is_told_to_nobody(post: Post) -> None:
    await post.listen("https://hooks.example.org/", private=False)

    def fails(connection: sa.Connection) -> None:
        announce_all(connection, "lead.created", [{"id": str(number)} for number in range(3)])
        raise RuntimeError("undone")

    with pytest.raises(RuntimeError):
        await post.database.write(fails)
    assert await count(post.database, message) == await count(post.database, delivery) == 0


async def test_a_kind_that_there_is_not_is_a_mistake_of_ours(database: Database) -> None:
    with pytest.raises(LookupError):
        await database.write(announce, "lead.eaten", {})


async def test_every_kind_may_be_told(post: Post) -> None:
    await post.listen("https://hooks.example.org/", *KINDS, private=False)
    for kind in KINDS:
        await post.tell(1, kind=kind)
    assert [each["kind"] for each in await post.rows(message)] == list(KINDS)


# Bounces and unsubscribes


async def test_a_bounce_is_told_once_with_what_the_service_said(room: Room) -> None:
    await listen(room.database, "message.bounced")
    await room.send(
        delivered("reader0@example.com", "hardBounce", reason="550 no such user"),
        delivered("reader1@example.com", "softBounce"),
        delivered("reader2@example.com", "delivered"),
        delivered("reader0@example.com", "hardBounce", reason="550 no such user"),
    )
    common = {"addressKind": "email", "accountId": str(ACCOUNT), "campaignId": str(CAMPAIGN)}
    found = await told(room.database)
    assert [{**each["data"], "at": ""} for each in found] == [
        common
        | {"address": "reader0@example.com", "status": "hardBounce", "reason": "550 no such user", "at": ""},
        common | {"address": "reader1@example.com", "status": "softBounce", "reason": None, "at": ""},
    ]


async def test_a_bounce_that_waited_for_its_campaign_is_told_when_that_came(room: Room) -> None:
    await listen(room.database, "message.bounced")
    unnamed = sa.update(campaign).values(external_id=None)
    await room.database.write(lambda connection: connection.execute(unnamed))
    await room.send(delivered("reader0@example.com", "hardBounce"))
    assert await told(room.database) == []

    def arrive(connection: sa.Connection) -> None:
        connection.execute(sa.update(campaign).values(external_id=EXTERNAL))
        room.webhooks.campaign_arrived(connection, ACCOUNT, EXTERNAL, CAMPAIGN)

    await room.database.write(arrive)
    assert [each["data"]["address"] for each in await told(room.database)] == ["reader0@example.com"]


async def test_an_unsubscribe_at_a_service_is_told_of_the_contact(room: Room) -> None:
    await listen(room.database, "contact.unsubscribed")
    action = {"type": "unsubscribe", "email": "reader0@example.com", "externalId": {"listExternalId": "77"}}
    await room.send(
        action, {"type": "unsubscribe", "email": "stranger@example.com", "externalId": {"all": True}}
    )
    await room.send(action, body=b"{ }")
    async with room.database.read() as connection:
        ids = (await connection.execute(sa.select(contact.c.id, contact.c.name))).all()
    reader = next(str(each.id) for each in ids if each.name == "reader0@example.com")
    found = [each["data"] for each in await told(room.database)]
    assert [
        {name: each[name] for name in ("contactId", "addresses", "categoryId", "category", "how")}
        for each in found
    ] == [
        {
            "contactId": reader,
            "addresses": [{"kind": "email", "address": "reader0@example.com"}],
            "categoryId": str(room.category_id),
            "category": "Новости",
            "how": "unsubscribe",
        },
        {
            "contactId": None,
            "addresses": [{"kind": "email", "address": "stranger@example.com"}],
            "categoryId": None,
            "category": None,
            "how": "unsubscribe",
        },
    ]
    assert all(each["source"].startswith("webhook:") for each in found)


async def test_nothing_is_stored_of_bounces_that_nobody_wants(room: Room) -> None:
    await listen(room.database, "lead.created")
    await room.send(delivered("reader0@example.com", "hardBounce"))
    assert await told(room.database) == []


async def _people(room: Room) -> list[int]:
    async with room.database.read() as connection:
        return list((await connection.scalars(sa.select(contact.c.id).order_by(contact.c.name))).all())


async def test_a_withdrawal_on_the_card_is_told_and_a_consent_is_not(room: Room) -> None:
    await listen(room.database, "contact.unsubscribed")
    ids = await _people(room)
    evidence = Evidence(now() - timedelta(hours=1), "Позвонил", "карточка")
    await room.database.write(record_consent, ids[:2], None, "withdrawn", evidence)
    await room.database.write(record_consent, ids[2:], room.category_id, "given", evidence)
    found = [each["data"] for each in await told(room.database)]
    assert [(each["contactId"], each["how"], each["source"], each["at"]) for each in found] == [
        (str(id), "Позвонил", "карточка", evidence.at.isoformat()) for id in ids[:2]
    ]


async def test_an_address_put_on_the_stop_list_by_hand_is_told_where_it_is_an_unsubscribe(room: Room) -> None:
    await listen(room.database, "contact.unsubscribed")
    stop_list = StopList(room.database, room.contacts._vault)
    stops = [
        Stop(normalise("email", "stranger@example.com"), None, "unsubscribe"),
        Stop(normalise("email", "angry@example.com"), None, "spam"),
        Stop(normalise("email", "reader0@example.com"), room.category_id, "unsubscribe"),
    ]
    assert await stop_list.add(SYSTEM, stops, source="вручную") == [True, True, True]
    found = [
        (each["data"]["addresses"][0]["address"], each["data"]["contactId"])
        for each in await told(room.database)
    ]
    ids = await _people(room)
    assert sorted(found, key=str) == sorted(
        [("stranger@example.com", None), ("reader0@example.com", str(ids[0]))], key=str
    )
    assert await stop_list.add(SYSTEM, stops, source="вручную") == [False, False, False]
    assert len(await told(room.database)) == 2


async def test_what_an_address_said_before_it_left_a_contact_is_not_told_again(room: Room) -> None:
    ids = await _people(room)
    evidence = Evidence(now(), "Позвонил", "карточка")
    await room.database.write(record_consent, ids[:1], None, "withdrawn", evidence)
    await listen(room.database, "contact.unsubscribed")
    leaving = contact_address.c.contact_id == ids[0]
    await room.database.write(part, ids[:1], leaving, evidence)
    assert await told(room.database) == []


async def test_a_thousand_unsubscribes_at_once_are_told_in_few_statements(room: Room) -> None:
    await listen(room.database, "contact.unsubscribed")
    stop_list = StopList(room.database, room.contacts._vault)
    stops = [Stop(normalise("email", f"p{n}@example.com"), None, "unsubscribe") for n in range(1_000)]
    asked: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    engine = room.database._write_engine
    sa.event.listen(engine, "before_cursor_execute", note)
    await stop_list.add(SYSTEM, stops, source="файл")
    sa.event.remove(engine, "before_cursor_execute", note)
    assert len(asked) < 100
    assert len(await told(room.database)) == 1_000
