"""Who left comes back by their own word: the consent's record, and the stop-list that held the old word.

All functions here run in a unit of work of the writer.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from vestnik.contacts.consents import Choice, Evidence, record_choices, remove_from_stop_list
from vestnik.contacts.tables import address, consent, suppression
from vestnik.http.errors import Conflict


def consent_anew(
    connection: sa.Connection,
    contact_id: int,
    email: str,
    category_ids: Sequence[int],
    evidence: Evidence,
) -> None:
    """Note that a contact agreed to categories again, and end the unsubscribes of its address from them.

    Raises `Conflict` where a refusal came after the consent was given. Complaints and bounces stay.
    """
    hash_ = connection.scalar(
        sa.select(address.c.suppression_hash).where(address.c.kind == "email", address.c.normalised == email)
    )
    later = sa.select(consent.c.id).where(
        consent.c.contact_id == contact_id,
        consent.c.state == "withdrawn",
        consent.c.at > evidence.at,
        consent.c.category_id.is_(None) | consent.c.category_id.in_(category_ids),
    )
    stopped = sa.select(suppression.c.id).where(
        suppression.c.address_hash == hash_,
        suppression.c.at > evidence.at,
        suppression.c.category_id.is_(None) | suppression.c.category_id.in_(category_ids),
    )
    if connection.execute(later.limit(1)).first() or connection.execute(stopped.limit(1)).first():
        raise Conflict()
    record_choices(connection, [Choice(contact_id, id, "given", evidence) for id in category_ids])
    left = sa.select(suppression.c.category_id).where(
        suppression.c.address_hash == hash_,
        suppression.c.reason == "unsubscribe",
        suppression.c.category_id.in_(category_ids),
    )
    for category_id in connection.scalars(left).all():
        remove_from_stop_list(connection, [bytes(hash_ or b"")], category_id, evidence)
