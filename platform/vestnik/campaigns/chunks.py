"""Chunks and their recipients: what is handed over at once, and who of it may be written to now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from vestnik.campaigns import ledger
from vestnik.campaigns.ledger import Row
from vestnik.campaigns.plan import exclude
from vestnik.campaigns.statuses import REJECTED
from vestnik.campaigns.tables import campaign, chunk, delivery
from vestnik.contacts.addresses import KIND_OF_CAMPAIGN
from vestnik.contacts.audience import audience

Step = Literal["export", "prepare", "withdraw"]


@dataclass(frozen=True, slots=True)
class Handover:
    """What one call passes: a chunk that is marked as being handed over, or who is taken back."""

    step: Step
    number: int
    attempts: int = 0
    job_id: str | None = None
    #: What the module calls each row (contact id or address) -> the delivery's address.
    rows: Mapping[str, int] | None = None
    #: Of a withdrawal: why each of the addresses leaves, and the chunks in which they are.
    verdicts: Mapping[int, str] = field(default_factory=dict)
    chunks: Sequence[int] = ()


class Looked(NamedTuple):
    """Recipients by the keys of their addresses, as the audience sees them now."""

    allowed: Mapping[int, Row]
    #: Why each of the others may not be written to.
    left: Mapping[int, str]


def look_at(connection: sa.Connection, row: Row, here: sa.ColumnElement[bool]) -> Looked:
    """Ask of the deliveries `here` who may still be written to, at the address for which it was planned."""
    members = sa.select(delivery.c.contact_id).where(here, not_rejected())
    people = {person.contact_id: person for person in connection.execute(people_of(members, row))}
    planned = connection.execute(
        sa.select(delivery.c.address_id, delivery.c.contact_id).where(here, not_rejected())
    ).all()
    allowed: dict[int, Row] = {}
    left: dict[int, str] = {}
    for address_id, contact_id in planned:
        person = people.get(contact_id)
        if person is None:
            left[address_id] = "merged"
        elif person.verdict != "ok":
            left[address_id] = person.verdict
        elif person.address_id != address_id:
            left[address_id] = "address_changed"
        else:
            allowed[address_id] = person
    return Looked(allowed, left)


def are_allowed(connection: sa.Connection, row: Row, here: sa.ColumnElement[bool]) -> bool:
    """Whether everybody of the deliveries `here` may still be written to: `look_at` has nobody who left.

    The database counts, and hands out no row: a fifth of the processor time.
    """
    planned = sa.select(delivery.c.contact_id, delivery.c.address_id.label("planned_id"))
    people = people_of(planned.where(here, not_rejected()), row, beside=["planned_id"]).subquery("people")
    allowed = sa.select(sa.func.count()).where(
        people.c.verdict == "ok", people.c.address_id == people.c.planned_id
    )
    members = sa.select(sa.func.count()).select_from(delivery).where(here, not_rejected())
    return bool(connection.scalar(sa.select(allowed.scalar_subquery() == members.scalar_subquery())))


def drop(connection: sa.Connection, campaign_id: int, dropped: Mapping[int, str]) -> None:
    """Leave out recipients who may no longer be written to, by their addresses; each with the reason."""
    if not dropped:
        return
    connection.execute(
        sa.delete(delivery).where(
            delivery.c.campaign_id == campaign_id, delivery.c.address_id.in_(list(dropped))
        )
    )
    exclude(connection, campaign_id, Counter(dropped.values()))
    ledger.change(connection, campaign_id, recipients=campaign.c.recipients - len(dropped))


def people_of(members: sa.Select[Any], row: Row, *, beside: Sequence[str] = ()) -> sa.Select[Any]:
    """The audience's word on recipients; they are planned, so that no two have one address."""
    kind = KIND_OF_CAMPAIGN[row.type]
    return audience(members, row.category_id, kind, find_duplicates=False, beside=beside)


def is_chunk(campaign_id: int, step: str, number: int) -> sa.ColumnElement[bool]:
    """The row of one chunk."""
    return sa.and_(chunk.c.campaign_id == campaign_id, chunk.c.step == step, chunk.c.number == number)


def within(campaign_id: int, *chunks: Row) -> sa.ColumnElement[bool]:
    """The deliveries of one chunk, or of several that follow one another."""
    return sa.and_(
        delivery.c.campaign_id == campaign_id,
        delivery.c.address_id.between(chunks[0].first_address_id, chunks[-1].last_address_id),
    )


def not_rejected() -> sa.ColumnElement[bool]:
    """Deliveries that the service has not refused."""
    return delivery.c.flags.bitwise_and(REJECTED) == 0
