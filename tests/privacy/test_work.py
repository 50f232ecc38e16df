"""How much work a person's file is: it grows with the texts alone, and is done as the file is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from tests.application import Browser, Installation
from tests.privacy import planted
from tests.privacy.planted import EMAIL, NAME, PHONE

from vestnik.db import new_key, now
from vestnik.people.access import SYSTEM
from vestnik.privacy import texts
from vestnik.privacy.excerpts import Excerpts
from vestnik.privacy.search import Search, Wanted
from vestnik.webhooks.tables import inbox


class CountedSearch(Search):
    """Counts the texts that it looks through, and their bytes."""

    def __init__(self) -> None:
        super().__init__(Wanted((EMAIL, PHONE), (NAME,)))
        self.looks = self.bytes = 0

    def may_hold(self, data: bytes) -> bool:
        self.looks, self.bytes = self.looks + 1, self.bytes + len(data)
        return super().may_hold(data)


def webhook(people: int, number: int = 0) -> bytes:
    """A request that tells of her and of so many others."""
    others = [{"email": f"p{number}-{each}@inoy.ru", "state": "opened"} for each in range(people)]
    return json.dumps({"events": [*others, {"email": EMAIL, "state": "opened"}]}).encode()


def looked_through(*requests: bytes) -> tuple[int, int]:
    search = CountedSearch()
    excerpts = Excerpts(search)
    for request in requests:
        assert excerpts.of(request) == {"events": [{"email": EMAIL, "state": "opened"}]}
    return search.looks, search.bytes


def test_twice_as_many_people_in_a_request_are_twice_the_work() -> None:
    few, many = looked_through(webhook(200)), looked_through(webhook(400))
    assert many[0] <= 2.1 * few[0]
    assert many[1] <= 2.1 * few[1]
    assert many[1] <= 3 * len(webhook(400))


def test_the_names_of_fields_are_looked_through_once_for_all_requests() -> None:
    values = 2 * 34
    looks, _ = looked_through(*(webhook(33, number) for number in range(100)))
    assert looks <= 100 * (values + 10)


def test_however_many_names_of_fields_there_are_few_are_remembered() -> None:
    search = CountedSearch()
    for number in range(50):
        document = {f"field {number} {each}": "" for each in range(100)} | {"x" * 100_000: ""}
        Excerpts(search).of(json.dumps(document | {"email": EMAIL}).encode())
    remembered = search._names_seen
    assert len(remembered) <= 1_000
    assert max(map(len, remembered)) <= 60


@contextmanager
def statements_heard() -> Iterator[list[str]]:
    """What any database is asked meanwhile."""
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        heard.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", hear)


async def test_the_file_begins_at_once_and_is_made_as_it_is_read(
    installation: Installation, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "READ_ROWS", 100)
    id = (await browser.post("/contacts", planted.PERSON | {"fields": {}})).json()["id"]
    request = {
        **{
            "received_at": now(),
            "account_id": 1,
            "method": "POST",
            "path": "/",
            "query": "",
            "headers": "[]",
        },
        **{"body": webhook(3), "state": "applied", "attempts": 1},
    }

    def store(connection: sa.Connection) -> None:
        connection.execute(sa.insert(inbox), [{"id": new_key(), **request} for _ in range(1_000)])

    await installation.services.database.write(store)
    pieces = await installation.services.privacy.personal_data(SYSTEM, int(id))
    with statements_heard() as heard:
        assert await anext(pieces) == b"{"
        assert heard == []
        portions = []
        async for piece in pieces:
            asked = [each for each in heard if "FROM inbox" in each and "event" not in each]
            if b'"row"' in piece and asked:
                portions.append((piece.count(EMAIL.encode()), len(asked)))
            heard.clear()
    assert portions == [(100, 2)] * 10
