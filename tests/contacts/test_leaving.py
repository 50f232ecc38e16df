"""A word said no stays with an address when the address leaves its contact, by whichever door."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import sqlalchemy as sa
from tests.application import Browser, Installation

from vestnik.contacts.imports.rows import Policy, Reading
from vestnik.contacts.tables import suppression
from vestnik.people.access import SYSTEM

OWN, NEW = "anna@example.ru", "anna.new@example.ru"


class Desk:
    """One person, a category, and what is done to them."""

    def __init__(self, installation: Installation, browser: Browser, category: str) -> None:
        self.services, self.browser, self.category = installation.services, browser, category
        self.file: int | None = None

    async def add(self, *emails: str, external_id: str | None = None) -> str:
        body = {"name": "Анна", "emails": list(emails), "externalId": external_id}
        answer = await self.browser.post("/contacts", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def withdraw(self, id: str) -> None:
        await self._consent(id, self.category)

    async def leave_all(self, id: str) -> None:
        await self._consent(id, None)

    async def block(self, id: str) -> None:
        answer = await self.browser.patch(f"/contacts/{id}", {"blocked": True})
        assert answer.status_code == 200, answer.text

    async def _consent(self, id: str, category: str | None) -> None:
        said = {"categoryId": category, "state": "withdrawn", "how": "По телефону"}
        answer = await self.browser.post(f"/contacts/{id}/consents", said)
        assert answer.status_code < 300, answer.text

    async def replace(self, id: str) -> None:
        assert (await self.browser.patch(f"/contacts/{id}", {"emails": [NEW]})).status_code == 200

    async def empty(self, id: str) -> None:
        assert (await self.browser.patch(f"/contacts/{id}", {"emails": []})).status_code == 200

    async def merge_and_replace(self, id: str) -> None:
        kept = await self.add("other@example.ru")
        merged = await self.browser.post(f"/contacts/{kept}/merge", {"otherIds": [id]})
        assert merged.status_code == 200, merged.text
        await self.replace(kept)

    async def erase(self, id: str) -> None:
        await self.services.privacy.erase(SYSTEM, int(id))

    async def import_file(self, text: str) -> None:
        imports = self.services.imports
        self.file = await imports.upload(SYSTEM, "people.csv", _pieces(f"Номер;Почта\n{text}\n".encode()))
        policy = Policy(category_id=int(self.category), how="выставка", from_where="стенд")
        columns = ("external_id", "email")
        await imports.start(SYSTEM, self.file, Reading(), columns, ("Номер", "Почта"), policy)
        await self._bring_on()

    async def undo(self, _id: str) -> None:
        assert self.file is not None
        await self.services.imports.undo(SYSTEM, self.file)
        await self._bring_on()

    async def _bring_on(self) -> None:
        assert self.file is not None
        run = (await self.services.imports.get(SYSTEM, self.file)).run
        while await self.services.imports.runner.advance(self.file, run):
            continue

    async def come_back(self, text: str) -> str:
        """The address comes in a batch with a consent; the verdict on whoever it belongs to then."""
        consent = {"categoryId": self.category, "how": "файл"}
        row = {"name": "Анна", "emails": [text], "consent": consent}
        answer = await self.browser.post("/contacts/batch", {"contacts": [row]})
        key = int(answer.json()["results"][0]["id"])
        contacts = self.services.contacts
        async with self.services.database.read() as connection:
            audience = contacts.audience(contacts.everybody(), int(self.category), "email")
            return {row.contact_id: str(row.verdict) for row in await connection.execute(audience)}[key]


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    yield data


@pytest.fixture
async def desk(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """A desk whose imports are brought on by the test."""

    async def later(*_: object) -> None:
        return None

    monkeypatch.setattr(installation.services.engine, "run", later)
    browser = await installation.signed_in("marketer")
    category = str((await browser.post("/categories", {"title": "Новости"})).json()["id"])
    yield Desk(installation, browser, category)
    await installation.services.imports.stop()


Say = Callable[[Desk, str], Awaitable[None]]
WORDS: dict[str, tuple[Say, str]] = {
    "a category": (Desk.withdraw, "unsubscribed_category"),
    "everything": (Desk.leave_all, "unsubscribed_all"),
    "blocked": (Desk.block, "blocked"),
}
DOORS: dict[str, Say] = {
    "replaced": Desk.replace,
    "removed": Desk.empty,
    "merged and replaced": Desk.merge_and_replace,
    "erased": Desk.erase,
}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("door", DOORS)
async def test_an_address_that_leaves_its_contact_takes_along_what_was_said_no_to(
    desk: Desk, word: str, door: str
) -> None:
    say, verdict = WORDS[word]
    id = await desk.add(OWN)
    await say(desk, id)
    await DOORS[door](desk, id)
    assert await desk.come_back(OWN) == verdict


async def test_an_address_that_an_undone_import_had_added_takes_a_withdrawal_along(desk: Desk) -> None:
    id = await desk.add(OWN, external_id="A-1")
    await desk.import_file(f"A-1;{NEW}")
    await desk.withdraw(id)
    await desk.undo(id)
    assert await desk.come_back(NEW) == "unsubscribed_category"
    card = (await desk.browser.get(f"/contacts/{id}")).json()
    assert [each["address"] for each in card["emails"]] == [OWN]


async def test_whoever_withdrew_just_as_an_import_gives_is_not_deleted_with_it(desk: Desk) -> None:
    await desk.import_file(f"A-1;{NEW}")
    id = (await desk.browser.get("/contacts")).json()["items"][0]["id"]
    said = {"categoryId": desk.category, "state": "withdrawn", "how": "выставка", "fromWhere": "стенд"}
    await desk.browser.post(f"/contacts/{id}/consents", said)
    await desk.undo(id)
    assert await desk.come_back(NEW) == "unsubscribed_category"


async def test_an_address_that_stays_or_said_nothing_is_not_put_on_the_stop_list(desk: Desk) -> None:
    id = await desk.add(OWN, NEW)
    await desk.replace(id)
    await desk.withdraw(id)
    answer = await desk.browser.patch(f"/contacts/{id}", {"emails": [NEW, "third@example.ru"]})
    assert answer.status_code == 200
    async with desk.services.database.read() as connection:
        stops = sa.select(sa.func.count()).select_from(suppression)
        assert await connection.scalar(stops) == 0
    assert await desk.come_back(OWN) == "ok"


async def test_the_stop_list_keeps_when_it_was_said_and_by_whom_until_a_person_answers_for_more(
    desk: Desk,
) -> None:
    id = await desk.add(OWN)
    await desk.withdraw(id)
    [said] = (await desk.browser.get(f"/contacts/{id}/consents")).json()["items"]
    await desk.replace(id)
    async with desk.services.database.read() as connection:
        [row] = (await connection.execute(sa.select(suppression))).all()
    assert (row.category_id, row.reason, row.source) == (int(desk.category), "unsubscribe", f"contact:{id}")
    assert row.at.isoformat()[:19] == said["at"][:19]
    assert await desk.come_back(OWN) == "unsubscribed_category"
    lifted = {"kind": "email", "address": OWN, "categoryId": desk.category, "how": "Попросила вернуть"}
    assert (await desk.browser.post("/stop-list/remove", lifted)).status_code == 200
    assert await desk.come_back(OWN) == "ok"
