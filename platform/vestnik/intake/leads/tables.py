"""Leads, what happened to them, where they come from and who gets them."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Exact, Instant, Json, Key, metadata
from vestnik.db.search import searchable
from vestnik.people.tables import user

#: The directory "client source".
channel = sa.Table(
    "channel",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("title_folded", Exact, nullable=False, unique=True),
    # Made of an unknown `path` or `utm_source`: nobody has looked at it yet.
    sa.Column("checked", sa.Boolean, nullable=False),
    # Leads that name this one are the other's.
    sa.Column("merged_into", Key, sa.ForeignKey("channel.id")),
    sa.Column("archived_at", Instant),
    sa.Column("created_at", Instant, nullable=False),
)

#: By which a lead's source is known; the first that fits, in their order, counts.
channel_rule = sa.Table(
    "channel_rule",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("channel_id", Key, sa.ForeignKey("channel.id"), nullable=False, index=True),
    sa.Column("field", sa.String(length=16), nullable=False),
    sa.Column("how", sa.String(length=8), nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("value_folded", Exact, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.CheckConstraint(
        "field IN ('path', 'utm_source', 'utm_medium', 'utm_campaign', 'site', 'referrer')", name="field"
    ),
    sa.CheckConstraint("how IN ('equals', 'contains')", name="how"),
)

partner = sa.Table(
    "partner",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("title_folded", Exact, nullable=False),
    # The host of the partner's site, without www.
    sa.Column("site", Exact, nullable=False, unique=True),
    sa.Column("archived_at", Instant),
    sa.Column("created_at", Instant, nullable=False),
)

#: Who gets a lead that nobody is responsible for yet; the first rule that fits counts.
assignment_rule = sa.Table(
    "assignment_rule",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("kind", sa.String(length=12), nullable=False),
    # Keys of users, in the order of their turns.
    sa.Column("people", Json, nullable=False),
    # Conditions: any of the channels, any of the partners, any of the cities; an empty list asks for nothing.
    sa.Column("channels", Json, nullable=False),
    sa.Column("partners", Json, nullable=False),
    sa.Column("cities", Json, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    # Who had the last turn.
    sa.Column("turn", Key),
    sa.CheckConstraint("kind IN ('round_robin', 'least_busy', 'by_source')", name="kind"),
)

#: One row, once somebody has set something.
intake_settings = sa.Table(
    "intake_settings",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("coordinator_id", Key, sa.ForeignKey(user.c.id)),
    sa.Column("notify", sa.Boolean, nullable=False),
    # The job that runs mail collectors.
    sa.Column("mail_on", sa.Boolean, nullable=False),
    sa.Column("mail_every_minutes", sa.Integer, nullable=False),
    # The key of the compatible leads API.
    sa.Column("key_digest", sa.LargeBinary),
    sa.Column("key_sealed", sa.LargeBinary),
    sa.Column("updated_at", Instant, nullable=False),
    sa.CheckConstraint("id = 1", name="only_one"),
)

lead = sa.Table(
    "lead",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("number", Key, nullable=False, unique=True),
    sa.Column("status", sa.String(length=12), nullable=False),
    sa.Column("result", sa.String(length=12)),
    sa.Column("door", sa.String(length=8), nullable=False),
    # The input that it was read from: an input becomes one lead.
    sa.Column("input_id", Key, nullable=False, unique=True),
    # As somebody sent it.
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("company", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("phone", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("inn", sa.Text, nullable=False),
    sa.Column("ip", sa.Text, nullable=False),
    sa.Column("country", sa.Text, nullable=False),
    sa.Column("city", sa.Text, nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("partner", sa.Text, nullable=False),
    sa.Column("marks", Json, nullable=False),
    sa.Column("layouts", Json, nullable=False),
    sa.Column("extra", Json, nullable=False),
    # As it is searched and compared.
    sa.Column("words_folded", Exact, nullable=False),
    sa.Column("email_normalised", Exact),
    sa.Column("phone_normalised", Exact),
    # What became of it.
    sa.Column("channel_id", Key, sa.ForeignKey(channel.c.id)),
    sa.Column("partner_id", Key, sa.ForeignKey(partner.c.id)),
    sa.Column("client_id", Key, sa.ForeignKey("client.id")),
    sa.Column("contact_id", Key, sa.ForeignKey("contact.id")),
    # Deal, order and event know the lead as their source; these lead to them at once.
    sa.Column("deal_id", Key),
    sa.Column("order_id", Key),
    sa.Column("event_id", Key),
    sa.Column("responsible_id", Key, sa.ForeignKey(user.c.id)),
    sa.Column("assigned_by", sa.String(length=12), nullable=False),
    # An earlier lead with the same e-mail address or phone.
    sa.Column("duplicate_of", Key, sa.ForeignKey("lead.id")),
    sa.Column("warnings", Json, nullable=False),
    sa.Column("matches", Json, nullable=False),
    # Names of the fields that a person changed: reading the input again leaves them.
    sa.Column("edited", Json, nullable=False),
    # When the sender says it was written, and when it arrived.
    sa.Column("dated_at", Instant),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    # When somebody first opened it, first acted on it, ended it.
    sa.Column("seen_at", Instant),
    sa.Column("taken_at", Instant),
    sa.Column("finished_at", Instant),
    sa.Column("converted_at", Instant),
    sa.CheckConstraint("status IN ('open', 'in_work', 'processed', 'closed')", name="status"),
    sa.CheckConstraint("result IN ('spam', 'duplicate', 'other', 'not_target')", name="result"),
    sa.CheckConstraint("(status = 'closed') = (result IS NOT NULL)", name="closed"),
    sa.CheckConstraint("door IN ('letter', 'http', 'api', 'classic', 'hand')", name="door"),
    sa.CheckConstraint(
        "assigned_by IN ('request', 'door', 'client', 'contact', 'rule', 'coordinator', 'person')",
        name="assigned_by",
    ),
    sa.Index(None, "created_at", "id"),
    sa.Index(None, "status", "created_at", "id"),
    sa.Index(None, "responsible_id", "status"),
    sa.Index(None, "channel_id", "created_at"),
    sa.Index(None, "email_normalised"),
    sa.Index(None, "phone_normalised"),
    sa.Index(None, "client_id"),
    sa.Index(None, "contact_id"),
    sa.Index(None, "duplicate_of"),
    sa.Index(None, "finished_at"),
)

searchable(lead.c.words_folded)

#: What happened to a lead, the oldest first.
lead_event = sa.Table(
    "lead_event",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("lead_id", Key, sa.ForeignKey(lead.c.id), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("user_id", Key),
    sa.Column("kind", sa.String(length=16), nullable=False),
    sa.Column("detail", Json, nullable=False),
    sa.Index(None, "lead_id", "id"),
)

#: A letter that tells somebody of a lead of theirs; it goes out after the unit of work that wrote it.
lead_letter = sa.Table(
    "lead_letter",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("lead_id", Key, sa.ForeignKey(lead.c.id), nullable=False, index=True),
    sa.Column("user_id", Key, sa.ForeignKey(user.c.id), nullable=False, index=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_at", Instant, index=True),
    sa.Column("sent_at", Instant),
    # Why the last attempt failed, in the mail server's words.
    sa.Column("problem", sa.Text),
)
