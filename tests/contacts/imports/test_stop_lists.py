"""A list of another service onto the stop-list: what is read, what counts, and what can be taken back."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from tests.application import Browser
from tests.contacts.imports.conftest import Desk
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from vestnik.contacts.addresses import normalise
from vestnik.contacts.audience import Verdict
from vestnik.contacts.demo import create_demo, remove_demo
from vestnik.contacts.imports.service import KEPT_FOR
from vestnik.contacts.imports.stop_rows import reason_of
from vestnik.contacts.imports.tables import contact_import
from vestnik.contacts.tables import address, contact, suppression, suppression_import
from vestnik.db import now

LIST = """Email;Причина;Дата отписки
Anna@Example.ru;отписался;12.05.2024 10:30
boris@example.ru;Hard bounce;2024-06-01
vera@example.ru;жалоба на спам;
8 916 000-00-01;;
не адрес;отписался;
galina@example.ru;soft bounce;
"""


def xlsx(rows: list[list[str]]) -> bytes:
    file = io.BytesIO()
    book = Workbook(file)
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return file.getvalue()


class Lists:
    """A marketer with lists of another service."""

    def __init__(self, desk: Desk, administrator: Browser) -> None:
        self.desk, self.administrator = desk, administrator
        self.services, self.browser = desk.services, desk.browser

    async def upload(self, data: bytes | str, name: str = "unsubscribed.csv") -> Any:
        body = data.encode() if isinstance(data, str) else data
        url = f"/api/v1/imports?purpose=suppression&fileName={quote(name)}"
        return await self.browser.client.post(url, content=body, headers=self.browser.headers)

    async def imported(self, data: bytes | str, **policy: Any) -> dict[str, Any]:
        answer = await self.upload(data)
        assert answer.status_code == 201, answer.text
        return await self.begun(answer.json(), **policy)

    async def begun(self, card: dict[str, Any], **policy: Any) -> dict[str, Any]:
        await self.desk.start(card, **policy)
        return await self.desk.bring_on(card["id"])

    async def undone(self, card: dict[str, Any]) -> dict[str, Any]:
        answer = await self.administrator.post(f"/imports/{card['id']}/undo")
        assert answer.status_code == 200, answer.text
        return await self.desk.bring_on(card["id"])

    async def reasons(self, text: str) -> list[tuple[str, str | None]]:
        found = await self.browser.post("/stop-list/find", {"address": text})
        assert found.status_code == 200, found.text
        return [(each["reason"], each["categoryId"]) for each in found.json()["items"]]

    async def count(self, table: sa.Table) -> int:
        async with self.services.database.read() as connection:
            return await connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0

    async def contact(self, email: str) -> str:
        answer = await self.browser.post("/contacts", {"name": "Анна", "emails": [email]})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def card(self, id: str) -> dict[str, Any]:
        card: dict[str, Any] = (await self.browser.get(f"/contacts/{id}")).json()
        return card

    async def verdict(self, category_id: int | None = None) -> dict[Verdict, int]:
        contacts = self.services.contacts
        return dict(await contacts.audience_counts(contacts.everybody(), category_id, "email"))


@pytest.fixture
async def lists(desk: Desk) -> AsyncIterator[Lists]:
    yield Lists(desk, await desk.installation.signed_in("administrator"))


def figures(card: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(card[name] for name in ("state", "created", "unchanged", "rejected"))


async def test_a_list_is_read_with_its_reasons_and_dates_and_makes_no_contact(lists: Lists) -> None:
    answer = await lists.upload(LIST)
    card = answer.json()
    assert (card["purpose"], card["columns"]) == ("suppression", ["address", "reason", "date"])
    done = await lists.begun(card, reason="unsubscribe")
    assert figures(done) == ("done", 4, 0, 2)
    assert await lists.reasons("anna@example.ru") == [("unsubscribe", None)]
    assert await lists.reasons("boris@example.ru") == [("hard_bounce", None)]
    assert await lists.reasons("vera@example.ru") == [("spam", None)]
    assert await lists.reasons("+7 916 000 00 01") == [("unsubscribe", None)]
    assert await lists.reasons("galina@example.ru") == []
    assert (await lists.count(contact), await lists.count(address)) == (0, 0)
    found = (await lists.browser.post("/stop-list/find", {"address": "ANNA@example.ru"})).json()
    [entry] = found["items"]
    assert entry["at"] == "2024-05-12T07:30:00Z"  # of the organisation's zone
    assert entry["source"] == {"kind": "import", "id": card["id"], "name": "unsubscribed.csv"}
    assert (entry["address"], entry["kind"], entry["holders"]) == (None, "email", [])


async def test_rejected_rows_come_as_a_file_with_the_reason_of_each(lists: Lists) -> None:
    done = await lists.imported(LIST)
    answer = await lists.browser.get(f"/imports/{done['id']}/rejects")
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff")), delimiter=";"))
    assert [(row[0], row[2]) for row in rows[1:]] == [("6", "не адрес"), ("7", "galina@example.ru")]
    assert rows[1][1] == "«Email»: это не почта и не телефон"
    assert rows[2][1].startswith("«Причина»: такая причина неизвестна")


@pytest.mark.parametrize(
    ("data", "taken"),
    [
        (b"a@example.ru\nb@example.ru\n+79160000001\n", 3),
        ("Почта\nа.б@пример.рф\n".encode("cp1251"), 1),
        (b"\xef\xbb\xbfemail,reason\na@example.ru,unsubscribed\n", 1),
        (b"a@example.ru, b@example.ru\n", 2),
        (xlsx([["E-mail", "Status"], ["a@example.ru", "complaint"]]), 1),
    ],
)
async def test_texts_tables_and_both_encodings_are_read(lists: Lists, data: bytes, taken: int) -> None:
    done = await lists.imported(data)
    assert figures(done)[0] == "done"
    assert await lists.count(suppression) == taken


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00\x01\x02" * 400, b"\x1f\x8b\x08\x00rubbish", b"PK\x03\x04rubbish", b'"open\n' * 200_000],
)
async def test_rubbish_is_refused_or_suppresses_nobody(lists: Lists, data: bytes) -> None:
    answer = await lists.upload(data, "rubbish.csv")
    if answer.status_code == 201:
        await lists.begun(answer.json(), columns=["address"])
    else:
        assert (answer.status_code, answer.json()["code"]) == (422, "unreadable_file")
    assert await lists.count(suppression) == 0


async def test_importing_a_list_twice_changes_nothing(lists: Lists) -> None:
    await lists.imported(LIST)
    before = await lists.browser.get("/stop-list")
    assert figures(await lists.imported(LIST)) == ("done", 0, 4, 2)
    assert (await lists.browser.get("/stop-list")).json() == before.json()


async def test_contacts_and_audiences_see_an_imported_list_at_once(lists: Lists) -> None:
    news = await lists.services.contacts.create_category(await lists.desk.actor(), "Новости")
    anna, boris = await lists.contact("anna@example.ru"), await lists.contact("boris@example.ru")
    await lists.imported("anna@example.ru;отписка\nboris@example.ru;жалоба\n", categoryId=str(news))
    assert await lists.verdict(news) == {"unsubscribed_category": 1, "spam": 1}
    assert await lists.verdict() == {"ok": 1, "spam": 1}
    [choice] = (await lists.card(anna))["categories"]
    assert (choice["subscribed"], choice["state"]) == (False, "withdrawn")
    [stop] = (await lists.card(boris))["emails"][0]["stops"]
    assert (stop["reason"], stop["categoryId"]) == ("spam", None)
    late = await lists.browser.post("/contacts", {"name": "Вера", "emails": ["vera@example.ru"]})
    assert late.status_code == 201
    await lists.imported("vera@example.ru\n")
    assert (await lists.verdict())["unsubscribed_all"] == 1


async def test_an_import_that_was_undone_leaves_what_there_was_before(lists: Lists) -> None:
    contacts, actor = lists.services.contacts, await lists.desk.actor()
    news = await contacts.create_category(actor, "Новости")
    anna, boris = await lists.contact("anna@example.ru"), await lists.contact("boris@example.ru")
    await contacts.record_consent(actor, int(anna), news, "given", "Анкета", "")
    before = [await lists.card(each) for each in (anna, boris)]
    done = await lists.imported(
        "anna@example.ru\nboris@example.ru\nnobody@example.ru\n", categoryId=str(news)
    )
    assert await lists.verdict(news) == {"unsubscribed_category": 2}
    undone = await lists.undone(done)
    assert (undone["state"], undone["undone"], undone["notUndone"]) == ("undone", 3, 0)
    assert [await lists.card(each) for each in (anna, boris)] == before
    assert await lists.verdict(news) == {"ok": 2}
    for_all = await lists.imported("anna@example.ru\n")
    assert (await lists.card(anna))["unsubscribed"]
    await lists.undone(for_all)
    assert [await lists.card(each) for each in (anna, boris)] == before


async def test_what_something_else_confirmed_stays_when_an_import_is_undone(lists: Lists) -> None:
    contacts = lists.services.contacts
    anna, boris = await lists.contact("anna@example.ru"), await lists.contact("boris@example.ru")
    text = "anna@example.ru\nboris@example.ru\nvera@example.ru\ngalina@example.ru\n"
    done = await lists.imported(text)
    other = await lists.imported("vera@example.ru\n")
    await lists.services.database.write(
        lambda connection: contacts.suppress(
            connection, [normalise("email", "anna@example.ru")], reason="unsubscribe", category_id=None,
            source="webhook:1",
        )
    )  # fmt: skip
    said = {"categoryId": None, "state": "withdrawn", "how": "Позвонил"}
    await lists.browser.post(f"/contacts/{boris}/consents", said)
    undone = await lists.undone(done)
    assert (undone["undone"], undone["notUndone"]) == (2, 2)  # Boris's address and Galina's went
    assert await lists.reasons("anna@example.ru") == [("unsubscribe", None)]
    assert await lists.reasons("vera@example.ru") == [("unsubscribe", None)]
    assert [await lists.reasons(f"{name}@example.ru") for name in ("boris", "galina")] == [[], []]
    assert [(await lists.card(each))["unsubscribed"] for each in (anna, boris)] == [True, True]
    await lists.undone(other)
    assert await lists.reasons("vera@example.ru") == []


async def test_only_an_administrator_takes_an_import_back_and_only_for_some_time(lists: Lists) -> None:
    done = await lists.imported("anna@example.ru\n")
    answer = await lists.browser.post(f"/imports/{done['id']}/undo")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    long_ago = now() - KEPT_FOR - timedelta(hours=1)
    here = contact_import.c.id == int(done["id"])
    aged = sa.update(contact_import).where(here).values(created_at=long_ago)
    await lists.services.database.write(lambda connection: connection.execute(aged))
    answer = await lists.administrator.post(f"/imports/{done['id']}/undo")
    assert (answer.status_code, answer.json()["code"]) == (409, "too_late_to_undo")
    assert await lists.count(suppression_import) == 1
    await lists.services.imports.sweep()
    assert (await lists.count(suppression_import), await lists.count(suppression)) == (0, 1)


async def test_removing_the_demo_takes_imported_entries_of_its_people(lists: Lists) -> None:
    database, contacts = lists.services.database, lists.services.contacts
    await create_demo(database, contacts, count=50)
    async with database.read() as connection:
        known = sa.select(address.c.normalised).where(address.c.kind == "email").limit(3)
        emails = list(await connection.scalars(known))
    await lists.imported("\n".join([*emails, "own@real.ru"]))
    await database.write(remove_demo)
    assert await lists.count(suppression_import) == await lists.count(suppression) == 1


async def test_a_list_without_a_column_of_addresses_is_not_started(lists: Lists) -> None:
    card = (await lists.upload("Имя;Причина\nАнна;отписка\n")).json()
    for columns, code in ((["reason", None], "no_address_column"), (["name", "address"], "unknown_target")):
        body = {"reading": card["reading"], "columns": columns, "titles": card["titles"], "policy": {}}
        answer = await lists.browser.post(f"/imports/{card['id']}/start", body)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Unsubscribed", "unsubscribe"), ("opt-out", "unsubscribe"), ("ОТПИСАЛСЯ", "unsubscribe"),
        ("hard_bounce", "hard_bounce"), ("bounced", "hard_bounce"), ("Недоставка", "hard_bounce"),
        ("cleaned", "hard_bounce"), ("err_user_unknown", "hard_bounce"), ("complaint", "spam"),
        ("spam", "spam"), ("Жалоба на спам", "spam"), ("abuse", "spam"), ("manual", "manual"),
        ("заблокирован", "manual"), ("soft bounce", None), ("active", None), ("подписан", None), ("", None),
    ],
)  # fmt: skip
def test_words_of_other_services_are_known_and_no_other_is_guessed(text: str, reason: str | None) -> None:
    assert reason_of(text) == reason
