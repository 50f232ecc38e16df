"""Decimals go from the wire through the database and back as they are; sums are exact."""

from __future__ import annotations

from decimal import Context, Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vestnik.db import Database
from vestnik.people.access import SYSTEM
from vestnik.sales import decimals
from vestnik.sales.deals import DealFilter, NewDeal
from vestnik.sales.lines import Check, OrderLine, check, check_total
from vestnik.sales.orders import NewOrder
from vestnik.sales.service import Sales
from vestnik.sales.tables import deal

_DIGITS = decimals.WHOLE_DIGITS + decimals.PLACES
#: For what the tests themselves calculate.
_WIDE = Context(prec=200)

#: Every number that is kept.
kept = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places),
    st.integers(-(10**decimals.WHOLE_DIGITS) + 1, 10**decimals.WHOLE_DIGITS - 1),
    st.integers(0, decimals.PLACES),
) | st.builds(
    lambda digits: _WIDE.scaleb(Decimal(digits), -decimals.PLACES),
    st.integers(-(10**_DIGITS) + 1, 10**_DIGITS - 1),
)


@given(kept)
def test_a_number_is_the_same_once_written_and_read(value: Decimal) -> None:
    text = decimals.plain(value)
    assert decimals.fits(value)
    assert Decimal(text) == value
    assert "E" not in text.upper()
    assert text == decimals.plain(Decimal(text))


@given(kept, kept)
def test_equal_numbers_are_equal_text(one: Decimal, other: Decimal) -> None:
    assert (decimals.plain(one) == decimals.plain(other)) == (one == other)


@given(st.lists(st.tuples(kept, kept), max_size=20))
def test_sums_of_products_are_exact(pairs: list[tuple[Decimal, Decimal]]) -> None:
    products = [decimals.product(price, quantity) for price, quantity in pairs]
    whole = sum(_in_places(price) * _in_places(quantity) for price, quantity in pairs)
    found = decimals.total(each for each in products if each is not None)
    assert _WIDE.scaleb(found, 2 * decimals.PLACES) == whole


def _in_places(value: Decimal) -> int:
    return int(_WIDE.scaleb(value, decimals.PLACES))


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("0", True),
        ("0E+99", True),
        ("1E+14", True),
        ("999999999999999.999999999999", True),
        ("1.5000000000000000000", True),
        ("1E+15", False),
        ("0.0000000000001", False),
        ("1E+1000000", False),
        ("NaN", False),
        ("Infinity", False),
    ],
)
def test_a_number_of_more_digits_than_are_kept_is_known(text: str, fits: bool) -> None:
    assert decimals.fits(Decimal(text)) is fits


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1E+3", "1000"),
        ("1250.50", "1250.5"),
        ("-0.0", "0"),
        ("0.000000000001", "0.000000000001"),
        ("100", "100"),
    ],
)
def test_a_number_is_written_plainly(value: str, text: str) -> None:
    assert decimals.plain(Decimal(value)) == text


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(kept, min_size=5, max_size=5))
async def test_a_line_comes_back_from_the_database_as_it_was(
    database: Database, sales: Sales, values: list[Decimal]
) -> None:
    width, height, quantity, price, amount = values
    line = OrderLine(
        "Баннер", width=width, height=height, quantity=quantity, price=price, amount=amount, works=[]
    )
    id = await sales.orders.create(SYSTEM, NewOrder("Заказ", lines=[line]))
    card = await sales.orders.card(SYSTEM, id)
    assert [each.line for each in card.lines] == [line]
    assert card.order.sum == amount
    assert card.total == Check(amount, line.computed)


async def test_deals_sort_by_the_number_and_not_by_its_text(database: Database, sales: Sales) -> None:
    for text in ("9", "10.5", None, "-3", "100000000000000", "10.25"):
        await sales.deals.create(SYSTEM, NewDeal("Сделка", sum=None if text is None else Decimal(text)))
    found, _ = await sales.deals.page(SYSTEM, DealFilter(), sort="sum")
    assert [None if each.sum is None else str(each.sum) for each in found] == [
        *(None, "-3", "9", "10.25", "10.5", "100000000000000"),
    ]
    async with database.read() as connection:
        texts = sa.select(sa.type_coerce(deal.c.sum, sa.Text)).order_by(deal.c.number)
        assert list(await connection.scalars(texts)) == ["9", "10.5", None, "-3", "100000000000000", "10.25"]


@pytest.mark.parametrize(
    ("price", "quantity", "amount", "differs"),
    [
        ("500", "2", "1000", False),
        ("500", "2", "1000.004", False),
        ("500", "2", "1000.01", True),
        ("0.333", "3", "1", False),
        ("0.333", "3", "0.99", True),
        ("500", None, "1000", False),
        (None, "2", "1000", False),
        ("500", "2", None, False),
    ],
)
def test_a_sum_differs_from_a_kopeck_on(
    price: str | None, quantity: str | None, amount: str | None, differs: bool
) -> None:
    numbers = [None if each is None else Decimal(each) for each in (price, quantity, amount)]
    line = OrderLine(price=numbers[0], quantity=numbers[1], amount=numbers[2])
    assert check(line).differs is differs


def test_the_total_takes_what_is_known_of_each_line() -> None:
    lines = [
        OrderLine(price=Decimal(500), quantity=Decimal(2), amount=Decimal(1100)),
        OrderLine(price=Decimal(10), quantity=Decimal(3)),
        OrderLine(amount=Decimal("0.5")),
        OrderLine(),
    ]
    assert check_total(lines) == Check(Decimal("1130.5"), Decimal("1030.5"))
    assert check_total(lines).differs
    assert check_total([OrderLine()]) == Check(None, None)
    assert not check_total([]).differs
