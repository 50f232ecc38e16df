"""Contacts, the addresses they share, preference categories, consents and the stop-list."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Exact, Instant, Json, Key, metadata
from vestnik.db.search import searchable

contact = sa.Table(
    "contact",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_folded", Exact, nullable=False),
    sa.Column("company_id", Key, sa.ForeignKey("client.id")),
    sa.Column("owner_id", Key),
    sa.Column("custom", Json, nullable=False),
    # The same values with every text folded: what rules compare.
    sa.Column("custom_folded", Json, nullable=False),
    sa.Column("external_id", Exact, unique=True),
    # None: it is there. An erased one is merged into itself, into nobody: see personal.py.
    sa.Column("merged_into", Key, sa.ForeignKey("contact.id")),
    # By a person, for every kind of mailing.
    sa.Column("blocked", sa.Boolean, nullable=False, default=False),
    # The present state of consent for all categories at once; `consent` is its journal.
    sa.Column("unsubscribed", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    # Who asked to be forgotten: the row stays for what refers to it, and holds nothing of the person.
    sa.Column("erased_at", Instant),
    # When it last opened, clicked, unsubscribed or complained; 1970 is never, so that pages go by the index.
    sa.Column("last_activity_at", Instant, nullable=False, server_default="0"),
    sa.Index(None, "name_folded", "id"),
    sa.Index(None, "owner_id"),
    sa.Index(None, "company_id"),
    sa.Index(None, "created_at", "id"),
    sa.Index(None, "updated_at", "id"),
    sa.Index(None, "last_activity_at", "id"),
    # Few are merged; without it, deleting one contact would look at all for those merged into it.
    sa.Index(
        "ix_contact_merged_into",
        "merged_into",
        sqlite_where=sa.text("merged_into IS NOT NULL"),
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    ),
)

address = sa.Table(
    "address",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("kind", Exact, nullable=False),
    sa.Column("normalised", Exact, nullable=False),
    # The part after @ of an e-mail address.
    sa.Column("domain", Exact),
    # The keyed hash under which the stop-list knows this address, kept here so that joins are set-based.
    sa.Column("suppression_hash", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("kind", "normalised"),
    sa.CheckConstraint("kind IN ('email', 'phone')", name="kind"),
    sa.Index(None, "suppression_hash"),
    sa.Index(None, "domain"),
)

contact_address = sa.Table(
    "contact_address",
    metadata,
    sa.Column("contact_id", Key, sa.ForeignKey("contact.id"), primary_key=True),
    sa.Column("address_id", Key, sa.ForeignKey("address.id"), primary_key=True),
    sa.Column("kind", Exact, nullable=False),
    sa.Column("is_primary", sa.Boolean, nullable=False),
    sa.Index(None, "address_id", "contact_id"),
    sa.Index(
        "uq_contact_address_primary",
        "contact_id",
        "kind",
        unique=True,
        sqlite_where=sa.text("is_primary"),
        postgresql_where=sa.text("is_primary"),
    ),
    sqlite_with_rowid=False,
)

#: An address that was known before a contact got it: what happened to it until then is still to be told to
#: the contact (last_activity.py).
late_link = sa.Table(
    "late_link",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("address_id", Key, nullable=False),
)

searchable(contact.c.name_folded)
searchable(address.c.normalised)

category = sa.Table(
    "category",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("title_folded", Exact, nullable=False, unique=True),
    sa.Column("description", sa.Text, nullable=False, default=""),
    sa.Column("archived_at", Instant),
    sa.Column("created_at", Instant, nullable=False),
)

consent = sa.Table(
    "consent",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("contact_id", Key, sa.ForeignKey("contact.id"), nullable=False),
    # None: all categories.
    sa.Column("category_id", Key, sa.ForeignKey("category.id")),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("from_where", sa.Text, nullable=False),
    sa.CheckConstraint("state IN ('given', 'withdrawn')", name="state"),
    sa.Index(None, "contact_id", "at"),
)

#: The latest consent for each category: what audiences and segments join.
subscription = sa.Table(
    "subscription",
    metadata,
    sa.Column("contact_id", Key, sa.ForeignKey("contact.id"), primary_key=True),
    sa.Column("category_id", Key, sa.ForeignKey("category.id"), primary_key=True),
    sa.Column("subscribed", sa.Boolean, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index(None, "category_id", "subscribed", "contact_id"),
    sqlite_with_rowid=False,
)

#: Addresses of people who were erased, by the stop-list's hash: so that what a service still tells of one is
#: told of its empty row, and what a file said of it before is not brought back. Kept for some months.
erased_address = sa.Table(
    "erased_address",
    metadata,
    sa.Column("address_id", Key, sa.ForeignKey("address.id"), primary_key=True, autoincrement=False),
    sa.Column("address_hash", sa.LargeBinary, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index(None, "address_hash"),
    sa.Index(None, "at"),
)

REASONS = ("manual", "spam", "hard_bounce", "unsubscribe")

suppression = sa.Table(
    "suppression",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("address_hash", sa.LargeBinary, nullable=False),
    # Whether the hash is of an e-mail address or of a phone; None: of before this was kept.
    sa.Column("kind", Exact),
    # None: all categories.
    sa.Column("category_id", Key, sa.ForeignKey("category.id")),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.CheckConstraint(f"reason IN {REASONS}", name="reason"),
    sa.Index(None, "address_hash"),
    sa.Index(
        "uq_suppression_all",
        "address_hash",
        "reason",
        unique=True,
        sqlite_where=sa.text("category_id IS NULL"),
        postgresql_where=sa.text("category_id IS NULL"),
    ),
    sa.Index(
        "uq_suppression_category",
        "address_hash",
        "reason",
        "category_id",
        unique=True,
        sqlite_where=sa.text("category_id IS NOT NULL"),
        postgresql_where=sa.text("category_id IS NOT NULL"),
    ),
)

#: Rows of the stop-list that nothing but files vouches for, with each import: what undoing may take back.
suppression_import = sa.Table(
    "suppression_import",
    metadata,
    sa.Column("import_id", Key, sa.ForeignKey("contact_import.id"), primary_key=True, autoincrement=False),
    sa.Column("suppression_id", Key, sa.ForeignKey("suppression.id"), primary_key=True, autoincrement=False),
    sa.Index(None, "suppression_id"),
    sqlite_with_rowid=False,
)

contact_field = sa.Table(
    "contact_field",
    metadata,
    sa.Column("id", Key, primary_key=True),
    # Never given again, so that old values keep their type.
    sa.Column("key", Exact, nullable=False, unique=True),
    sa.Column("title", Json, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("options", Json, nullable=False),
    sa.Column("position", sa.Integer, nullable=False, server_default="0"),
    sa.Column("archived_at", Instant),
    sa.CheckConstraint("kind IN ('text', 'number', 'boolean', 'date', 'choice')", name="kind"),
)

#: Contacts that are alike and were said to be different people.
distinct = sa.Table(
    "contact_distinct",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("ground", sa.Text, nullable=False),
    # What they share: the address, or the company in which they have one name.
    sa.Column("shared_id", Key, nullable=False),
    # Whoever comes to share it later was not looked at.
    sa.Column("contact_ids", Json, nullable=False),
    sa.Column("created_by", Key),
    sa.Column("created_at", Instant, nullable=False),
    sa.CheckConstraint("ground IN ('address', 'name')", name="ground"),
    sa.Index(None, "ground", "shared_id"),
)

#: What a person made of a list of contacts: its filters, sort and columns, under a name.
saved_view = sa.Table(
    "saved_view",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("query", Json, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("created_by", Key, nullable=False, index=True),
    sa.Column("created_at", Instant, nullable=False),
)

#: One action on many contacts, done in the background.
bulk_run = sa.Table(
    "contact_bulk_run",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("arguments", Json, nullable=False),
    # Whom it takes: contacts by key, or a filter as the list knows it.
    sa.Column("selection", Json, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    # Contacts up to this key are done: moved in the transaction that does them.
    sa.Column("done_to", Key, nullable=False),
    # None until they are counted.
    sa.Column("total", sa.Integer),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("changed", sa.Integer, nullable=False),
    # Left as they were, because they unsubscribed.
    sa.Column("kept", sa.Integer, nullable=False),
    sa.Column("reason", Json),
    sa.Column("created_by", Key),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("finished_at", Instant),
    sa.CheckConstraint("state IN ('running', 'done', 'failed', 'cancelled')", name="state"),
)
