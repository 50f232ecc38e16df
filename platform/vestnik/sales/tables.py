"""Deals, orders with their lines, and job tickets.

What made a deal or an order is known as (kind, key): this room knows no leads. A source makes one of each.
"""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.companies.tables import client
from vestnik.contacts.tables import contact
from vestnik.db import Exact, Instant, Json, Key, metadata
from vestnik.db.search import searchable
from vestnik.sales.decimals import DecimalText

#: The directory of stages.
deal_stage = sa.Table(
    "deal_stage",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_folded", Exact, nullable=False, unique=True),
    sa.Column("kind", sa.String(length=8), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("archived_at", Instant),
    sa.CheckConstraint("kind IN ('open', 'won', 'lost')", name="kind"),
)

deal = sa.Table(
    "deal",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("number", Key, nullable=False, unique=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("title_folded", Exact, nullable=False),
    sa.Column("client_id", Key, sa.ForeignKey(client.c.id), index=True),
    sa.Column("contact_id", Key, sa.ForeignKey(contact.c.id), index=True),
    sa.Column("stage_id", Key, sa.ForeignKey(deal_stage.c.id), nullable=False, index=True),
    sa.Column("sum", DecimalText),
    sa.Column("responsible_id", Key, index=True),
    sa.Column("source_kind", sa.String(length=16)),
    sa.Column("source_id", Key),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    # When it came to a stage that is won or lost.
    sa.Column("closed_at", Instant),
    sa.UniqueConstraint("source_kind", "source_id"),
)

#: `order` is a word of SQL.
order = sa.Table(
    "sales_order",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("number", Key, nullable=False, unique=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("title_folded", Exact, nullable=False),
    sa.Column("client_id", Key, sa.ForeignKey(client.c.id), index=True),
    sa.Column("contact_id", Key, sa.ForeignKey(contact.c.id), index=True),
    sa.Column("deal_id", Key, sa.ForeignKey(deal.c.id), index=True),
    sa.Column("state", sa.String(length=12), nullable=False),
    sa.Column("responsible_id", Key, index=True),
    sa.Column("description", sa.Text, nullable=False),
    # Addresses of layout files.
    sa.Column("layouts", Json, nullable=False),
    # Its job tickets begin with it.
    sa.Column("due_on", sa.Date),
    # The sum of the lines as it was given, for lists.
    sa.Column("sum", DecimalText),
    sa.Column("source_kind", sa.String(length=16)),
    sa.Column("source_id", Key),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    # When it was done or cancelled.
    sa.Column("closed_at", Instant),
    sa.UniqueConstraint("source_kind", "source_id"),
    sa.CheckConstraint("state IN ('new', 'in_work', 'done', 'cancelled')", name="state"),
)

line = sa.Table(
    "order_line",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("order_id", Key, sa.ForeignKey(order.c.id), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("item", sa.Text, nullable=False),
    sa.Column("machine_code", sa.Text, nullable=False),
    sa.Column("resolution", sa.Text, nullable=False),
    sa.Column("material", sa.Text, nullable=False),
    sa.Column("material_code", sa.Text, nullable=False),
    sa.Column("width", DecimalText),
    sa.Column("height", DecimalText),
    sa.Column("quantity", DecimalText),
    sa.Column("price", DecimalText),
    sa.Column("amount", DecimalText),
    sa.Column("is_service", sa.Boolean, nullable=False),
    sa.Column("works", Json, nullable=False),
    sa.Column("extra", Json, nullable=False),
    sa.Index(None, "order_id", "position"),
)

#: The lines that an order's letter says by now, until a person takes them over or leaves them.
order_reading = sa.Table(
    "order_reading",
    metadata,
    sa.Column("order_id", Key, sa.ForeignKey(order.c.id), primary_key=True, autoincrement=False),
    sa.Column("lines", Json, nullable=False),
    sa.Column("read_at", Instant, nullable=False),
)

#: What the workshop gets of one line, copied when the ticket is made.
ticket = sa.Table(
    "job_ticket",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("number", Key, nullable=False, unique=True),
    sa.Column("order_id", Key, sa.ForeignKey(order.c.id), nullable=False, index=True),
    sa.Column("line_id", Key, sa.ForeignKey(line.c.id), nullable=False, unique=True),
    sa.Column("state", sa.String(length=12), nullable=False),
    sa.Column("responsible_id", Key, index=True),
    sa.Column("item", sa.Text, nullable=False),
    sa.Column("item_folded", Exact, nullable=False),
    sa.Column("machine_code", sa.Text, nullable=False),
    sa.Column("resolution", sa.Text, nullable=False),
    sa.Column("material", sa.Text, nullable=False),
    sa.Column("material_code", sa.Text, nullable=False),
    sa.Column("width", DecimalText),
    sa.Column("height", DecimalText),
    sa.Column("quantity", DecimalText),
    sa.Column("works", Json, nullable=False),
    sa.Column("layouts", Json, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("due_on", sa.Date),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    # When it was done or cancelled.
    sa.Column("closed_at", Instant),
    sa.CheckConstraint("state IN ('new', 'in_work', 'done', 'cancelled')", name="state"),
)

searchable(deal.c.title_folded)
searchable(order.c.title_folded)
searchable(ticket.c.item_folded)
