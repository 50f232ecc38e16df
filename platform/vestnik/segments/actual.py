"""What one contact has where a condition compares: told beside the verdict, so that a person sees why.

A value is a small object whose `kind` says how it is shown:

    {"kind": "nothing"}                                   {"kind": "number", "number": 5}
    {"kind": "texts", "texts": ["Пермь"]}                 {"kind": "flag", "flag": true}
    {"kind": "day", "day": "1980-01-31"}                  {"kind": "instant", "at": …}
    {"kind": "consent", "state": "withdrawn", "at": …}    {"kind": "stops", "reasons": ["blocked"]}
    {"kind": "letter", "did": "opened", "at": …, "opened": true, "campaignId": "12",
     "campaign": "Новости"}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from vestnik.companies.tables import client
from vestnik.contacts.fields import Field
from vestnik.contacts.last_activity import NEVER
from vestnik.contacts.tables import address, contact, contact_address, subscription, suppression
from vestnik.people.tables import user

Told = Mapping[str, Any]
#: Reads what a contact has: (connection, the contact's key, the condition's operator, its value).
Actual = Callable[[sa.Connection, int, Any, Any], Told]

NOTHING: Told = {"kind": "nothing"}


def texts(found: Sequence[Any]) -> Told:
    """Texts that are there; nothing without any."""
    there = [str(each) for each in found if each not in (None, "")]
    return {"kind": "texts", "texts": there} if there else NOTHING


def of_contact(column: sa.Column[Any]) -> Actual:
    """A text of the contact's row."""

    def read(connection: sa.Connection, contact_id: int, _operator: str, _value: Any) -> Told:
        return texts([connection.scalar(sa.select(column).where(contact.c.id == contact_id))])

    return read


def instant_of(column: sa.Column[Any]) -> Actual:
    """An instant of the contact's row."""

    def read(connection: sa.Connection, contact_id: int, _operator: str, _value: Any) -> Told:
        at: datetime | None = connection.scalar(sa.select(column).where(contact.c.id == contact_id))
        return NOTHING if at is None or at == NEVER else {"kind": "instant", "at": at}

    return read


def of_addresses(kind: str, column: sa.Column[Any]) -> Actual:
    """The contact's addresses of a kind, the primary one first."""

    def read(connection: sa.Connection, contact_id: int, _operator: str, _value: Any) -> Told:
        found = connection.scalars(
            sa.select(column)
            .select_from(contact_address.join(address, address.c.id == contact_address.c.address_id))
            .where(contact_address.c.contact_id == contact_id, contact_address.c.kind == kind)
            .order_by(contact_address.c.is_primary.desc(), address.c.id)
        ).all()
        return texts(list(dict.fromkeys(found)))

    return read


def of_company(column: sa.Column[Any]) -> Actual:
    """Something of the contact's company."""

    def read(connection: sa.Connection, contact_id: int, _operator: str, _value: Any) -> Told:
        joined = client.join(contact, contact.c.company_id == client.c.id)
        return texts(
            [connection.scalar(sa.select(column).select_from(joined).where(contact.c.id == contact_id))]
        )

    return read


def owner(connection: sa.Connection, contact_id: int, _operator: str, _value: Any) -> Told:
    """Who looks after the contact."""
    joined = user.join(contact, contact.c.owner_id == user.c.id)
    return texts(
        [connection.scalar(sa.select(user.c.name).select_from(joined).where(contact.c.id == contact_id))]
    )


def choice(connection: sa.Connection, contact_id: int, _operator: str, value: Any) -> Told:
    """What the contact chose of a category last; the stop-list's unsubscribe counts as well."""
    id = int(value)
    stop = connection.execute(
        _stops(contact_id)
        .where(
            suppression.c.reason == "unsubscribe",
            suppression.c.category_id.is_(None) | (suppression.c.category_id == id),
        )
        .order_by(suppression.c.at.desc())
        .limit(1)
    ).one_or_none()
    chosen = connection.execute(
        sa.select(subscription.c.subscribed, subscription.c.at).where(
            subscription.c.contact_id == contact_id, subscription.c.category_id == id
        )
    ).one_or_none()
    if connection.scalar(sa.select(contact.c.unsubscribed).where(contact.c.id == contact_id)):
        return {"kind": "consent", "state": "withdrawn_all", "at": None}
    if chosen is not None and (stop is None or not chosen.subscribed):
        return {"kind": "consent", "state": "given" if chosen.subscribed else "withdrawn", "at": chosen.at}
    return NOTHING if stop is None else {"kind": "consent", "state": "withdrawn", "at": stop.at}


def stops(connection: sa.Connection, contact_id: int, _operator: str, _value: Any) -> Told:
    """Why nobody writes to the contact."""
    row = connection.execute(
        sa.select(contact.c.blocked, contact.c.unsubscribed).where(contact.c.id == contact_id)
    ).one()
    reasons = [name for name in ("blocked", "unsubscribed") if getattr(row, name)]
    listed = connection.execute(
        _stops(contact_id).where(suppression.c.category_id.is_(None)).order_by(suppression.c.at)
    )
    reasons.extend(each.reason for each in listed)
    return {"kind": "stops", "reasons": list(dict.fromkeys(reasons))} if reasons else NOTHING


def _stops(contact_id: int) -> sa.Select[Any]:
    """What the stop-list says of the primary e-mail address."""
    return (
        sa.select(suppression.c.reason, suppression.c.at)
        .join(address, address.c.suppression_hash == suppression.c.address_hash)
        .join(contact_address, contact_address.c.address_id == address.c.id)
        .where(
            contact_address.c.contact_id == contact_id,
            contact_address.c.kind == "email",
            contact_address.c.is_primary,
        )
    )


def of_field(field: Field) -> Actual:
    """The contact's value of a custom field."""

    def read(connection: sa.Connection, contact_id: int, _operator: str, _value: Any) -> Told:
        custom = connection.scalar(sa.select(contact.c.custom).where(contact.c.id == contact_id)) or {}
        value = custom.get(field.key)
        if value is None or value == "":
            return NOTHING
        match field.kind:
            case "number":
                return {"kind": "number", "number": value}
            case "boolean":
                return {"kind": "flag", "flag": bool(value)}
            case "date":
                return {"kind": "day", "day": value}
        return texts([value])

    return read
