"""Selections and their pages: every page in every order, forwards and back, against a sorted list."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
import sqlalchemy as sa

from vestnik.companies.service import NewClient, insert_clients
from vestnik.contacts import paging
from vestnik.contacts.addresses import normalise
from vestnik.contacts.consents import Evidence, record_consent
from vestnik.contacts.fields import Field, insert_fields
from vestnik.contacts.last_activity import keep
from vestnik.contacts.list_errors import UnknownCursor
from vestnik.contacts.listing import CategoryFilter, FieldFilter, Filters, Listing, Selection, Sort
from vestnik.contacts.paging import Pages
from vestnik.contacts.service import Contacts, Draft
from vestnik.contacts.storing import NewContact
from vestnik.contacts.tables import contact
from vestnik.db import Database, fold, now, to_microseconds
from vestnik.people.access import SYSTEM
from vestnik.segments.service import Segments

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ["Анна Ёлкина", "анна Елкина", "Борис Иванов", "Иван Борисов", "Zoe", "Яков", "Яков", "Ив", "O’Neil"]


@pytest.fixture
def listing() -> Listing:
    return Listing()


@pytest.fixture
def pages(database: Database, listing: Listing) -> Pages:
    return Pages(database, listing)


@dataclass
class Everyone:
    """The stored people by key, with what the database does not tell again."""

    keys: list[int]
    category: int
    company: int


@pytest.fixture
async def everyone(database: Database, contacts: Contacts) -> Everyone:
    def store(connection: sa.Connection) -> Everyone:
        [company] = insert_clients(connection, [NewClient("ООО Ромашка")])
        insert_fields(
            connection,
            [
                Field("city", {"ru": "Город", "en": "City"}, "text"),
                Field("orders", {"ru": "Заказы", "en": "Orders"}, "number"),
                Field("vip", {"ru": "ВИП", "en": "VIP"}, "boolean"),
                Field("since", {"ru": "С", "en": "Since"}, "date"),
            ],
        )
        rows = [
            NewContact(
                name=name,
                addresses=[normalise("email", f"reader{n}@example.ru")] * (n != 4)
                + [normalise("phone", f"+7916123450{n}")] * (n % 2),
                company_id=company if n in (4, 5) else None,
                owner_id=7 if n < 3 else None,
                custom={
                    "city": "Пермь" if n < 4 else "Уфа",
                    "orders": n,
                    "vip": n == 2,
                    "since": f"2026-0{n + 1}-01",
                },
                created_at=START + timedelta(days=n // 2),
            )
            for n, name in enumerate(NAMES)
        ]
        keys = contacts.insert_many(connection, rows)
        # The first five were active, two of them at the same instant; the others never.
        keep(
            [(key, to_microseconds(START + timedelta(days=n // 2))) for n, key in enumerate(keys[:5])],
            connection,
        )
        return Everyone(keys, 0, company)

    stored = await database.write(store)
    stored.category = await contacts.create_category(SYSTEM, "Новости")
    return stored


async def selected(database: Database, listing: Listing, selection: Selection) -> set[int]:
    """The contacts of a selection, which each way of writing it agrees on."""

    def ways(connection: sa.Connection) -> list[sa.Select[Any]]:
        found = [listing.walk(connection, selection, broad=broad) for broad in (False, True)]
        for whole, broad in itertools.product((False, True), repeat=2):
            found.append(listing.select(connection, selection, whole=whole, broad=broad))
        return found

    async with database.read() as connection:
        first, *others = [(await connection.scalars(way)).all() for way in await connection.run_sync(ways)]
    for keys in (first, *others):
        assert len(set(keys)) == len(keys), "each once"
        assert set(keys) == set(first)
    return set(first)


@pytest.mark.parametrize("sort", get_args(Sort))
@pytest.mark.parametrize(
    "selection",
    [
        Selection(),
        Selection(filters=Filters(has_email=True)),
        Selection(search="и"),
        Selection(search="reader", filters=Filters(has_email=True)),
    ],
)
@pytest.mark.parametrize("counted_to", [2, 10_000])
async def test_pages_forwards_and_back_are_the_sorted_list(
    database: Database,
    pages: Pages,
    listing: Listing,
    everyone: Everyone,
    monkeypatch: pytest.MonkeyPatch,
    sort: Sort,
    selection: Selection,
    counted_to: int,
) -> None:
    monkeypatch.setattr(paging, "COUNTED_TO", counted_to)
    monkeypatch.setattr(paging, "_MANY", counted_to + 1)
    monkeypatch.setattr(paging, "_BROAD", counted_to + 1)
    monkeypatch.setattr(paging, "_AHEAD", 4)  # which fill some of the pages of three, and others not
    wanted = Selection(search=selection.search, filters=selection.filters, sort=sort)
    chosen = await selected(database, listing, wanted)
    async with database.read() as connection:
        rows = (await connection.execute(sa.select(contact).where(contact.c.id.in_(chosen)))).all()
    by: dict[str, Callable[[Any], Any]] = {
        "name": lambda row: (fold(row.name), row.id),
        "created": lambda row: (row.created_at, row.id),
        "updated": lambda row: (row.updated_at, row.id),
        "lastActivity": lambda row: (row.last_activity_at, row.id),
    }
    expected = [row.id for row in sorted(rows, key=by[sort.strip("-")], reverse=sort.startswith("-"))]
    forwards: list[list[int]] = []
    cursor = ""
    while True:
        page = await pages.page(SYSTEM, wanted, cursor=cursor, limit=2)
        assert (page.total, page.more) == (min(len(expected), counted_to), len(expected) > counted_to)
        assert (page.previous is None) is (not forwards)
        forwards.append([person.id for person in page.people])
        if page.next is None:
            break
        cursor = page.next
    assert [id for some in forwards for id in some] == expected
    back = [forwards[-1]]
    while page.previous is not None:
        page = await pages.page(SYSTEM, wanted, cursor=page.previous, limit=2)
        back.insert(0, [person.id for person in page.people])
    assert back == forwards


async def test_an_offset_counts_from_the_beginning(pages: Pages, everyone: Everyone) -> None:
    whole = await pages.page(SYSTEM, Selection())
    some = await pages.page(SYSTEM, Selection(), offset=3, limit=2)
    assert [each.id for each in some.people] == [each.id for each in whole.people][3:5]
    before = await pages.page(SYSTEM, Selection(), cursor=some.previous or "", limit=2)
    assert [each.id for each in before.people] == [each.id for each in whole.people][1:3]


@pytest.mark.parametrize(
    "cursor",
    [
        *("?", "bmVpbg", "WyJuYW1lIixmYWxzZSw3LDFd", "WyJjcmVhdGVkIixmYWxzZSwxLDFd"),
        "WyJuYW1lIixmYWxzZSwiYSIsOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTld",  # a key of more than 64 bits
    ],
)
async def test_a_cursor_of_something_else_is_refused(pages: Pages, everyone: Everyone, cursor: str) -> None:
    with pytest.raises(UnknownCursor):
        await pages.page(SYSTEM, Selection(sort="name"), cursor=cursor)


FIELD = FieldFilter
FILTERS: list[tuple[Filters, list[int]]] = [
    (Filters(has_email=False), [4]),
    (Filters(has_phone=True), [1, 3, 5, 7]),
    (Filters(owner_id="7"), [0, 1, 2]),
    (Filters(owner_id=""), [3, 4, 5, 6, 7, 8]),
    (Filters(created_from=START + timedelta(days=1), created_to=START + timedelta(days=2)), [2, 3]),
    (Filters(active_since=START + timedelta(days=1)), [2, 3, 4]),
    (Filters(inactive_since=START + timedelta(days=1)), [0, 1, 5, 6, 7, 8]),
    (Filters(active_since=START, inactive_since=START + timedelta(days=2)), [0, 1, 2, 3]),
    (Filters(fields={"city": FIELD(any_of=("ПЕРМЬ",))}), [0, 1, 2, 3]),
    (Filters(fields={"city": FIELD(contains="ф")}), [4, 5, 6, 7, 8]),
    (Filters(fields={"orders": FIELD(least=3, most=5)}), [3, 4, 5]),
    (Filters(fields={"orders": FIELD(least="7")}), [7, 8]),
    (Filters(fields={"vip": FIELD(flag=True)}), [2]),
    (Filters(fields={"vip": FIELD(flag=False), "city": FIELD(any_of=("Пермь",))}), [0, 1, 3]),
    (Filters(fields={"since": FIELD(least="2026-03-01", most="2026-04-01")}), [2, 3]),
    (Filters(fields={"city": FIELD(filled=False)}), []),
]


@pytest.mark.parametrize(("filters", "expected"), FILTERS, ids=range(len(FILTERS)))
async def test_each_filter_leaves_its_contacts(
    database: Database, listing: Listing, everyone: Everyone, filters: Filters, expected: list[int]
) -> None:
    found = await selected(database, listing, Selection(filters=filters))
    assert found == {everyone.keys[n] for n in expected}


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("елк", [0, 1]),
        ("  Ёлкина ", [0, 1]),
        ("ив", [3, 7]),
        ("ромаш", [4, 5]),
        ("reader8", [8]),
        ("8 (916) 123-45-03", [3]),
        ("123450", [1, 3, 5, 7]),
        ("8916", [1, 3, 5, 7]),
        ("8 916 123-45-0", [1, 3, 5, 7]),
        ("нет такого", []),
        ("%", []),
        ("o’n", [8]),
    ],
)
async def test_a_search_looks_at_name_address_phone_and_company(
    database: Database, listing: Listing, everyone: Everyone, search: str, expected: list[int]
) -> None:
    found = await selected(database, listing, Selection(search=search))
    assert found == {everyone.keys[n] for n in expected}


async def test_filters_of_state_category_company_and_segment(
    database: Database, listing: Listing, contacts: Contacts, segments: Segments, everyone: Everyone
) -> None:
    keys, category = everyone.keys, str(everyone.category)
    listing.members_of_segments(segments.select)
    await contacts.update(SYSTEM, keys[0], Draft(blocked=True))
    await contacts.stop(SYSTEM, "email", "reader1@example.ru", None, "manual")

    def choose(connection: sa.Connection) -> None:
        evidence = Evidence(now(), "по телефону", "test")
        record_consent(connection, [keys[2]], None, "withdrawn", evidence)
        record_consent(connection, keys[2:6], everyone.category, "given", evidence)
        record_consent(connection, [keys[5]], everyone.category, "withdrawn", evidence)
        gone = normalise("email", "reader3@example.ru")
        contacts.suppress(
            connection, [gone], reason="unsubscribe", category_id=everyone.category, source="test"
        )
        connection.execute(sa.update(contact).where(contact.c.id == keys[6]).values(merged_into=keys[7]))
        connection.execute(sa.update(contact).where(contact.c.id == keys[8]).values(erased_at=now()))

    await database.write(choose)
    static = await segments.create(SYSTEM, "Руками", members=[keys[0], keys[7]])
    rule = {"combinator": "and", "rules": [{"field": "custom.city", "operator": "=", "value": "Уфа"}]}
    dynamic = await segments.create(SYSTEM, "Уфа", rule=rule)
    wanted: list[tuple[Filters, list[int]]] = [
        (Filters(), [0, 1, 2, 3, 4, 5, 7]),
        (Filters(state="blocked"), [0]),
        (Filters(state="stopped"), [1]),
        (Filters(state="unsubscribed"), [2]),
        (Filters(state="reachable"), [3, 4, 5, 7]),
        (Filters(category=CategoryFilter(category_id=category, state="subscribed")), [4]),
        (Filters(category=CategoryFilter(category_id=category, state="unsubscribed")), [2, 3, 5]),
        (Filters(company_id=str(everyone.company)), [4, 5]),
        (Filters(segment_id=str(static)), [0, 7]),
        (Filters(segment_id=str(dynamic)), [4, 5, 7]),
        (Filters(segment_id=str(dynamic), company_id=str(everyone.company)), [4, 5]),
    ]
    for filters, expected in wanted:
        found = await selected(database, listing, Selection(filters=filters))
        assert found == {keys[n] for n in expected}, filters
    named = Selection(ids=(str(keys[3]), str(keys[6]), "999"))
    assert await selected(database, listing, named) == {keys[3]}


async def test_a_count_on_demand_is_exact(
    pages: Pages, everyone: Everyone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "COUNTED_TO", 3)
    page = await pages.page(SYSTEM, Selection(), limit=2)
    assert (page.total, page.more) == (3, True)
    assert await pages.count(SYSTEM, Selection()) == len(NAMES)


async def test_a_text_that_many_have_beside_a_filter_is_counted_and_paged_as_any(
    pages: Pages, everyone: Everyone, monkeypatch: pytest.MonkeyPatch
) -> None:
    selection = Selection(search="reader", filters=Filters(has_phone=True), sort="created")
    expected = await pages.counted(SYSTEM, selection, offset=1, limit=2)
    monkeypatch.setattr(paging, "COUNTED_TO", 3)
    monkeypatch.setattr(paging, "_BROAD", 4)
    people, total = await pages.counted(SYSTEM, selection, offset=1, limit=2)
    assert (people, total) == expected
    assert ([person.id for person in people], total) == ([everyone.keys[n] for n in (3, 5)], 4)
