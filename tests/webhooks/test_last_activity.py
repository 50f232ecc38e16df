"""When contacts were last active: by their events, a moment later, whatever the order of both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from tests.application import Installation, installation, settings

from vestnik.app import Services
from vestnik.contacts.addresses import normalise
from vestnik.contacts.last_activity import NEVER
from vestnik.contacts.service import Draft
from vestnik.contacts.storing import NewContact
from vestnik.contacts.tables import contact, contact_address, late_link
from vestnik.db import load, new_key, now
from vestnik.people.access import SYSTEM
from vestnik.webhooks import last_activity
from vestnik.webhooks.tables import event, event_reader

__all__ = ["installation", "settings"]

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def services(installation: Installation) -> Services:
    return installation.services


class Readers:
    """Contacts with an e-mail address each, and what happens to them."""

    def __init__(self, services: Services, keys: list[int], addresses: list[int]) -> None:
        self.services, self.keys, self.addresses = services, keys, addresses

    async def happens(self, *events: tuple[int, str, datetime], before: timedelta = timedelta(0)) -> None:
        """Store events (reader, kind, at) with keys of the present, or of so long before it."""
        past = (before // timedelta(milliseconds=1)) << 22
        rows = [(new_key() - past, at, 1, self.addresses[who], kind) for who, kind, at in events]
        columns = ("id", "at", "account_id", "address_id", "kind")
        await self.services.database.write(load, event, columns, rows)

    async def active(self) -> list[datetime | None]:
        """When each was last active, after catching up."""
        await self.services.last_activity.catch_up()
        async with self.services.database.read() as connection:
            found = sa.select(contact.c.last_activity_at).order_by(contact.c.id)
            return [None if at == NEVER else at for at in await connection.scalars(found)]


@pytest.fixture
async def readers(services: Services) -> Readers:
    rows = [NewContact(f"Имя {n}", [normalise("email", f"reader{n}@example.ru")]) for n in range(3)]
    keys = await services.database.write(services.contacts.insert_many, rows)
    async with services.database.read() as connection:
        links = await connection.execute(
            sa.select(contact_address.c.contact_id, contact_address.c.address_id)
        )
        by_contact = {row.contact_id: row.address_id for row in links}
    return Readers(services, keys, [by_contact[key] for key in keys])


async def test_what_a_person_does_is_activity_and_what_befalls_a_letter_is_none(readers: Readers) -> None:
    later = START + timedelta(hours=1)
    await readers.happens((0, "opened", START), (0, "clicked", later), (0, "opened", START))
    await readers.happens((1, "sent", later), (1, "delivered", later), (1, "hardBounce", later))
    await readers.happens((2, "unsubscribed", START))
    assert await readers.active() == [later, None, START]


async def test_an_older_event_that_comes_later_changes_nothing(readers: Readers) -> None:
    await readers.happens((0, "opened", START))
    assert await readers.active() == [START, None, None]
    await readers.happens((0, "opened", START - timedelta(days=1)), (1, "spam", START))
    assert await readers.active() == [START, START, None]


async def test_an_event_committed_after_one_with_a_greater_key_is_not_missed(readers: Readers) -> None:
    await readers.happens((0, "opened", START))
    assert await readers.active() == [START, None, None]
    await readers.happens((1, "opened", START), before=timedelta(seconds=30))
    assert await readers.active() == [START, START, None]


async def test_what_was_read_long_ago_is_not_read_again(
    readers: Readers, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(last_activity, "READ_AT_ONCE", 2)
    monkeypatch.setattr(last_activity, "CHANGED_AT_ONCE", 1)
    old = timedelta(minutes=5)
    await readers.happens((0, "opened", START), (1, "opened", START), (2, "opened", START), before=old)
    assert await readers.active() == [START] * 3
    async with services.database.read() as connection:
        done = await connection.scalar(sa.select(event_reader.c.done_to))
        assert done == await connection.scalar(sa.select(sa.func.max(event.c.id)))


async def test_a_service_whose_clock_is_ahead_makes_nobody_active_in_the_future(readers: Readers) -> None:
    begun = now()
    await readers.happens((0, "opened", begun + timedelta(days=400)))
    at, *others = await readers.active()
    assert at is not None
    assert begun <= at <= now()
    assert others == [None, None]


async def test_a_merged_contact_is_as_active_as_any_of_them(readers: Readers, services: Services) -> None:
    await readers.happens((0, "opened", START), (1, "opened", START + timedelta(days=1)))
    await readers.active()
    await services.merging.merge(SYSTEM, readers.keys[0], readers.keys[1:])
    await readers.happens((2, "clicked", START + timedelta(days=2)))
    kept, *_ = await readers.active()
    assert kept == START + timedelta(days=2)


async def test_the_list_shows_it_and_goes_by_it(readers: Readers, installation: Installation) -> None:
    await readers.happens((0, "opened", START), (2, "opened", START + timedelta(days=1)))
    await readers.active()
    browser = await installation.signed_in("marketer")
    rows = (await browser.get("/contacts?sort=-lastActivity")).json()["items"]
    assert [row["lastActivityAt"] for row in rows] == ["2026-11-02T12:00:00Z", "2026-11-01T12:00:00Z", None]
    path = "/contacts?filters=%7B%22inactiveSince%22%3A%222026-11-02T00%3A00%3A00Z%22%7D&sort=lastActivity"
    assert [row["name"] for row in (await browser.get(path)).json()["items"]] == ["Имя 1", "Имя 0"]


async def test_what_happened_to_an_address_before_a_contact_got_it_counts(
    readers: Readers, services: Services
) -> None:
    later = START + timedelta(hours=3)
    old = timedelta(minutes=5)
    await readers.happens((0, "opened", START), (1, "clicked", later), (1, "sent", now()), before=old)
    assert await readers.active() == [START, later, None]
    addresses = ["reader2@example.ru", "reader1@example.ru", "reader0@example.ru", "new@example.ru"]
    await services.contacts.update(SYSTEM, readers.keys[2], Draft(emails=addresses))
    assert await readers.active() == [START, later, later]
    async with services.database.read() as connection:
        assert (await connection.execute(sa.select(late_link))).all() == []


async def test_new_addresses_are_not_looked_at_once_more(readers: Readers, services: Services) -> None:
    async with services.database.read() as connection:
        assert (await connection.execute(sa.select(late_link))).all() == []


async def test_a_merged_contact_knows_what_happened_to_an_address_that_the_other_got_late(
    readers: Readers, services: Services
) -> None:
    await readers.happens((0, "opened", START), before=timedelta(minutes=5))
    assert await readers.active() == [START, None, None]
    await services.contacts.update(
        SYSTEM, readers.keys[1], Draft(emails=["reader1@example.ru", "reader0@example.ru"])
    )
    await services.merging.merge(SYSTEM, readers.keys[2], [readers.keys[1]])
    assert (await readers.active())[2] == START
