"""What a letter would leave empty: counted among those who may be written to, by one statement."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from vestnik.companies.service import NewClient, insert_clients
from vestnik.contacts.addresses import normalise
from vestnik.contacts.lacking import Counts, count_audience, is_empty
from vestnik.contacts.service import Contacts
from vestnik.contacts.storing import NewContact
from vestnik.contacts.tables import contact
from vestnik.db import Database
from vestnik.people.access import SYSTEM

EVERYBODY = sa.select(contact.c.id.label("contact_id"))


@pytest.fixture(autouse=True)
async def people(database: Database, contacts: Contacts) -> None:
    """All values, few, an empty city, no name, no address, and one who unsubscribed and has nothing."""

    def store(connection: sa.Connection) -> None:
        [firm] = insert_clients(connection, [NewClient("Маяк")])
        emails = {letter: normalise("email", f"{letter}@example.com") for letter in "abcde"}
        phone = normalise("phone", "+79161234567")
        rows = [
            NewContact("Анна", [emails["a"], phone], company_id=firm, custom={"city": "Тверь", "age": 30}),
            NewContact("Борис", [emails["b"]]),
            NewContact("Вера", [emails["c"]], custom={"city": "  ", "age": 0}),
            NewContact("", [emails["d"]], custom={"city": None}),
            NewContact("", []),
            NewContact("", [emails["e"]]),
        ]
        contacts.insert_many(connection, rows)

    await database.write(store)
    await contacts.stop(SYSTEM, "email", "e@example.com", None, "test")


async def test_only_those_who_may_be_written_to_are_counted_for_each_value(database: Database) -> None:
    values = ["name", "phone", "company", "fields.city", "fields.age", "email", "name"]
    async with database.read() as connection:
        found = await count_audience(connection, EVERYBODY, None, "email", values)
        of_nobody = await count_audience(connection, EVERYBODY.where(sa.false()), None, "email", ["name"])
        of_none = await count_audience(connection, EVERYBODY, None, "phone")
    verdicts = {"ok": 4, "no_address": 1, "blocked": 1}
    lacking = {"name": 1, "phone": 3, "company": 3, "fields.city": 3, "fields.age": 2, "email": 0}
    assert found == Counts(verdicts, lacking)  # type: ignore[arg-type]
    assert of_nobody == Counts({}, {"name": 0})
    assert of_none == Counts({"ok": 1, "no_address": 5}, {})


async def test_a_value_that_contacts_do_not_have_is_a_fault_of_ours() -> None:
    with pytest.raises(LookupError):
        is_empty("password")
