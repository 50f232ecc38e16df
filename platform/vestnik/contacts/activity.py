"""What this room tells of a contact: consents, the stop-list, merges, and who changed the card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.audit import actions_on
from vestnik.contacts.reading import addresses_of
from vestnik.contacts.tables import address, category, consent, contact, suppression
from vestnik.contacts.timeline import TimelineEntry
from vestnik.http.errors import Text

_CONSENTS: Mapping[tuple[str, bool], Text] = {
    ("given", True): {"ru": "Согласие на «{name}»", "en": "Subscribed to “{name}”"},
    ("withdrawn", True): {"ru": "Отказ от «{name}»", "en": "Unsubscribed from “{name}”"},
    ("given", False): {"ru": "Согласие на все рассылки", "en": "Subscribed to everything"},
    ("withdrawn", False): {"ru": "Отказ от всех рассылок", "en": "Unsubscribed from everything"},
}
_STOPS: Mapping[str, Text] = {
    "manual": {"ru": "Адрес внесён в стоп-лист", "en": "Address put on the suppression list"},
    "spam": {"ru": "Жалоба на спам: адрес в стоп-листе", "en": "Spam complaint: address suppressed"},
    "hard_bounce": {"ru": "Адреса больше нет: он в стоп-листе", "en": "Address is gone: suppressed"},
    "unsubscribe": {"ru": "Отписка: адрес в стоп-листе", "en": "Unsubscribed: address suppressed"},
}
_ACTIONS: Mapping[str, Text] = {
    "contact.created": {"ru": "Контакт создан", "en": "Contact created"},
    "contact.changed": {"ru": "Карточка изменена", "en": "Card changed"},
}


def named(text: Text, name: str) -> Text:
    """`text` of each language with the name put in."""
    return {"ru": text["ru"].format(name=name), "en": text["en"].format(name=name)}


async def consents(
    connection: AsyncConnection, contact_id: int, before: datetime | None, limit: int
) -> Sequence[TimelineEntry]:
    """What the contact chose, with its evidence."""
    query = (
        sa.select(consent.c.at, consent.c.state, consent.c.how, consent.c.from_where, category.c.title)
        .outerjoin(category, category.c.id == consent.c.category_id)
        .where(consent.c.contact_id == contact_id)
        .order_by(consent.c.at.desc(), consent.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(consent.c.at <= before)
    return [
        TimelineEntry(
            row.at,
            f"consent_{row.state}",
            named(_CONSENTS[row.state, row.title is not None], row.title or ""),
            detail=" · ".join(filter(None, (row.how, row.from_where))) or None,
        )
        for row in await connection.execute(query)
    ]


async def stops(
    connection: AsyncConnection, contact_id: int, before: datetime | None, limit: int
) -> Sequence[TimelineEntry]:
    """When the contact's addresses came to the stop-list."""
    query = (
        sa.select(suppression.c.at, suppression.c.reason, address.c.normalised, category.c.title)
        .select_from(address)
        .join(suppression, suppression.c.address_hash == address.c.suppression_hash)
        .outerjoin(category, category.c.id == suppression.c.category_id)
        .where(address.c.id.in_(addresses_of(contact_id)))
        .order_by(suppression.c.at.desc(), suppression.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(suppression.c.at <= before)
    return [
        TimelineEntry(
            row.at,
            f"stop_{row.reason}",
            _STOPS[row.reason],
            detail=" · ".join(filter(None, (row.normalised, row.title))),
        )
        for row in await connection.execute(query)
    ]


async def merges(
    connection: AsyncConnection, contact_id: int, before: datetime | None, limit: int
) -> Sequence[TimelineEntry]:
    """Which contacts were merged into this one."""
    query = (
        sa.select(contact.c.updated_at, contact.c.name)
        .where(contact.c.merged_into == contact_id, contact.c.id != contact_id)
        .order_by(contact.c.updated_at.desc(), contact.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(contact.c.updated_at <= before)
    sentence: Text = {"ru": "Объединён с контактом «{name}»", "en": "Merged with the contact “{name}”"}
    return [
        TimelineEntry(row.updated_at, "merged", named(sentence, row.name))
        for row in await connection.execute(query)
    ]


async def changes(
    connection: AsyncConnection, contact_id: int, before: datetime | None, limit: int
) -> Sequence[TimelineEntry]:
    """Who made the card, and who changed it."""
    rows = await actions_on(connection, "contact", contact_id, _ACTIONS, before, limit)
    return [TimelineEntry(row.at, row.action.replace(".", "_"), _ACTIONS[row.action]) for row in rows]


SOURCES = (consents, stops, merges, changes)
