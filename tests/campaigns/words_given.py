"""What people say, by every door of the product, and what it forbids: the model that proofs hold it to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from tests.application import Browser

from vestnik.app import Services
from vestnik.campaigns.errors import RecipientIsBeingWrittenTo
from vestnik.contacts.addresses import normalise
from vestnik.contacts.imports.rows import Policy, Reading
from vestnik.contacts.listing import Selection
from vestnik.contacts.service import Draft
from vestnik.contacts.tables import address, contact, contact_address
from vestnik.people.access import SYSTEM


@dataclass
class Model:
    """What people said; `None` is every category."""

    services: Services
    browser: Browser
    categories: dict[str, int | None]
    people: list[int]
    stopped: set[tuple[str, int | None]] = field(default_factory=set)
    withdrew: set[tuple[int, int | None]] = field(default_factory=set)
    blocked: set[int] = field(default_factory=set)
    merged: dict[int, int] = field(default_factory=dict)
    erased: set[int] = field(default_factory=set)
    files: list[int] = field(default_factory=list)

    def live(self, person: int) -> int:
        key = self.people[person]
        return self.merged.get(key, key)

    def refuses(self, key: int, text: str, category: int) -> bool:
        """Whether a letter of the category to this person at this address breaks a word given."""
        return (
            key in self.blocked
            or key in self.merged
            or key in self.erased
            or any(
                (key, scope) in self.withdrew or (text, scope) in self.stopped for scope in (None, category)
            )
        )

    async def tell(self, event: tuple[Any, ...]) -> None:
        """Have one thing happen, through the product, and remember what it says; the erased say nothing."""
        people = [each for each in event[1:] if isinstance(each, int) and not isinstance(each, bool)]
        if self.erased.intersection(map(self.live, people)):
            return
        before = await self._addresses()
        await getattr(self, event[0])(*event[1:])
        after = await self._addresses()
        for key, texts in before.items():
            gone = texts - after.get(self.merged.get(key, key), set())
            refused = {scope for whose, scope in self.withdrew if whose == key}
            refused |= {None} if key in self.blocked else set()
            self.stopped |= {(text, scope) for text in gone for scope in refused}

    async def _addresses(self) -> dict[int, set[str]]:
        """Who has which; an address that leaves somebody takes along what was said no to."""
        own: dict[int, set[str]] = {}
        held = sa.select(contact_address.c.contact_id, address.c.normalised).join(address)
        async with self.services.database.read() as connection:
            for key, text in await connection.execute(held):
                own.setdefault(key, set()).add(text)
        return own

    async def unsubscribe(self, text: str, scope: str) -> None:
        await self.stop(text, scope, "unsubscribe")

    async def stop(self, text: str, scope: str, reason: Any) -> None:
        category = self.categories[scope]

        def stop(connection: sa.Connection) -> list[int]:
            holders = connection.scalars(
                sa.select(contact.c.id)
                .join(contact_address, contact_address.c.contact_id == contact.c.id)
                .join(address, address.c.id == contact_address.c.address_id)
                .where(
                    address.c.normalised == text,
                    contact_address.c.is_primary,
                    contact.c.merged_into.is_(None),
                )
            ).all()
            self.services.contacts.suppress(
                connection, [normalise("email", text)], reason=reason, category_id=category, source="test"
            )
            return list(holders)

        holders = await self.services.database.write(stop)
        self.stopped.add((text, category))
        if reason == "unsubscribe":
            self.withdrew |= {(key, category) for key in holders}

    async def withdraw(self, person: int, scope: str) -> None:
        key, category = self.live(person), self.categories[scope]
        await self.services.contacts.record_consent(SYSTEM, key, category, "withdrawn", "сам", "письмо")
        self.withdrew.add((key, category))

    async def block(self, person: int) -> None:
        await self.services.contacts.update(SYSTEM, self.live(person), Draft(blocked=True))
        self.blocked.add(self.live(person))

    async def merge(self, one: int, other: int) -> None:
        kept, gone = self.live(one), self.live(other)
        if kept == gone:
            return
        await self.services.merging.merge(SYSTEM, kept, [gone])
        self.merged = {key: kept if into == gone else into for key, into in self.merged.items()} | {
            gone: kept
        }
        self.withdrew |= {(kept, scope) for key, scope in self.withdrew if key == gone}
        if gone in self.blocked:
            self.blocked.add(kept)

    async def move(self, person: int, text: str) -> None:
        await self.services.contacts.update(SYSTEM, self.live(person), Draft(emails=[text]))

    async def empty(self, person: int) -> None:
        await self.services.contacts.update(SYSTEM, self.live(person), Draft(emails=[]))

    async def consent_in_bulk(self) -> None:
        bulk = self.services.contact_lists.bulk
        given = {"categoryId": str(self.categories["this"]), "state": "given", "how": "выставка"}
        await bulk.begin(SYSTEM, "set_consent", given, Selection())
        await bulk.work()

    async def erase(self, person: int) -> None:
        """What she said stays with her addresses; refused while she is written to."""
        key = self.live(person)
        try:
            await self.services.privacy.erase(SYSTEM, key)
        except RecipientIsBeingWrittenTo:
            return
        self.erased.add(key)

    async def file(self, text: str) -> None:
        """A file with a consent for everybody in it."""
        await self._import("", text)

    async def add_by_file(self, person: int, text: str) -> None:
        """The same, of somebody who is known by number, whatever the address."""
        key = self.live(person)
        await self.services.contacts.update(SYSTEM, key, Draft(external_id=f"N-{key}"))
        await self._import(f"N-{key}", text)

    async def _import(self, number: str, text: str) -> None:
        imports, category = self.services.imports, self.categories["this"]
        data = f"Имя;Номер;Почта\nИз файла;{number};{text}\n".encode()
        key = await imports.upload(SYSTEM, "people.csv", _pieces(data))
        policy = Policy(category_id=category, how="выставка", from_where="стенд")
        columns = ("name", "external_id", "email")
        await imports.start(SYSTEM, key, Reading(), columns, ("Имя", "Номер", "Почта"), policy)
        await self._bring_on(key)
        self.files.append(key)

    async def undo(self) -> None:
        """The newest file is taken back."""
        if self.files:
            key = self.files.pop()
            await self.services.imports.undo(SYSTEM, key)
            await self._bring_on(key)

    async def _bring_on(self, import_id: int) -> None:
        run = (await self.services.imports.get(SYSTEM, import_id)).run
        while await self.services.imports.runner.advance(import_id, run):
            continue

    # Named as the event is.
    async def import_(self, text: str, with_consent: bool) -> None:
        row: dict[str, Any] = {"name": "Из файла", "emails": [text]}
        if with_consent:
            row["consent"] = {"categoryId": str(self.categories["this"]), "how": "файл"}
        answer = await self.browser.post("/contacts/batch", {"contacts": [row]})
        assert answer.status_code == 200, answer.text
        [result] = answer.json()["results"]
        assert result["status"] != "error", result


setattr(Model, "import", Model.import_)


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    yield data
