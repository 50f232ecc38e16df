"""The last look before CreateCampaign: whoever left since their chunk was handed over is taken back.

A large campaign is prepared for minutes, and a run that goes on may find chunks of days ago at the service.
So every recipient of a chunk that was handed over is looked at once more, some in each unit of work; who may
no longer be written to is withdrawn at the service, and leaves the deliveries only when the service has
answered. Whatever delays the creation after that (a failure, a pause, another process) has all chunks looked
at again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from vestnik.campaigns import effects
from vestnik.campaigns.chunks import Handover, are_allowed, drop, look_at, within
from vestnik.campaigns.ledger import Row
from vestnik.campaigns.plan import LEAVING, LOOKED
from vestnik.campaigns.statuses import COUNTERS, figures
from vestnik.campaigns.tables import chunk, delivery
from vestnik.contacts.tables import address, consent, contact, erased_address, suppression

#: So long chunks are looked at in one unit of work.
LOOK_AGAIN_S = 0.03
#: The database is asked at once of so many chunks that follow one another, and of so many recipients.
CHUNKS_AT_ONCE = 20
RECIPIENTS_AT_ONCE = 2_000
#: While a large campaign was looked at, others left: so many of the newest words of each kind are read.
NEWEST = 2_000


def look(connection: sa.Connection, row: Row) -> bool:
    """Look at more of the chunks that the service has; True when none is left to look at."""
    deadline = time.monotonic() + LOOK_AGAIN_S
    begun = connection.execute(_chunks(row, LOOKED, LEAVING).limit(1)).one_or_none() is not None
    while True:
        found = connection.execute(_chunks(row, "handed_over").limit(CHUNKS_AT_ONCE)).all()
        if not found:
            if begun:  # not all in this unit
                _mark(connection, row, _who_left_lately(connection, row))
            return True
        _look_at_some(connection, row, _neighbours(found))
        if time.monotonic() > deadline:
            return False


def withdrawal(connection: sa.Connection, row: Row, at_most: int) -> Handover | None:
    """Who is to be taken back next, `at_most` at once; None when nobody is.

    An address without a name in `rows` was erased: nobody can tell the service whom it is to take out.
    """
    deadline = time.monotonic() + LOOK_AGAIN_S
    numbers: list[int] = []
    leaving: dict[int, str] = {}
    for found in connection.execute(_chunks(row, LEAVING)).all():
        left = look_at(connection, row, within(row.id, found)).left
        if not left:
            _set(connection, row, [found.number], LOOKED)
            continue
        numbers.append(found.number)
        leaving |= dict(list(left.items())[: at_most - len(leaving)])
        if len(leaving) == at_most or time.monotonic() > deadline:
            break
    if not leaving:
        return None
    return Handover(
        "withdraw", numbers[0], rows=_names(connection, leaving), verdicts=leaving, chunks=numbers
    )


def withdrawn(connection: sa.Connection, row: Row, handed: Handover) -> None:
    """Drop whom the service has taken out; their chunks are looked at once more."""
    effects.hold_campaigns(connection, [row.id])
    mine = sa.select(delivery.c.address_id, delivery.c.flags).where(
        delivery.c.campaign_id == row.id, delivery.c.address_id.in_(list(handed.verdicts))
    )
    gone = {each.address_id: each.flags for each in connection.execute(mine)}
    of_each = zip(*(figures(flags) for flags in gone.values()), strict=True)
    effects.count(
        connection, row.id, {name: -sum(each) for name, each in zip(COUNTERS, of_each, strict=False)}
    )
    drop(connection, row.id, {id: handed.verdicts[id] for id in gone})
    _set(connection, row, handed.chunks, "handed_over")


def _look_at_some(connection: sa.Connection, row: Row, found: Sequence[Row]) -> None:
    """Look at the recipients of chunks that follow one another."""
    _set(connection, row, [each.number for each in found], LOOKED)
    here = within(row.id, *found)
    if are_allowed(connection, row, here):
        return
    left = look_at(connection, row, here).left
    leaving = [
        each.number
        for each in found
        if any(each.first_address_id <= address_id <= each.last_address_id for address_id in left)
    ]
    _set(connection, row, leaving, LEAVING)


def _neighbours(found: Sequence[Row]) -> Sequence[Row]:
    """The first of the chunks, with those that follow it without a gap and are not too many people."""
    size = 0
    for place, each in enumerate(found):
        size += each.size
        if place and (each.number != found[0].number + place or size > RECIPIENTS_AT_ONCE):
            return found[:place]
    return found


def _chunks(row: Row, *states: str) -> sa.Select[tuple[int, int, int, int]]:
    return (
        sa.select(chunk.c.number, chunk.c.first_address_id, chunk.c.last_address_id, chunk.c.size)
        .where(chunk.c.campaign_id == row.id, chunk.c.step == "prepare", chunk.c.state.in_(states))
        .order_by(chunk.c.number)
    )


def _set(connection: sa.Connection, row: Row, numbers: Iterable[int], state: str) -> None:
    connection.execute(
        sa.update(chunk)
        .where(chunk.c.campaign_id == row.id, chunk.c.step == "prepare", chunk.c.number.in_(list(numbers)))
        .values(state=state)
    )


def _mark(connection: sa.Connection, row: Row, address_ids: Iterable[int]) -> None:
    for id in address_ids:
        connection.execute(
            sa.update(chunk)
            .where(
                chunk.c.campaign_id == row.id,
                chunk.c.step == "prepare",
                chunk.c.first_address_id <= id,
                chunk.c.last_address_id >= id,
            )
            .values(state=LEAVING)
        )


def _who_left_lately(connection: sa.Connection, row: Row) -> Iterable[int]:
    """Recipients, by their addresses, who are among the newest in a journal of what people said."""
    said = sa.select(consent.c.contact_id).order_by(consent.c.id.desc()).limit(NEWEST)
    changed = sa.select(contact.c.id).order_by(contact.c.updated_at.desc(), contact.c.id.desc()).limit(NEWEST)
    newest = sa.select(suppression.c.address_hash).order_by(suppression.c.id.desc()).limit(NEWEST).subquery()
    stopped = sa.select(address.c.id).join(newest, newest.c.address_hash == address.c.suppression_hash)
    people = {*connection.scalars(said), *connection.scalars(changed)}
    here = delivery.c.campaign_id == row.id
    theirs = sa.select(delivery.c.address_id).where(here, delivery.c.contact_id.in_(people))
    addresses = {*connection.scalars(stopped), *connection.scalars(theirs)}
    return look_at(connection, row, sa.and_(here, delivery.c.address_id.in_(addresses))).left


def _names(connection: sa.Connection, address_ids: Iterable[int]) -> dict[str, int]:
    erased = sa.exists().where(erased_address.c.address_id == address.c.id)
    named = sa.select(address.c.normalised, address.c.id).where(
        address.c.id.in_(list(address_ids)), sa.not_(erased)
    )
    return {each.normalised: each.id for each in connection.execute(named)}
