"""An input that was read again: what of its lead changes, but for what a person changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from vestnik.intake.fields import Accepted, Difference, LeadFields, Warned
from vestnik.intake.leads.accepting import store_lines, stored_warnings, sums_that_differ
from vestnik.intake.leads.changing import derived, fields_of, give_order, locked, retell, store
from vestnik.intake.leads.channels import source_of
from vestnik.intake.leads.cleaning import cleaned
from vestnik.intake.leads.matching import find
from vestnik.intake.leads.parties import client_by_inn, read_inn
from vestnik.people.access import Actor
from vestnik.sales.rereading import note_reading

_COMPARED = (
    *("title", "person", "company", "email", "phone", "description", "inn", "ip", "country", "city", "site"),
    *("path", "partner", "marks", "layouts", "extra", "dated_at"),
)
#: What a source is known by.
_OF_SOURCE = frozenset({"path", "partner", "marks", "site"})


def update_from(
    connection: sa.Connection,
    actor: Actor,
    lead_id: int,
    fields: LeadFields,
    *,
    warnings: Sequence[Warned] = (),
    dry: bool = False,
) -> list[Difference]:
    """Give a lead the fields that its input reads as by now, and say what differs; `dry` only says it.

    `warnings` are those of the reading. Lines become the order where there is none yet; beside one
    that is there they wait for a person.
    """
    row = locked(connection, lead_id)
    fresh, cut = cleaned(fields)
    after = _columns(fresh)
    differences = [
        Difference(name, getattr(row, name), value, name not in row.edited)
        for name, value in after.items()
        if value != getattr(row, name)
    ]
    if fresh.lines and row.order_id is None:
        differences.append(Difference("lines", 0, len(fresh.lines), True))
    elif fresh.lines and note_reading(connection, row.order_id, fresh.lines, dry=dry):
        # The order stays as it is until a person takes them over on its card.
        differences.append(Difference("lines", None, len(fresh.lines), False))
    if dry:
        return differences
    values = {each.field: each.after for each in differences if each.applied and each.field != "lines"}
    own_warnings = [*warnings, *cut, *sums_that_differ(fresh.lines)]
    values |= _source(connection, row, fresh, values)
    _, wrong = read_inn(values.get("inn", row.inn))
    found = find(connection, fields_of(row, values), row.created_at, row.id)
    if row.contact_id is None and "contact_id" not in row.edited and found.holders:
        values["contact_id"] = found.holders[0].contact_id
    if values.get("inn") and wrong is None and "client_id" not in row.edited:
        inn, _ = read_inn(values["inn"])
        if inn is not None:
            values["client_id"] = client_by_inn(connection, inn, found, row.responsible_id)
            give_order(connection, actor, row.order_id, values["client_id"])
    if row.order_id is None and fresh.lines:
        client_id = values.get("client_id", row.client_id)
        accepted = Accepted(row.id, row.number)
        values["order_id"] = store_lines(
            connection, actor, accepted, fresh, client_id, found, row.responsible_id, row.created_at
        )
    values["warnings"] = stored_warnings(
        [*own_warnings, *found.warnings, *([wrong] if wrong is not None else [])]
    )
    if not differences and values["warnings"] == row.warnings:
        return []
    detail = {"fields": sorted(each.field for each in differences if each.applied)}
    store(
        connection, actor, row, values | derived(connection, row, values), "read_again", detail, answers=False
    )
    retell(connection, lead_id)
    return differences


def _columns(fields: LeadFields) -> dict[str, Any]:
    values = {name: getattr(fields, name) for name in _COMPARED}
    return values | {
        "marks": asdict(fields.marks),
        "layouts": list(fields.layouts),
        "extra": dict(fields.extra),
    }


def _source(
    connection: sa.Connection, row: sa.Row[Any], fields: LeadFields, values: dict[str, Any]
) -> dict[str, Any]:
    """Source and partner, where what they are known by changed; a person's choice stays."""
    if not _OF_SOURCE & values.keys():
        return {}
    source = source_of(connection, fields, row.channel_id)
    found = {"channel_id": source.channel_id or row.channel_id, "partner_id": source.partner_id}
    return {name: id for name, id in found.items() if name not in row.edited}
