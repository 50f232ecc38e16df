"""Which values people lack: what a letter would leave empty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from vestnik.contacts.tables import contact, contact_address

#: What of a contact may stand in a letter, besides a custom field, which is `fields.KEY`.
VALUES = ("name", "email", "phone", "company")
CUSTOM = "fields."


def lacking(members: sa.Select[Any], values: Sequence[str]) -> sa.Select[Any]:
    """One row: for each of `values`, in their order, how many contacts of `members` have nothing there.

    `members` selects the column `contact_id`, each contact once. A value is one of VALUES or `fields.KEY`.
    """
    member = members.subquery("member")
    counts = [
        sa.func.coalesce(sa.func.sum(sa.case((_is_empty(value), 1), else_=0)), 0).label(f"lacking_{place}")
        for place, value in enumerate(values)
    ]
    joined = sa.join(member, contact, contact.c.id == member.c.contact_id)
    return sa.select(*counts).select_from(joined)


def _is_empty(value: str) -> sa.ColumnElement[bool]:
    match value:
        case "name":
            return sa.func.trim(contact.c.name) == ""
        case "company":
            return contact.c.company_id.is_(None)
        case "email" | "phone":
            link = contact_address.alias(f"own_{value}")
            primary = (link.c.contact_id == contact.c.id) & (link.c.kind == value) & link.c.is_primary
            return sa.not_(sa.exists().where(primary))
    if not value.startswith(CUSTOM):
        raise LookupError(f"contacts have no value {value!r}")
    stored = contact.c.custom_folded[value.removeprefix(CUSTOM)].as_string()
    return sa.or_(stored.is_(None), sa.func.trim(stored) == "")
