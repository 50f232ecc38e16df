"""What other systems hear of a lead."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa

from vestnik.intake.leads.tables import channel, lead, partner
from vestnik.outgoing.service import announce, wanted
from vestnik.people.tables import user


def announce_lead(
    connection: sa.Connection, kind: Literal["lead.created", "lead.changed"], lead_id: int
) -> None:
    """Tell of a lead as it is in this unit of work; `kind` is lead.created or lead.changed."""
    if not wanted(connection, kind):
        return
    row = connection.execute(
        sa.select(
            lead,
            channel.c.title.label("channel_title"),
            partner.c.title.label("partner_title"),
            user.c.email.label("login"),
        )
        .outerjoin(channel, channel.c.id == lead.c.channel_id)
        .outerjoin(partner, partner.c.id == lead.c.partner_id)
        .outerjoin(user, user.c.id == lead.c.responsible_id)
        .where(lead.c.id == lead_id)
    ).one()
    announce(connection, kind, about(row))


def about(row: sa.Row[Any]) -> dict[str, Any]:
    """A lead as the bodies of outgoing webhooks tell it (schemas/outgoing)."""
    keys = ("client_id", "contact_id", "deal_id", "order_id")
    linked = {name: None if (key := getattr(row, name)) is None else str(key) for name in keys}
    return {
        "id": str(row.id),
        "number": row.number,
        "status": row.status,
        "result": row.result,
        "door": row.door,
        "title": row.title,
        "person": row.person,
        "company": row.company,
        "email": row.email,
        "phone": row.phone,
        "description": row.description,
        "inn": row.inn,
        "country": row.country,
        "city": row.city,
        "site": row.site,
        "channel": row.channel_title,
        "partner": row.partner_title or row.partner,
        "marks": row.marks,
        "responsible": row.login,
        "clientId": linked["client_id"],
        "contactId": linked["contact_id"],
        "dealId": linked["deal_id"],
        "orderId": linked["order_id"],
        "createdAt": row.created_at.isoformat(),
        "updatedAt": row.updated_at.isoformat(),
    }
