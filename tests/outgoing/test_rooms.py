"""What rooms announce is what the schemas of its kind say, with all that may be told and with nothing."""

from __future__ import annotations

from decimal import Decimal

from tests.application import Installation
from tests.intake.leads.desk import Desk
from tests.outgoing.conftest import told
from tests.outgoing.test_told import listen
from tests.sales.test_orders import DELIVERY, LAYOUT, ROLLUP, made

from vestnik.intake.fields import LeadFields, Marks
from vestnik.outgoing.service import KINDS
from vestnik.sales.lines import OrderLine, Work

WHOLE = LeadFields(
    title="Баннер",
    person="Анна Соколова",
    company="ООО «Ромашка»",
    email="anna@example.org",
    phone="+7 916 123-45-67",
    description="К пятнице",
    inn="7709745454",
    country="Россия",
    city="Москва",
    site="example.org",
    path="Сайт",
    partner="Партнёр",
    marks=Marks(source="yandex", medium="cpc", referrer="https://ya.ru/"),
    layouts=("https://files.example.org/banner.tif",),
    lines=(
        OrderLine(
            item="Баннер",
            width=Decimal("3.5"),
            height=Decimal(6),
            quantity=Decimal(2),
            price=Decimal(4500),
            amount=Decimal(9000),
            works=(Work("Люверсы", Decimal(24)),),
        ),
    ),
    extra={"цвет": "синий"},
)


async def test_leads_and_their_orders_are_told_as_documented(installation: Installation) -> None:
    desk = Desk(installation.services.database)
    await installation.add_user("administrator")
    await listen(desk.database, *KINDS)
    for fields in (WHOLE, LeadFields()):
        await desk.accept(fields)
    found = await told(desk.database)
    assert sorted(each["type"] for each in found) == ["lead.created", "lead.created", "order.created"]
    whole = next(
        each["data"] for each in found if each["data"].get("title") == "Баннер" and "door" in each["data"]
    )
    assert (whole["email"], whole["inn"], whole["orderId"] is not None) == (
        "anna@example.org",
        "7709745454",
        True,
    )


async def test_a_change_of_a_lead_is_told_as_documented(installation: Installation) -> None:
    desk, browser = Desk(installation.services.database), await installation.signed_in("sales_manager")
    await installation.add_user("administrator")
    row = await desk.accept(WHOLE)
    await listen(desk.database, "lead.changed")
    answer = await browser.post(f"/leads/{row.id}/close", {"result": "spam"})
    assert answer.status_code == 200, answer.text
    assert [
        (each["type"], each["data"]["status"], each["data"]["result"]) for each in await told(desk.database)
    ] == [("lead.changed", "closed", "spam")]


async def test_orders_and_job_tickets_are_told_as_documented(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    await listen(installation.services.database, "order.created", "job_ticket.created")
    order = await made(browser, layouts=[LAYOUT], lines=[ROLLUP, DELIVERY, {"item": "Стенд"}])
    lines = [line["id"] for line in order["lines"]]
    assert (await browser.post(f"/orders/{order['id']}/tickets", {"lineIds": lines})).status_code == 200
    found = await told(installation.services.database)
    assert [each["type"] for each in found] == ["order.created", *["job_ticket.created"] * 3]
