"""What lists come to: added up by the database, to the last digit."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.application import Installation
from tests.sales.test_decimals import kept
from tests.sales.test_orders import made

from vestnik.db import Database
from vestnik.sales import decimals
from vestnik.sales.decimals import DecimalText, plain, summed, summing


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.one_of(st.none(), kept, kept.map(lambda each: each * each)), max_size=6))
async def test_a_database_adds_up_as_people_do(database: Database, values: list[Decimal | None]) -> None:
    texts = [
        sa.select(sa.cast(sa.null() if each is None else sa.literal(plain(each)), sa.Text).label("sum"))
        for each in (None, *values)
    ]
    rows = sa.union_all(*texts).subquery()
    column = sa.type_coerce(rows.c.sum, DecimalText)
    async with database.read() as connection:
        found = (await connection.execute(sa.select(*summing(column, database.on_sqlite)))).one()
    known = [each for each in values if each is not None]
    assert summed(found) == (decimals.total(known) if known else None)


async def test_deals_are_summed_up_stage_by_stage_as_the_filter_leaves_them(
    installation: Installation,
) -> None:
    browser = await installation.signed_in("sales_manager")
    stages = {each["name"]: each["id"] for each in (await browser.get("/deals/stages")).json()}
    for title, stage, sum in (
        ("Вывеска", "Новая", "0.1"),
        ("Вывеска 2", "Новая", "0.2"),
        ("Стенд", "Новая", None),
        ("Стенд 2", "Оплачена", "100000000000000.01"),
        ("Стенд 3", "Оплачена", "-0.005"),
    ):
        await browser.post("/deals", {"title": title, "stageId": stages[stage], "sum": sum})

    async def shown(**query: str) -> list[tuple[str, int, str | None]]:
        found = (await browser.get("/deals/sums", params=query)).json()
        return [(each["name"], each["deals"], each["sum"]) for each in found]

    assert await shown() == [
        *(("Новая", 3, "0.3"), ("Переговоры", 0, None), ("Счёт выставлен", 0, None)),
        *(("Оплачена", 2, "100000000000000.005"), ("Отказ", 0, None)),
    ]
    assert await shown(search="вывеска", kind="open", stageId=stages["Оплачена"]) == [
        *(("Новая", 2, "0.3"), ("Переговоры", 0, None), ("Счёт выставлен", 0, None)),
    ]
    await browser.patch(f"/deals/stages/{stages['Оплачена']}", {"archived": True})
    await browser.patch(f"/deals/stages/{stages['Отказ']}", {"archived": True})
    assert [name for name, _, _ in await shown()][-1] == "Оплачена"


async def test_a_list_of_orders_tells_what_all_that_match_come_to(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    for title, amount in (("Баннер", "0.1"), ("Баннер 2", "0.2"), ("Стенд", "5"), ("Пустой", None)):
        await made(browser, title=title, lines=[{"item": "Вещь", "amount": amount}])
    found = {
        search: (page["sum"], page["total"], page["currency"])
        for search in ("", "баннер", "пустой", "нет")
        for page in [(await browser.get("/orders", params={"search": search, "limit": 1})).json()]
    }
    assert found == {
        "": ("5.3", 4, "RUB"),
        "баннер": ("0.3", 2, "RUB"),
        "пустой": (None, 1, "RUB"),
        "нет": (None, 0, "RUB"),
    }
