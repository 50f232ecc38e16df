"""What a person does to a lead, each in a unit of work: its row, its history, the audit, who hears of it.

The response clock stops at the first thing that somebody does about the lead itself; giving it to somebody
else does not stop it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.companies.service import require_client, require_responsible
from vestnik.contacts.tables import contact
from vestnik.db import now
from vestnik.http.errors import NotFound
from vestnik.intake.fields import LeadFields
from vestnik.intake.leads import letters, planning
from vestnik.intake.leads.accepting import language_of
from vestnik.intake.leads.cleaning import LONG, SHORT, kept_text
from vestnik.intake.leads.errors import (
    LeadIsNotOver,
    LeadIsOver,
    UnknownChannel,
    UnknownPartner,
)
from vestnik.intake.leads.history import EventKind, note
from vestnik.intake.leads.matching import find
from vestnik.intake.leads.parties import WRONG_INN, client_by_inn
from vestnik.intake.leads.settings import settings_of
from vestnik.intake.leads.tables import channel, lead, partner
from vestnik.intake.leads.telling import announce_lead
from vestnik.intake.leads.wording import described, event_title, words_of
from vestnik.people.access import Actor
from vestnik.sales.orders import change_order, hold_order

Result = Literal["spam", "duplicate", "other", "not_target"]

#: Fields that a person may correct.
TEXTS = (
    *("title", "person", "company", "email", "phone", "description", "country", "city", "site", "path"),
    "partner",
)
LINKS = ("channel_id", "partner_id", "client_id", "contact_id")
_OVER = ("processed", "closed")
_AUDITED = frozenset({*TEXTS, *LINKS, "inn", "status", "result", "responsible_id"})


def locked(connection: sa.Connection, lead_id: int) -> sa.Row[Any]:
    """A lead's row, which nobody else changes before this unit of work ends; `NotFound` without one."""
    row = connection.execute(sa.select(lead).where(lead.c.id == lead_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound()
    return row


def take(connection: sa.Connection, actor: Actor, row: sa.Row[Any]) -> bool:
    """Take a lead into work; one that was left to the Coordinator is the taker's from then on."""
    _refuse_over(row)
    values: dict[str, Any] = {"status": "in_work"}
    if row.status == "open" and actor.user_id is not None and row.responsible_id != actor.user_id:
        values |= {"responsible_id": actor.user_id, "assigned_by": "person"}
        planning.hand_over(connection, row.id, row.responsible_id, actor.user_id)
    if row.status == "in_work" and row.taken_at is not None:
        return False
    store(connection, actor, row, values, "taken")
    return True


def assign(connection: sa.Connection, actor: Actor, row: sa.Row[Any], user_id: int) -> bool:
    """Make somebody responsible, who is told by letter unless it is the one who does so."""
    require_responsible(connection, user_id)
    _refuse_over(row)
    if row.responsible_id == user_id and row.status == "in_work":
        return False
    values = {"responsible_id": user_id, "assigned_by": "person", "status": "in_work"}
    planning.hand_over(connection, row.id, row.responsible_id, user_id)
    if user_id != actor.user_id and settings_of(connection).notify:
        letters.write(connection, row.id, user_id)
    store(connection, actor, row, values, "assigned", {"userId": str(user_id)}, answers=False)
    return True


def process(connection: sa.Connection, actor: Actor, row: sa.Row[Any]) -> bool:
    """Mark a lead as processed."""
    _refuse_over(row)
    store(connection, actor, row, {"status": "processed", "finished_at": now()}, "processed")
    return True


def close(connection: sa.Connection, actor: Actor, row: sa.Row[Any], result: Result) -> bool:
    """Close a lead with its result; a processed one may be closed, too, and a result be corrected."""
    if row.status == "closed" and row.result == result:
        return False
    values = {"status": "closed", "result": result, "finished_at": row.finished_at or now()}
    store(connection, actor, row, values, "closed", {"result": result})
    return True


def reopen(connection: sa.Connection, actor: Actor, row: sa.Row[Any]) -> bool:
    """Take up a lead again that was over."""
    if row.status not in _OVER:
        raise LeadIsNotOver(number=row.number)
    status = "open" if row.assigned_by == "coordinator" else "in_work"
    store(connection, actor, row, {"status": status, "result": None, "finished_at": None}, "reopened")
    return True


def add_note(connection: sa.Connection, actor: Actor, row: sa.Row[Any], text: str) -> None:
    """Write something down beside a lead."""
    store(connection, actor, row, {}, "note", {"text": kept_text(text, LONG)})


def edit(connection: sa.Connection, actor: Actor, row: sa.Row[Any], changes: Mapping[str, Any]) -> None:
    """Correct fields and links of a lead; reading the input again leaves them from then on."""
    values = {
        name: kept_text(value, LONG if name == "description" else SHORT) if name in TEXTS else value
        for name, value in changes.items()
        if name in TEXTS or name in LINKS
    }
    values = {name: value for name, value in values.items() if value != getattr(row, name)}
    if not values:
        return
    _require_links(connection, values)
    edited = sorted({*row.edited, *values})
    store(
        connection,
        actor,
        row,
        values | derived(connection, row, values) | {"edited": edited},
        "edited",
        {"fields": sorted(values)},
    )
    retell(connection, row.id)


def correct_inn(connection: sa.Connection, actor: Actor, row: sa.Row[Any], inn: str | None) -> None:
    """Enter the right INN: the client is found or made, and the lead and its contact belong to it.

    `InvalidInn` where it has a mistake again.
    """
    if inn is None:
        values: dict[str, Any] = {"inn": ""}
    else:
        found = find(connection, fields_of(row), row.created_at, row.id)
        client_id = client_by_inn(connection, inn, found, row.responsible_id)
        values = {"inn": inn, "client_id": client_id}
        give_order(connection, actor, row.order_id, client_id)
    values["warnings"] = [each for each in row.warnings if each["code"] != WRONG_INN]
    values["edited"] = sorted({*row.edited, "inn"})
    store(connection, actor, row, values | derived(connection, row, values), "inn_corrected")
    retell(connection, row.id)


def give_order(connection: sa.Connection, actor: Actor, order_id: int | None, client_id: int) -> None:
    """Have the order of a lead be the client's, where it is nobody's yet."""
    if order_id is not None and hold_order(connection, order_id).client_id is None:
        change_order(connection, actor, order_id, {"client_id": client_id})


def store(
    connection: sa.Connection,
    actor: Actor,
    row: sa.Row[Any],
    values: Mapping[str, Any],
    kind: EventKind,
    detail: Mapping[str, Any] | None = None,
    *,
    answers: bool = True,
) -> None:
    """Store a change with its row of the history, the audit, and what other systems hear of it."""
    at = now()
    stored = {**values, "updated_at": at, "seen_at": row.seen_at or at}
    if answers and row.taken_at is None and actor.user_id is not None:
        stored["taken_at"] = at
    connection.execute(sa.update(lead).where(lead.c.id == row.id).values(stored))
    note(connection, actor, row.id, kind, detail)
    fields = [name for name in values if name in _AUDITED]
    record(connection, actor, f"lead.{kind}", "lead", row.id, fields)
    announce_lead(connection, "lead.changed", row.id)


def derived(connection: sa.Connection, row: sa.Row[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """What follows from changed fields: the words that it is found by, its addresses, whom it may be of."""
    fields = fields_of(row, values)
    found = find(connection, fields, row.created_at, row.id)
    texts = {name: getattr(fields, name) for name in ("title", "person", "company", "email", "phone", "inn")}
    told: dict[str, Any] = {"words_folded": words_of(row.number, row.subject, texts, found.addresses)}
    if {"email", "phone"} & values.keys():
        kept = values.get("warnings", row.warnings)
        others = [each for each in kept if not str(each["code"]).endswith("_unreadable")]
        own = [{"code": each.code, "field": each.field, "facts": dict(each.facts)} for each in found.warnings]
        told |= {
            "email_normalised": found.normalised("email"),
            "phone_normalised": found.normalised("phone"),
            "matches": list(found.matches),
            "duplicate_of": found.duplicate_of,
            "warnings": [*others, *own],
        }
    return told


def retell(connection: sa.Connection, lead_id: int) -> None:
    """Have the lead's event in the calendar say what the lead says by now."""
    row = connection.execute(sa.select(lead).where(lead.c.id == lead_id)).one()
    language, fields = language_of(connection), fields_of(row)
    title = event_title(fields, row.number, row.subject, language)
    planning.retell(connection, lead_id, title, described(fields, language))


def fields_of(row: sa.Row[Any], changed: Mapping[str, Any] | None = None) -> LeadFields:
    """The texts of a lead's row, with what is about to change."""
    values = dict(row._mapping) | dict(changed or {})
    return LeadFields(**{name: values[name] for name in (*TEXTS, "inn", "ip")})


def _refuse_over(row: sa.Row[Any]) -> None:
    if row.status in _OVER:
        raise LeadIsOver(number=row.number)


def _require_links(connection: sa.Connection, values: Mapping[str, Any]) -> None:
    for name, table, problem in (
        ("channel_id", channel, UnknownChannel),
        ("partner_id", partner, UnknownPartner),
    ):
        if (id := values.get(name)) is not None:
            if connection.scalar(sa.select(table.c.id).where(table.c.id == id)) is None:
                raise problem()
    require_client(connection, values.get("client_id"))
    if (id := values.get("contact_id")) is not None:
        there = sa.select(contact.c.id).where(contact.c.id == id, contact.c.merged_into.is_(None))
        if connection.scalar(there) is None:
            raise NotFound()
