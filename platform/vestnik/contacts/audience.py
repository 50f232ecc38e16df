"""The one answer to "who may be written to": every campaign and every sync takes its people from here.

The verdict of a contact is the first of these that holds:

    blocked                the contact, or its address in the stop-list, was blocked by a person
    no_address             no primary address of the kind
    spam                   the address complained
    hard_bounce            the address does not exist any more
    unsubscribed_all       the address, or the contact, unsubscribed from everything
    unsubscribed_category  the address, or the contact, unsubscribed from this category
    no_consent             the contact never gave consent to the category; only where it is asked for
    duplicate              an earlier contact of the same set has the same address and may be written to
    ok

Only primary addresses count: whoever unsubscribed one address is not written to at another.
Each row is found by look-ups along keys, without sorting or grouping, so that a million recipients
can be taken page by page: `.where(contact_id > last).order_by(contact_id).limit(n)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import sqlalchemy as sa

from vestnik.contacts.addresses import AddressKind
from vestnik.contacts.tables import address, contact, contact_address, subscription, suppression

Verdict = Literal[
    "ok",
    "blocked",
    "no_address",
    "spam",
    "hard_bounce",
    "unsubscribed_all",
    "unsubscribed_category",
    "duplicate",
]
#: The same where consent has to be given, not only not withdrawn.
ConsentVerdict = Literal[Verdict, "no_consent"]

#: Verdicts of the stop-list, the strongest first.
_STRENGTH: dict[int, Verdict] = {
    1: "blocked",
    2: "spam",
    3: "hard_bounce",
    4: "unsubscribed_all",
    5: "unsubscribed_category",
}


def audience(
    members: sa.Select[Any],
    category_id: int | None,
    kind: AddressKind,
    *,
    find_duplicates: bool = True,
    needs_consent: bool = False,
    beside: Sequence[str] = (),
) -> sa.Select[Any]:
    """Rows (contact_id, address_id, address, verdict), one for each contact of `members`.

    `members` selects the column `contact_id`, each contact once. A contact that was merged into
    another has no row. Where the members' addresses differ already, `find_duplicates` may be left out.
    `needs_consent`: only who gave consent to the category is ok (`ConsentVerdict`).
    `beside` names more columns of `members`, which each row has too.
    """
    if needs_consent and category_id is None:
        raise ValueError("consent is given to a category")
    member = members.subquery("member")
    person, link, at = contact.alias("person"), contact_address.alias("link"), address.alias("at")
    primary = (link.c.contact_id == person.c.id) & (link.c.kind == kind) & link.c.is_primary
    earlier = _has_earlier(members, at.c.id, person.c.id, category_id, needs_consent)
    verdict = sa.case(
        (person.c.blocked, "blocked"),
        (at.c.id.is_(None), "no_address"),
        else_=sa.func.coalesce(
            _stop_list_verdict(at.c.suppression_hash, category_id),
            sa.case((person.c.unsubscribed, "unsubscribed_all")),
            sa.case((_withdrawn(person.c.id, category_id), "unsubscribed_category")),
            *([sa.case((sa.not_(_given(person.c.id, category_id)), "no_consent"))] if needs_consent else []),
            *([sa.case((earlier, "duplicate"))] if find_duplicates else []),
            "ok",
        ),
    )
    return (
        sa.select(
            person.c.id.label("contact_id"),
            at.c.id.label("address_id"),
            at.c.normalised.label("address"),
            verdict.label("verdict"),
            *(member.c[name] for name in beside),
        )
        .select_from(member)
        .join(person, person.c.id == member.c.contact_id)
        .outerjoin(link, primary)
        .outerjoin(at, at.c.id == link.c.address_id)
        .where(person.c.merged_into.is_(None))
    )


def _stop_list_verdict(hash_: sa.ColumnElement[bytes], category_id: int | None) -> sa.ColumnElement[Any]:
    """The strongest verdict of the stop-list for an address, or NULL."""
    row = suppression.alias("stop")
    strength = sa.case(
        (row.c.reason == "manual", 1),
        (row.c.reason == "spam", 2),
        (row.c.reason == "hard_bounce", 3),
        (row.c.category_id.is_(None), 4),
        else_=5,
    )
    strongest = (
        sa.select(sa.func.min(strength))
        .where(row.c.address_hash == hash_, row.c.category_id.is_(None) | (row.c.category_id == category_id))
        .scalar_subquery()
    )
    return sa.case(_STRENGTH, value=strongest)


def _withdrawn(contact_id: sa.ColumnElement[int], category_id: int | None) -> sa.ColumnElement[bool]:
    """Whether the contact's latest consent for the category is a withdrawal."""
    return sa.false() if category_id is None else _chose(contact_id, category_id, subscribed=False)


def _given(contact_id: sa.ColumnElement[int], category_id: int | None) -> sa.ColumnElement[bool]:
    """Whether the contact's latest consent for the category is one; never without a category."""
    return sa.false() if category_id is None else _chose(contact_id, category_id, subscribed=True)


def _chose(
    contact_id: sa.ColumnElement[int], category_id: int, *, subscribed: bool
) -> sa.ColumnElement[bool]:
    chosen = subscription.alias("chosen")
    return sa.exists().where(
        chosen.c.contact_id == contact_id,
        chosen.c.category_id == category_id,
        chosen.c.subscribed if subscribed else sa.not_(chosen.c.subscribed),
    )


def _has_earlier(
    members: sa.Select[Any],
    address_id: sa.ColumnElement[int],
    contact_id: sa.ColumnElement[int],
    category_id: int | None,
    needs_consent: bool,
) -> sa.ColumnElement[bool]:
    """Whether another contact of the set, with a smaller key, may be written to at the same address."""
    other, holder = contact_address.alias("other_link"), contact.alias("other")
    other_member = members.subquery("other_member")
    return (
        sa.select(sa.literal(1))
        .select_from(other)
        .join(holder, holder.c.id == other.c.contact_id)
        .join(other_member, other_member.c.contact_id == holder.c.id)
        .where(
            other.c.address_id == address_id,
            other.c.contact_id < contact_id,
            other.c.is_primary,
            holder.c.merged_into.is_(None),
            sa.not_(holder.c.blocked),
            sa.not_(holder.c.unsubscribed),
            _given(holder.c.id, category_id)
            if needs_consent
            else sa.not_(_withdrawn(holder.c.id, category_id)),
        )
        .exists()
    )
