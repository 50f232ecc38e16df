"""An input that is read again changes its lead, but for what a person changed since."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from tests.intake.leads.desk import Desk, codes

from vestnik.intake.fields import Difference, LeadFields, Warned
from vestnik.intake.leads.changing import edit, locked
from vestnik.intake.leads.updating import update_from
from vestnik.people.access import SYSTEM
from vestnik.sales.lines import OrderLine
from vestnik.sales.tables import line, order, order_reading

INN = "7709745454"


async def _again(desk: Desk, lead_id: int, fields: LeadFields, **options: Any) -> list[Difference]:
    return await desk.database.write(
        lambda connection: update_from(connection, SYSTEM, lead_id, fields, **options)
    )


async def test_differences_are_told_first_and_then_applied_but_for_what_a_person_changed(desk: Desk) -> None:
    await desk.person("anna", "administrator")
    row = await desk.accept(title="Анна", city="Перм", inn="7709745455", warnings=[Warned("json_comma")])
    changes = {"title": "Анна Ким"}
    await desk.database.write(lambda c: edit(c, SYSTEM, locked(c, row.id), changes))
    fresh = LeadFields(
        title="Анна К.", city="Пермь", inn=INN, email="anna@example.ru", path="Реклама",
        lines=[OrderLine(item="Ролап")],
    )  # fmt: skip
    told = await _again(desk, row.id, fresh, dry=True)
    assert [(each.field, each.before, each.after, each.applied) for each in told] == [
        ("title", "Анна Ким", "Анна К.", False),
        ("email", "", "anna@example.ru", True),
        ("inn", "7709745455", INN, True),
        ("city", "Перм", "Пермь", True),
        ("path", "", "Реклама", True),
        ("lines", 0, 1, True),
    ]
    before = await desk.row_of(row.id)
    assert (before.city, before.order_id) == ("Перм", None)
    assert await _again(desk, row.id, fresh, warnings=[Warned("list_of_one")]) == told
    after = await desk.row_of(row.id)
    assert (after.title, after.city, after.email_normalised) == ("Анна Ким", "Пермь", "anna@example.ru")
    assert codes(after) == ["list_of_one"]
    assert None not in (after.client_id, after.channel_id, after.order_id)
    assert [event.title for event in await desk.events()] == ["Заявка № 1: Анна Ким"]
    assert [kind for kind, _ in await desk.history(row.id)] == ["created", "edited", "read_again"]
    third = await _again(desk, row.id, fresh, warnings=[Warned("list_of_one")])
    assert [each.field for each in third] == ["title"]
    assert len(await desk.rows(sa.select(order.c.id))) == 1


async def test_lines_that_read_otherwise_wait_on_the_order_and_change_nothing(desk: Desk) -> None:
    row = await desk.accept(title="Анна", lines=[OrderLine("Ролап", quantity=Decimal(2))])
    fresh = LeadFields(title="Анна", lines=[OrderLine("Ролап", quantity=Decimal(3)), OrderLine("Стенд")])
    told = await _again(desk, row.id, fresh, dry=True)
    assert told == [Difference("lines", None, 2, False)]
    kept = sa.select(order_reading.c.lines)
    assert await desk.rows(kept) == []
    assert await _again(desk, row.id, fresh) == told
    assert await _again(desk, row.id, fresh) == told
    [waiting] = await desk.rows(kept)
    assert [(each["item"], each["quantity"]) for each in waiting.lines] == [("Ролап", "3"), ("Стенд", None)]
    assert [each.item for each in await desk.rows(sa.select(line.c.item))] == ["Ролап"]
    assert await _again(desk, row.id, replace(fresh, lines=[OrderLine("Ролап", quantity=Decimal(2))])) == []
    assert await desk.rows(kept) == []
