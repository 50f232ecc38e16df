"""The demo's segments, over the demo's people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from vestnik.contacts.tables import contact
from vestnik.db import Database
from vestnik.people.access import SYSTEM
from vestnik.segments.service import Segments
from vestnik.segments.tables import segment, segment_member

#: Who the small static segment is made of: enough to watch, few enough to be done in seconds.
SMALL = 200


def _all_of(*conditions: tuple[str, str, Any]) -> Mapping[str, Any]:
    rules = [{"field": field, "operator": operator, "value": value} for field, operator, value in conditions]
    return {"combinator": "and", "rules": rules}


RULES: Mapping[str, Mapping[str, Any]] = {
    "Москва": _all_of(("custom.city", "=", "Москва")),
    "VIP": _all_of(("custom.vip", "=", True)),
    "Клиенты": _all_of(("custom.stage", "=", "клиент")),
    "Москва и Петербург, от пяти заказов": _all_of(
        ("custom.city", "in", ["Москва", "Санкт-Петербург"]), ("custom.orders", ">=", 5)
    ),
    "Новые за 30 дней": _all_of(("created", "lastDays", 30)),
    "День рождения на этой неделе": _all_of(("custom.birthday", "yearlyNextDays", 7)),
    "Печатники и медиа не из столиц": {
        "combinator": "and",
        "rules": [
            {
                "combinator": "or",
                "rules": [
                    {"field": "company", "operator": "contains", "value": "Печать"},
                    {"field": "company", "operator": "contains", "value": "Медиа"},
                ],
            },
            {"field": "custom.city", "operator": "notIn", "value": ["Москва", "Санкт-Петербург"]},
            {"field": "stopped", "operator": "=", "value": False},
        ],
    },
    "Читают: открыли одно из последних трёх": _all_of(("campaigns.opened", "inLast", 3)),
    "Спят: получали, но не открывали": {
        "combinator": "and",
        "rules": [
            {"field": "campaigns.notOpened", "operator": "inLast", "value": 3},
            {
                "combinator": "or",
                "not": True,
                "rules": [
                    {"field": "stopped", "operator": "=", "value": True},
                    {"field": "created", "operator": "lastDays", "value": 30},
                ],
            },
        ],
    },
}
FOCUS_GROUP = "Пробная группа"
#: By hand, too; an import fills it.
GUESTS, GUESTS_ID = "Гости выставки", "demo-guests"


async def create_demo(database: Database, segments: Segments) -> dict[str, int]:
    """Store the demo's segments; their keys by name."""
    made = {
        name: await segments.create(SYSTEM, name, rule=rule, external_id=f"demo-{number}")
        for number, (name, rule) in enumerate(RULES.items())
    }
    async with database.read() as connection:
        first = (
            sa.select(contact.c.id)
            .where(contact.c.external_id.startswith("demo-"))
            .order_by(contact.c.id)
            .limit(SMALL)
        )
        members = (await connection.scalars(first)).all()
    made[FOCUS_GROUP] = await segments.create(SYSTEM, FOCUS_GROUP, members=members, external_id="demo-focus")
    made[GUESTS] = await segments.create(SYSTEM, GUESTS, external_id=GUESTS_ID)
    return made


def remove_demo(connection: sa.Connection) -> None:
    """Take away the demo's segments; campaigns that refer to them are removed before, contacts after."""
    made = sa.select(segment.c.id).where(segment.c.external_id.startswith("demo-"))
    people = sa.select(contact.c.id).where(contact.c.external_id.startswith("demo-"))
    connection.execute(
        sa.delete(segment_member).where(
            segment_member.c.segment_id.in_(made) | segment_member.c.contact_id.in_(people)
        )
    )
    connection.execute(sa.delete(segment).where(segment.c.external_id.startswith("demo-")))
