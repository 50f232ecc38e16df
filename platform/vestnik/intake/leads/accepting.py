"""A lead is accepted: everything that becomes of it, in one unit of work, once for each input.

Source and partner, whom it is of, who is responsible, the event in a calendar, the order of its lines, the
letter to who is responsible, and what other systems are told: all of it is there, or none. What somebody
sent is never a reason to refuse: what does not fit becomes a warning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.db import Lock, hold, load, new_key, now
from vestnik.db.numbers import next_number
from vestnik.http.errors import Language
from vestnik.intake.fields import Accepted, Given, LeadFields, Warned
from vestnik.intake.leads import letters, planning
from vestnik.intake.leads.assignment import Known, choose
from vestnik.intake.leads.channels import Source, source_of
from vestnik.intake.leads.cleaning import cleaned, kept_text, plain_facts
from vestnik.intake.leads.history import note
from vestnik.intake.leads.matching import Found, find
from vestnik.intake.leads.parties import client_by_inn, known_client, read_inn, responsible_for
from vestnik.intake.leads.settings import settings_of
from vestnik.intake.leads.tables import lead
from vestnik.intake.leads.telling import announce_lead
from vestnik.intake.leads.wording import order_title, words_of
from vestnik.people.access import Actor
from vestnik.people.tables import organisation
from vestnik.sales.decimals import differ, plain, product
from vestnik.sales.lines import OrderLine
from vestnik.sales.orders import NewOrder, store_order

_ACCEPTED = sa.select(lead.c.id, lead.c.number).where(lead.c.input_id == sa.bindparam("input_id"))
_LANGUAGE = sa.select(organisation.c.language)
_TEXTS = (
    *("title", "person", "company", "email", "phone", "description", "inn", "ip", "country", "city", "site"),
    *("path", "partner"),
)


def accept(connection: sa.Connection, actor: Actor, given: Given) -> Accepted:
    """Store the lead of an input; the one that is there already where the input was accepted before."""
    hold(connection, Lock.LEADS, [0])
    known = connection.execute(_ACCEPTED, {"input_id": given.input_id}).one_or_none()
    if known is not None:
        return Accepted(known.id, known.number)
    fields, cut = cleaned(given.fields)
    settings = settings_of(connection)
    source = source_of(connection, fields, given.channel_id)
    found = find(connection, fields, given.received_at)
    inn, wrong_inn = read_inn(fields.inn)
    client_id = known_client(connection, inn, found)
    chosen = choose(
        connection,
        Known(
            login=fields.responsible,
            door_person=given.responsible_id,
            of_client=responsible_for(connection, client_id),
            of_contact=found.holders[0].owner_id if found.holders else None,
            channel_id=source.channel_id,
            partner_id=source.partner_id,
            city=fields.city,
        ),
        settings,
    )
    if inn is not None:
        client_id = client_by_inn(connection, inn, found, chosen.user_id)
    accepted = Accepted(new_key(), next_number(connection, "lead"))
    warnings = [*given.warnings, *cut, *found.warnings, *_own(wrong_inn, source.warning)]
    if chosen.unknown_login:
        warnings.append(Warned("unknown_responsible", "responsible", {"login": fields.responsible}))
    warnings += sums_that_differ(fields.lines)
    language = language_of(connection)
    event_id, gone = planning.put(connection, accepted, given, fields, chosen, language)
    order_id = store_lines(
        connection, actor, accepted, fields, client_id, found, chosen.user_id, given.received_at
    )
    values = {
        **columns_of(fields, accepted.number, given.subject, found, source),
        "id": accepted.lead_id,
        "number": accepted.number,
        "status": chosen.status,
        "door": given.door,
        "input_id": given.input_id,
        "client_id": client_id,
        "contact_id": found.holders[0].contact_id if found.holders else None,
        "event_id": event_id,
        "order_id": order_id,
        "responsible_id": chosen.user_id,
        "assigned_by": chosen.by,
        "duplicate_of": found.duplicate_of,
        "warnings": stored_warnings([*warnings, *_own(gone)]),
        "edited": [],
        "created_at": given.received_at,
        "updated_at": now(),
    }
    load(connection, lead, list(values), [list(values.values())])
    detail = {"door": given.door, "by": chosen.by, "rule": chosen.rule}
    if chosen.user_id is not None:
        detail["userId"] = str(chosen.user_id)
    note(connection, actor, accepted.lead_id, "created", detail)
    if settings.notify and chosen.user_id is not None:
        letters.write(connection, accepted.lead_id, chosen.user_id)
    announce_lead(connection, "lead.created", accepted.lead_id)
    if actor.user_id is not None or actor.key_id is not None:
        record(connection, actor, "lead.created", "lead", accepted.lead_id)
    return accepted


def columns_of(fields: LeadFields, number: int, subject: str, found: Found, source: Source) -> dict[str, Any]:
    """What a lead's row holds of its fields, and of what they led to."""
    texts = {name: getattr(fields, name) for name in _TEXTS}
    subject = kept_text(subject)
    return texts | {
        "subject": subject,
        "marks": asdict(fields.marks),
        "layouts": list(fields.layouts),
        "extra": dict(fields.extra),
        "words_folded": words_of(number, subject, texts, found.addresses),
        "email_normalised": found.normalised("email"),
        "phone_normalised": found.normalised("phone"),
        "channel_id": source.channel_id,
        "partner_id": source.partner_id,
        "matches": list(found.matches),
        "dated_at": fields.dated_at,
    }


def stored_warnings(warnings: Sequence[Warned]) -> list[dict[str, Any]]:
    """Warnings as a row keeps them, in one order and each once."""
    stored = [{"code": each.code, "field": each.field, "facts": plain_facts(each.facts)} for each in warnings]
    return [each for place, each in enumerate(stored) if each not in stored[:place]]


def sums_that_differ(lines: Sequence[OrderLine]) -> list[Warned]:
    """Lines whose sum is not price times quantity: shown to a person, corrected by nobody else."""
    found: list[Warned] = []
    for number, line in enumerate(lines, 1):
        computed = product(line.price, line.quantity)
        if line.amount is not None and computed is not None and differ(line.amount, computed):
            sums = {"given": plain(line.amount), "computed": plain(computed)}
            found.append(Warned("sum_differs", "lines", {"line": number, "item": line.item, **sums}))
    return found


def store_lines(
    connection: sa.Connection,
    actor: Actor,
    accepted: Accepted,
    fields: LeadFields,
    client_id: int | None,
    found: Found,
    responsible_id: int | None,
    received_at: datetime,
) -> int | None:
    """The order of a lead's lines, due when the lead's event is; none without lines."""
    if not fields.lines:
        return None
    order = NewOrder(
        title=order_title(fields, accepted.number, language_of(connection)),
        client_id=client_id,
        contact_id=found.holders[0].contact_id if found.holders else None,
        deal_id=None,
        responsible_id=responsible_id,
        description=fields.description,
        layouts=list(fields.layouts),
        lines=list(fields.lines),
        source=(planning.SOURCE, accepted.lead_id),
        due_on=planning.due_on(connection, fields.dated_at, received_at),
    )
    return store_order(connection, actor, order)


def language_of(connection: sa.Connection) -> Language:
    """The organisation's language: what the platform writes by itself is written in it."""
    return "en" if connection.scalar(_LANGUAGE) == "en" else "ru"


def _own(*warnings: Warned | None) -> list[Warned]:
    return [each for each in warnings if each is not None]
