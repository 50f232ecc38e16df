"""Leads between the wire and the service: what requests ask for, and what answers show."""

from __future__ import annotations

from typing import Any

import msgspec

from vestnik.http.api import key_of
from vestnik.http.errors import Language
from vestnik.intake.fields import Accepted, LeadFields, Marks
from vestnik.intake.leads.conversion import ClientWish, ContactWish, DealWish, OrderWish, Wish
from vestnik.intake.leads.reading import Card, Happened, LeadFilter, Line, Match
from vestnik.intake.leads.reasons import match_text, warning_text
from vestnik.intake.leads.service import Acted
from vestnik.intake.leads.shapes import (
    ConvertBody,
    LeadBody,
    LeadBulkShape,
    LeadCard,
    LeadFigures,
    LeadHappened,
    LeadLineBody,
    LeadMatch,
    LeadNamedShape,
    LeadQuery,
    LeadSelection,
    LeadShape,
    LeadStored,
    LeadWarning,
    UtmShape,
)
from vestnik.intake.leads.statistics import Figures
from vestnik.sales.lines import OrderLine, Work
from vestnik.sales.wire import number


def wanted(query: LeadQuery | LeadSelection) -> LeadFilter:
    """The filter that a query names."""
    keys = ("responsible_id", "channel_id", "partner_id", "client_id", "contact_id")
    return LeadFilter(
        search=query.search,
        status=query.status,
        door=query.door,
        since=query.since,
        until=query.until,
        has_warnings=query.has_warnings,
        unread=query.unread,
        unassigned=query.unassigned,
        **{name: None if (id := getattr(query, name)) is None else key_of(id) for name in keys},
    )


def lead(line: Line) -> LeadShape:
    """A line of the inbox."""
    return LeadShape(**_line(line))


def card(found: Card, language: Language) -> LeadCard:
    """A lead whole."""
    row = found.line.row
    return LeadCard(
        **_line(found.line),
        description=row.description,
        inn=row.inn,
        ip=row.ip,
        country=row.country,
        site=row.site,
        path=row.path,
        utm=UtmShape(**row.marks),
        layouts=row.layouts,
        extra=row.extra,
        input_id=str(row.input_id),
        event_id=_text(row.event_id),
        dated_at=row.dated_at,
        converted_at=row.converted_at,
        duplicate_number=found.duplicate_number,
        edited=row.edited,
        remarks=[
            LeadWarning(
                code=each["code"],
                field=each["field"],
                text=warning_text(each, language),
                facts=each["facts"],
            )
            for each in row.warnings
        ],
        matches=[_match(each, language) for each in found.matches],
        history=[_happened(each) for each in found.history],
        names=dict(found.names),
    )


def stored(accepted: Accepted) -> LeadStored:
    """What a request became."""
    return LeadStored(id=str(accepted.lead_id), number=accepted.number)


def acted(done: Acted) -> LeadBulkShape:
    """What an action on several leads did."""
    return LeadBulkShape(changed=done.changed, skipped=done.skipped)


def fields(body: LeadBody) -> LeadFields:
    """The fields of a lead as the API gives them."""
    names = (
        *("title", "person", "company", "email", "phone", "description", "inn", "ip", "country", "city"),
        *("site", "path", "partner", "responsible", "dated_at", "layouts", "extra"),
    )
    return LeadFields(
        **{name: getattr(body, name) for name in names},
        marks=Marks(**msgspec.structs.asdict(body.utm)),
        lines=[_order_line(line) for line in body.lines],
    )


def wish(body: ConvertBody) -> Wish:
    """What a lead is to become."""
    client, contact, deal, order = body.client, body.contact, body.deal, body.order
    return Wish(
        client=None if client is None else ClientWish(_key(client.id), client.name, client.kind, client.inn),
        contact=None if contact is None else ContactWish(_key(contact.id), contact.name),
        deal=None if deal is None else DealWish(deal.title, number(deal.sum)),
        order=None if order is None else OrderWish(order.title),
    )


def figures(found: Figures) -> LeadFigures:
    """The figures of a source or a person."""
    values = {name: getattr(found, name) for name in found.__slots__ if name != "id"}
    return LeadFigures(id=_text(found.id), **values)


def _line(line: Line) -> dict[str, Any]:
    row = line.row
    same = (
        *("number", "status", "result", "door", "title", "person", "company", "email", "phone", "city"),
        *("subject", "assigned_by", "created_at", "updated_at", "taken_at", "finished_at"),
    )
    return {name: getattr(row, name) for name in same} | {
        "id": str(row.id),
        "channel": _named(row.channel_id, line.channel),
        "partner": _named(row.partner_id, line.partner),
        "partner_text": row.partner,
        "responsible": _named(row.responsible_id, line.responsible),
        "client": _named(row.client_id, line.client),
        "contact": _named(row.contact_id, line.contact),
        "deal_id": _text(row.deal_id),
        "order_id": _text(row.order_id),
        "warnings": len(row.warnings),
        "duplicate_of": _text(row.duplicate_of),
        "unread": row.seen_at is None,
    }


def _match(match: Match, language: Language) -> LeadMatch:
    values: dict[str, Any] = {name: getattr(match, name) for name in match.__slots__}
    return LeadMatch(**values, text=match_text(match.kind, match.signal, match.name, language))


def _happened(each: Happened) -> LeadHappened:
    return LeadHappened(id=str(each.id), at=each.at, kind=each.kind, user=each.user, detail=dict(each.detail))


def _order_line(body: LeadLineBody) -> OrderLine:
    values = {name: getattr(body, name) for name in body.__struct_fields__ if name != "works"}
    works = [Work(each.kind, each.quantity, each.description) for each in body.works]
    return OrderLine(**values, works=works)


def _named(id: int | None, name: str | None) -> LeadNamedShape | None:
    return None if id is None else LeadNamedShape(id=str(id), name=name or "")


def _text(id: int | None) -> str | None:
    return None if id is None else str(id)


def _key(id: str | None) -> int | None:
    return None if id is None else key_of(id)
