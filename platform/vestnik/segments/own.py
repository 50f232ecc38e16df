"""The conditions on contacts, their addresses, owners, companies, categories and segments made by hand."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from vestnik.companies.tables import client
from vestnik.contacts.listing import stopped_holders
from vestnik.contacts.tables import address, contact, contact_address, subscription, suppression
from vestnik.db import among
from vestnik.segments import actual
from vestnik.segments.conditions import (
    ABSENCE,
    TEXT,
    Condition,
    Now,
    Operator,
    Predicate,
    Rows,
    day_condition,
    key_value,
    related,
    searched_text,
    text_condition,
)
from vestnik.segments.tables import segment_member


def held(owners: sa.Select[Any], owner: sa.ColumnElement[Any], now: Now) -> Predicate:
    """Whether a contact is among `owners`, a SELECT of the column `owner` over other tables."""
    if now.whole:
        return among(contact.c.id, owners.with_only_columns(owner))
    return owners.with_only_columns(sa.literal(1)).where(owner == contact.c.id).exists()


def _addresses(kind: str) -> Rows:
    def rows(matches: Predicate | None, now: Now) -> Predicate:
        if matches is None:
            return sa.exists().where(
                contact_address.c.contact_id == contact.c.id, contact_address.c.kind == kind
            )
        owners = (
            sa.select(contact_address.c.contact_id)
            .join(address, address.c.id == contact_address.c.address_id)
            .where(contact_address.c.kind == kind, matches)
        )
        return held(owners, contact_address.c.contact_id, now)

    return rows


def _of_kind(kind: str, compared: sa.Column[Any]) -> Any:
    """Conditions on the address itself, whose index begins with the kind."""
    rows = _addresses(kind)

    def narrowed(matches: Predicate | None, now: Now) -> Predicate:
        return rows(None if matches is None else (address.c.kind == kind) & matches, now)

    return related(narrowed, compared)


def _company(matches: Predicate | None, now: Now) -> Predicate:
    if matches is None:
        return contact.c.company_id.is_not(None)
    if now.whole:
        person = contact.alias("person")
        people = sa.select(person.c.id).join(client, client.c.id == person.c.company_id)
        return among(contact.c.id, people.where(matches))
    return sa.exists().where(client.c.id == contact.c.company_id, matches)


def _name(operator: Operator, value: Any, now: Now) -> Predicate:
    positive = ABSENCE.get(operator)
    if now.whole and "contains" in (operator, positive):
        found = searched_text(contact.c.name_folded, "contains", value, now)
        return sa.not_(found) if positive else found
    return text_condition(contact.c.name_folded)(operator, value, now)


def _stopped(reasons: Predicate, now: Now) -> Predicate:
    """Whether the stop-list has the primary e-mail address for one of these reasons."""
    if now.whole:
        return among(contact.c.id, stopped_holders(reasons).where(contact_address.c.kind == "email"))
    return sa.exists().where(
        contact_address.c.contact_id == contact.c.id,
        contact_address.c.is_primary,
        contact_address.c.kind == "email",
        address.c.id == contact_address.c.address_id,
        suppression.c.address_hash == address.c.suppression_hash,
        reasons,
    )


def _category(operator: Operator, value: Any, now: Now) -> Predicate:
    """Subscribed: gave consent, and neither that nor the stop-list has been withdrawn since."""
    id = key_value(value)
    chosen = subscription.alias("chosen")

    def chose(subscribed: Predicate) -> Predicate:
        owners = sa.select(chosen.c.contact_id).where(chosen.c.category_id == id, subscribed)
        return held(owners, chosen.c.contact_id, now)

    stopped = _stopped(
        (suppression.c.reason == "unsubscribe")
        & (suppression.c.category_id.is_(None) | (suppression.c.category_id == id)),
        now,
    )
    if operator == "unsubscribed":
        return contact.c.unsubscribed | chose(sa.not_(chosen.c.subscribed)) | stopped
    return chose(chosen.c.subscribed) & sa.not_(contact.c.unsubscribed) & sa.not_(stopped)


def _on_stop_list(_operator: Operator, value: Any, now: Now) -> Predicate:
    """Nobody writes to them: blocked, unsubscribed from all, or the primary e-mail is stopped for all."""
    if not isinstance(value, bool):
        raise ValueError("yes or no is needed")
    stopped = contact.c.blocked | contact.c.unsubscribed | _stopped(suppression.c.category_id.is_(None), now)
    return stopped if value else sa.not_(stopped)


def _owner(operator: Operator, value: Any, _now: Now) -> Predicate:
    match operator:
        case "null":
            return contact.c.owner_id.is_(None)
        case "notNull":
            return contact.c.owner_id.is_not(None)
        case "!=":
            # Whoever has no owner has another one than this, too.
            return contact.c.owner_id.is_distinct_from(key_value(value))
    return contact.c.owner_id == key_value(value)


def _member(operator: Operator, value: Any, now: Now) -> Predicate:
    owners = sa.select(segment_member.c.contact_id).where(segment_member.c.segment_id == key_value(value))
    found = held(owners, segment_member.c.contact_id, now)
    return sa.not_(found) if operator == "notIn" else found


def own_conditions() -> list[Condition]:
    """The conditions on contacts, their addresses, companies, categories and segments."""
    days: tuple[Operator, ...] = ("lastDays", "beforeDays", "=", "<", "<=", ">", ">=")
    return [
        Condition(
            "name", {"ru": "Имя", "en": "Name"}, "text", TEXT, _name,
            actual=actual.of_contact(contact.c.name),
        ),
        Condition(
            "email", {"ru": "Почта", "en": "E-mail"}, "text", TEXT, _of_kind("email", address.c.normalised),
            actual=actual.of_addresses("email", address.c.normalised),
        ),
        Condition(
            "domain", {"ru": "Домен почты", "en": "E-mail domain"}, "text", TEXT,
            related(_addresses("email"), address.c.domain),
            actual=actual.of_addresses("email", address.c.domain),
        ),
        Condition(
            "phone", {"ru": "Телефон", "en": "Phone"}, "text", TEXT, _of_kind("phone", address.c.normalised),
            actual=actual.of_addresses("phone", address.c.normalised),
        ),
        Condition(
            "created", {"ru": "Создан", "en": "Created"}, "date", days, day_condition(contact.c.created_at),
            actual=actual.instant_of(contact.c.created_at),
        ),
        Condition(
            "updated", {"ru": "Изменён", "en": "Changed"}, "date", days, day_condition(contact.c.updated_at),
            actual=actual.instant_of(contact.c.updated_at),
        ),
        Condition(
            "lastActivity", {"ru": "Последняя активность", "en": "Last activity"}, "date", days,
            day_condition(contact.c.last_activity_at), actual=actual.instant_of(contact.c.last_activity_at),
        ),
        Condition(
            "owner", {"ru": "Ответственный", "en": "Owner"}, "owner", ("=", "!=", "null", "notNull"), _owner,
            actual=actual.owner,
        ),
        Condition(
            "segment", {"ru": "Сегмент-список", "en": "Segment by hand"}, "segment", ("in", "notIn"), _member
        ),
        Condition(
            "company", {"ru": "Клиент", "en": "Client"}, "text", TEXT,
            related(_company, client.c.name_folded), group="company",
            actual=actual.of_company(client.c.name),
        ),
        Condition(
            "inn", {"ru": "ИНН клиента", "en": "Client's INN"}, "text", TEXT,
            related(_company, client.c.inn), group="company", actual=actual.of_company(client.c.inn),
        ),
        Condition(
            "category", {"ru": "Категория рассылок", "en": "Category"}, "category",
            ("subscribed", "unsubscribed"), _category, group="subscription", actual=actual.choice,
        ),
        Condition(
            "stopped", {"ru": "В стоп-листе", "en": "On the suppression list"}, "boolean", ("=",),
            _on_stop_list, group="subscription", actual=actual.stops,
        ),
    ]  # fmt: skip
