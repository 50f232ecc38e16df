"""Files that name the same contact again and again: applied as if row by row, and undone to the last."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from tests.contacts.imports.conftest import Desk

from vestnik.contacts.imports import running
from vestnik.contacts.imports.rows import Policy, Row
from vestnik.contacts.imports.tables import contact_change, contact_import
from vestnik.contacts.tables import address, contact, contact_address
from vestnik.db import new_key, now
from vestnik.segments.tables import segment_member

EMAILS = [f"p{n}@example.ru" for n in range(5)]
PHONES = [f"+7916000000{n}" for n in range(3)]


async def test_two_rows_of_a_contact_that_is_here_are_imported_and_undone(desk: Desk) -> None:
    await desk.imported("name,email,phone\nБыло,d@example.ru,+79160000001\n")
    before = await desk.contacts()
    done = await desk.imported(
        "name,email,phone\nN1,d@example.ru,\nN2,d@example.ru,+79160000002\nN3,,+79160000002\n"
    )
    [person] = await desk.contacts()
    await desk.browser.post(f"/imports/{done['id']}/undo")
    undone = await desk.bring_on(done["id"])
    [after] = await desk.contacts()
    assert (done["state"], done["updated"], person["name"]) == ("done", 3, "N3")
    assert (undone["undone"], undone["notUndone"]) == (1, 0)
    names = ("name", "emails", "phones", "fields")
    assert {name: after[name] for name in names} == {name: before[0][name] for name in names}


async def test_a_contact_joined_by_one_unit_and_changed_by_the_next_is_brought_back_whole(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "UNIT_ROWS", 1)
    chosen = await desk.services.segments.create(await desk.actor(), "Руками")
    await desk.imported("name,email\nБыло,d@example.ru\n")
    done = await desk.imported("name,email\nБыло,d@example.ru\nСтало,d@example.ru\n", segmentId=str(chosen))
    await desk.browser.post(f"/imports/{done['id']}/undo")
    undone = await desk.bring_on(done["id"])
    async with desk.services.database.read() as connection:
        members = await connection.scalar(sa.select(sa.func.count()).select_from(segment_member))
    assert (done["unchanged"], done["updated"], undone["undone"]) == (1, 1, 1)
    assert [row["name"] for row in await desk.contacts()] == ["Было"]
    assert members == 0


PEOPLE = st.lists(
    st.builds(
        Row,
        number=st.just(0),
        name=st.sampled_from(["", "Анна", "Борис", "Вера"]),
        external_id=st.sampled_from([None, None, None, "1", "2"]),
        emails=st.lists(st.sampled_from([(each, "example.ru") for each in EMAILS]), max_size=2, unique=True),
        phones=st.lists(st.sampled_from(PHONES), max_size=2, unique=True),
        custom=st.dictionaries(st.sampled_from(["city", "size"]), st.sampled_from(["x", "y"]), max_size=2),
    ).filter(lambda row: bool(row.external_id or row.emails or row.phones)),
    max_size=12,
)
_FOUND_BEFORE = [
    Row(0, name="Было", emails=[(EMAILS[0], "example.ru"), (EMAILS[1], "example.ru")]),
]


@pytest.mark.slow
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
)
@given(
    here=PEOPLE,
    rows=PEOPLE.filter(bool),
    units=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    duplicates=st.sampled_from(["update", "update", "fill", "skip"]),
)
@example(
    here=_FOUND_BEFORE,
    rows=[
        Row(0, name="Первая", emails=[(EMAILS[0], "example.ru")]),
        Row(0, name="Вторая", emails=[(EMAILS[1], "example.ru")], custom={"city": "x"}),
        Row(0, name="Третья", emails=[(EMAILS[0], "example.ru")], phones=[PHONES[0]]),
    ],
    units=[2, 1],
    duplicates="update",
)
async def test_any_file_is_applied_as_if_row_by_row_and_undone_to_what_was_before(
    desk: Desk, here: list[Row], rows: list[Row], units: list[int], duplicates: Any
) -> None:
    services, policy = desk.services, Policy(duplicates)
    rows = [msgspec.structs.replace(row, number=number) for number, row in enumerate(rows)]
    applier = services.imports.runner._applier

    def one_by_one(connection: sa.Connection, rows: Sequence[Row], policy: Policy) -> None:
        for row in rows:
            applier.apply(connection, [row], policy, now())

    def anew(connection: sa.Connection) -> None:
        for table in (contact_change, contact_address, contact, address):
            connection.execute(sa.delete(table))

    await services.database.write(anew)
    await services.database.write(one_by_one, here, Policy())
    before = await services.database.write(_everybody)
    with pytest.raises(_TakenBack) as expected:
        await services.database.write(_tried, one_by_one, rows, policy)
    import_id = await services.database.write(_import, policy)
    start = turn = 0
    while start < len(rows):
        part = rows[start : start + units[turn % len(units)]]
        unit = partial(services.imports.runner._apply, place=(import_id, 1, start), rows=part, policy=policy)
        start += await services.database.submit(unit, bulk=True)
        turn += 1
    imported = await services.database.write(_everybody)
    await services.database.write(_undoing, import_id)
    while await services.imports.runner.advance(import_id, 1):
        continue
    assert imported == expected.value.state
    assert await services.database.write(_everybody) == before


_COUNTS = (
    *("done_rows", "created", "updated", "unchanged", "skipped"),
    *("rejected", "kept_unsubscribed", "undone", "not_undone"),
)


class _TakenBack(Exception):
    def __init__(self, state: list[Any]) -> None:
        super().__init__("taken back")
        self.state = state


def _tried(connection: sa.Connection, apply: Any, rows: Sequence[Row], policy: Policy) -> None:
    apply(connection, rows, policy)
    raise _TakenBack(_everybody(connection))


def _import(connection: sa.Connection, policy: Policy) -> int:
    import_id = new_key()
    at = now()
    connection.execute(
        sa.insert(contact_import).values(
            id=import_id,
            state="running",
            file_name="people.csv",
            file_bytes=1,
            reading={},
            mapping={},
            policy=msgspec.to_builtins(policy),
            run=1,
            created_at=at,
            started_at=at,
            **dict.fromkeys(_COUNTS, 0),
        )
    )
    return import_id


def _undoing(connection: sa.Connection, import_id: int) -> None:
    this = contact_import.c.id == import_id
    connection.execute(sa.update(contact_import).where(this).values(state="undoing"))


def _everybody(connection: sa.Connection) -> list[Any]:
    """Every contact with its addresses, without keys and times."""
    links: dict[int, list[Any]] = {}
    for row in connection.execute(
        sa.select(
            contact_address.c.contact_id, address.c.kind, address.c.normalised, contact_address.c.is_primary
        )
        .join(address, address.c.id == contact_address.c.address_id)
        .order_by(address.c.kind, address.c.normalised)
    ):
        links.setdefault(row.contact_id, []).append(tuple(row)[1:])
    people = connection.execute(sa.select(contact).order_by(contact.c.id))
    return sorted(
        (
            (row.name, row.name_folded, row.external_id, sorted(row.custom.items()), links.get(row.id, []))
            for row in people
        ),
        key=repr,
    )
