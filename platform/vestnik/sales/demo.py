"""What the demo leaves in this room: deals and orders of its own, and others' with its people."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from vestnik.companies.service import clients_of
from vestnik.contacts.tables import contact
from vestnik.sales.tables import deal, line, order, ticket

#: The kind of source of what the demo makes by itself.
DEMO = "demo"


def remove_demo(connection: sa.Connection, *, sources: Sequence[str] = ()) -> None:
    """Take away the demo's own deals and orders, and those that came of records of these kinds.

    What people entered stays, without the demo's people. Before contacts and companies are removed.
    """
    kinds = (DEMO, *sources)
    own = sa.select(order.c.id).where(order.c.source_kind.in_(kinds))
    connection.execute(sa.delete(ticket).where(ticket.c.order_id.in_(own)))
    connection.execute(sa.delete(line).where(line.c.order_id.in_(own)))
    connection.execute(sa.delete(order).where(order.c.source_kind.in_(kinds)))
    ended = sa.select(deal.c.id).where(deal.c.source_kind.in_(kinds))
    connection.execute(sa.update(order).where(order.c.deal_id.in_(ended)).values(deal_id=None))
    connection.execute(sa.delete(deal).where(deal.c.source_kind.in_(kinds)))
    people = sa.select(contact.c.id).where(
        contact.c.external_id.startswith("demo-") | contact.c.erased_at.is_not(None)
    )
    for table in (deal, order):
        connection.execute(sa.update(table).where(table.c.contact_id.in_(people)).values(contact_id=None))
        connection.execute(
            sa.update(table).where(table.c.client_id.in_(clients_of("demo-"))).values(client_id=None)
        )
