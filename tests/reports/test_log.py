"""The log of a campaign's recipients: filters, one recipient's events, the table."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from tests.reports.conftest import AUTUMN, NEWS, SALE, Room

from vestnik.audit.tables import audit_row
from vestnik.contacts.tables import contact


async def names(room: Room, **query: Any) -> list[str]:
    """Who is on the log's first page."""
    return [row["name"] for row in (await room.get(f"/campaigns/{AUTUMN}/log", **query))["items"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["Анна", "Борис", "Вера", "Глеб", "Дина"]),
        ({"status": "clicked"}, ["Анна"]),
        ({"status": "opened"}, ["Борис"]),
        ({"did": "opened"}, ["Анна", "Борис"]),
        ({"did": "not_opened"}, ["Вера", "Глеб"]),
        ({"did": "not_clicked"}, ["Борис", "Вера", "Глеб"]),
        ({"did": "not_delivered"}, ["Дина"]),
        ({"search": "YANDEX"}, ["Вера", "Глеб"]),
        ({"search": "an"}, ["Анна"]),
        ({"domain": "Mail.ru"}, ["Анна", "Борис"]),
        ({"url": NEWS}, ["Анна"]),
        ({"domain": "mail.ru", "status": "opened"}, ["Борис"]),
        ({"from": "2026-11-21T00:00:00Z"}, []),
    ],
    ids=str,
)
async def test_log_has_those_whom_the_filters_leave(
    room: Room, query: dict[str, str], expected: list[str]
) -> None:
    assert sorted(await names(room, **query)) == expected


async def test_pages_follow_one_another(room: Room) -> None:
    seen: list[str] = []
    after = ""
    while after is not None:
        page = await room.get(f"/campaigns/{AUTUMN}/log", limit=2, after=after)
        seen += [row["name"] for row in page["items"]]
        after = page["next"]
    assert sorted(seen) == ["Анна", "Борис", "Вера", "Глеб", "Дина"]


async def test_recipient_says_how_often_and_how_it_was_heard(room: Room) -> None:
    rows = {row["name"]: row for row in (await room.get(f"/campaigns/{AUTUMN}/log"))["items"]}
    assert [rows["Анна"][name] for name in ("opens", "clicks", "polled")] == [1, 3, False]
    assert [rows["Борис"][name] for name in ("opens", "clicks", "polled")] == [1, 0, True]
    assert (rows["Вера"]["polled"], rows["Дина"]["reason"]) == (None, "err_user_unknown")
    found = await room.get(f"/campaigns/{AUTUMN}/log/{room.addresses['Анна']}")
    assert found["items"][:2] == [
        {"at": "2026-11-20T09:00:00Z", "kind": "opened", "detail": None, "polled": True},
        {"at": "2026-11-20T09:01:00Z", "kind": "clicked", "detail": SALE, "polled": False},
    ]


async def test_log_is_exported_as_a_table_without_formulas_and_audited(room: Room) -> None:
    evil = sa.update(contact).where(contact.c.id == room.contacts["Борис"]).values(name="=1+1")
    await room.installation.services.database.write(lambda connection: connection.execute(evil))
    answer = await room.browser.get(f"/campaigns/{AUTUMN}/log/export", params={"did": "opened"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    text = answer.content.decode("utf-8")
    assert text.startswith("\ufeffАдрес;Имя;Состояние;Последнее событие;Открыто;Переход;Причина\r\n")
    assert sorted(text.splitlines()[1:]) == [
        "anna@mail.ru;Анна;Переход по ссылке;2026-11-20 12:00:00;2026-11-20 12:00:00;2026-11-20 12:00:00;",
        "boris@mail.ru;'=1+1;Открыто;2026-11-20 12:00:00;2026-11-20 12:00:00;;",
    ]
    async with room.installation.services.database.read() as connection:
        rows = await connection.execute(
            sa.select(audit_row.c.object_id).where(audit_row.c.action == "campaign.log_exported")
        )
        assert rows.scalars().all() == [AUTUMN]


async def test_sales_manager_reads_the_log_and_exports_nothing(room: Room) -> None:
    browser = await room.installation.signed_in("sales_manager")
    assert (await browser.get(f"/campaigns/{AUTUMN}/log")).status_code == 200
    assert (await browser.get(f"/campaigns/{AUTUMN}/log/export")).status_code == 403
