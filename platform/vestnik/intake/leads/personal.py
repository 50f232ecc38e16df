"""What leads hold of a person: leads of the person's contact or addresses, and texts that name others.

An erased lead keeps its row, for the figures and for what refers to it: number, source, status and times,
and nothing that somebody sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from vestnik.db import Database
from vestnik.intake.inputs.personal import forget
from vestnik.intake.leads import planning
from vestnik.intake.leads.accepting import language_of
from vestnik.intake.leads.tables import lead, lead_event, lead_letter
from vestnik.intake.leads.wording import numbered
from vestnik.people.access import SYSTEM
from vestnik.privacy.holdings import Holding, Page, Subject, Sweep, page
from vestnik.privacy.texts import Texts
from vestnik.sales.orders import change_order, hold_order

_TEXTS = (
    *("subject", "title", "person", "company", "email", "phone", "description", "inn", "ip", "country"),
    *("city", "site", "path", "partner"),
)
_DOCUMENTS = ("marks", "layouts", "extra", "warnings", "matches")


def follow_merge(connection: sa.Connection, kept_id: int, others: Sequence[int]) -> None:
    """Have the others' leads be the staying contact's own."""
    connection.execute(sa.update(lead).where(lead.c.contact_id.in_(others)).values(contact_id=kept_id))


def contacts_of_leads(connection: sa.Connection, contact_ids: Sequence[int]) -> set[int]:
    """Those of the contacts that leads refer to."""
    found = sa.select(lead.c.contact_id).where(lead.c.contact_id.in_(contact_ids))
    return set(connection.scalars(found.distinct()))


def _of(person: Subject) -> sa.ColumnElement[bool]:
    return (
        lead.c.contact_id.in_(person.contact_ids)
        | lead.c.email_normalised.in_(person.addresses)
        | lead.c.phone_normalised.in_(person.addresses)
    )


def _read(connection: sa.Connection, person: Subject, after: Sequence[Any] | None) -> Page:
    def shown(row: sa.Row[Any]) -> Mapping[str, Any]:
        return {**_shown(row), "history": _history(connection, row.id)}

    return page(connection, sa.select(lead).where(_of(person)), (lead.c.id,), after, shown)


def _history(connection: sa.Connection, lead_id: int) -> list[Mapping[str, Any]]:
    happened = sa.select(lead_event).where(lead_event.c.lead_id == lead_id).order_by(lead_event.c.id)
    return [
        {"id": str(row.id), "at": row.at, "kind": row.kind, "detail": row.detail}
        for row in connection.execute(happened)
    ]


def _shown(row: sa.Row[Any]) -> Mapping[str, Any]:
    texts = {name: value for name in _TEXTS if (value := getattr(row, name))}
    documents = {name: value for name in _DOCUMENTS if (value := getattr(row, name))}
    return {
        "id": str(row.id),
        "number": row.number,
        "inputId": str(row.input_id),
        "eventId": None if row.event_id is None else str(row.event_id),
        "status": row.status,
        "result": row.result,
        "createdAt": row.created_at,
        "datedAt": row.dated_at,
        **texts,
        **documents,
    }


def _erase(connection: sa.Connection, person: Subject) -> int:
    language = language_of(connection)
    rows = connection.execute(
        sa.select(lead.c.id, lead.c.number, lead.c.input_id, lead.c.order_id, lead.c.description)
        .where(_of(person))
        .with_for_update()
    ).all()
    for row in rows:
        planning.retell(connection, row.id, numbered(row.number, language), "")
        _forget_words(connection, row)
    forget(connection, [row.input_id for row in rows])
    ids = [row.id for row in rows]
    connection.execute(sa.update(lead_event).where(lead_event.c.lead_id.in_(ids)).values(detail={}))
    empty: dict[str, Any] = dict.fromkeys(_TEXTS, "")
    return connection.execute(
        sa.update(lead)
        .where(_of(person))
        .values(
            **empty,
            marks={},
            layouts=[],
            extra={},
            warnings=[],
            matches=[],
            words_folded="",
            email_normalised=None,
            phone_normalised=None,
            dated_at=None,
        )
    ).rowcount


def _forget_words(connection: sa.Connection, row: Any) -> None:
    """An order that was made of a lead says what the lead said."""
    if row.order_id is not None and row.description:
        if hold_order(connection, row.order_id).description == row.description:
            change_order(connection, SYSTEM, row.order_id, {"description": ""})


HOLDINGS = (Holding("leads", _read, _erase),)


def sweeps(database: Database) -> Sequence[Sweep]:
    """Leads of others that name the person, what was noted beside them, what a mail server said."""
    searched = (*_TEXTS, *_DOCUMENTS, "words_folded", "email_normalised", "phone_normalised")
    return (
        Texts(database, "leads", lead, searched),
        Texts(database, "leads", lead_event, ("detail",)),
        Texts(database, "messages", lead_letter, ("problem",)),
    )
