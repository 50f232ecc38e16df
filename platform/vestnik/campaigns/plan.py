"""The plan of a launch: the audience becomes deliveries, the deliveries chunks, in bounded units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from vestnik.campaigns import ledger
from vestnik.campaigns.ledger import Row, Tell
from vestnik.campaigns.ports import SendingAccount, Surroundings
from vestnik.campaigns.reasons import Reason, reason
from vestnik.campaigns.states import State
from vestnik.campaigns.statuses import COUNTERS
from vestnik.campaigns.tables import campaign, chunk, delivery, exclusion
from vestnik.contacts.addresses import KIND_OF_CAMPAIGN
from vestnik.contacts.audience import audience
from vestnik.db import insert, insert_ignore, now
from vestnik.people.access import SYSTEM

#: How many contacts one unit of work takes.
SLICE = 1000
CHUNKS_AT_ONCE = 10
#: In `planned_to`: the plan is to be made anew.
CLEAR = -1
#: States of a chunk after it was handed over: all in it may be written to; somebody in it may not.
LOOKED, LEAVING = "looked", "leaving"
#: The states of a chunk that the service has.
AT_SERVICE = ("handed_over", LOOKED, LEAVING)


class Plan:
    """The units that plan a launch; each returns False when nothing is left for it to do."""

    def __init__(self, surroundings: Surroundings, tell: Tell) -> None:
        self._surroundings, self._tell = surroundings, tell

    def clear(self, connection: sa.Connection, campaign_id: int, run: int) -> bool:
        """Forget a part of an earlier plan of which nothing was handed over; False when all is forgotten."""
        row = current(connection, campaign_id, run)
        if row is None or row.planned_to != CLEAR:
            return False
        part = (
            sa.select(delivery.c.address_id)
            .where(delivery.c.campaign_id == campaign_id)
            .order_by(delivery.c.address_id)
            .limit(SLICE)
        )
        deleted = connection.execute(
            sa.delete(delivery).where(delivery.c.campaign_id == campaign_id, delivery.c.address_id.in_(part))
        ).rowcount
        if deleted:
            return True
        connection.execute(sa.delete(chunk).where(chunk.c.campaign_id == campaign_id))
        connection.execute(sa.delete(exclusion).where(exclusion.c.campaign_id == campaign_id))
        zero = dict.fromkeys(COUNTERS, 0)
        ledger.change(
            connection,
            campaign_id,
            self._tell,
            planned_to=0,
            planned_at=None,
            cut_at=None,
            recipients=0,
            **zero,
        )
        return False

    def plan(self, connection: sa.Connection, campaign_id: int, run: int) -> bool:
        """Turn the next slice of the audience into deliveries; False when no more of it is left.

        Who joined the audience, or the stop-list, before this moment is seen.
        """
        row = current(connection, campaign_id, run)
        if row is None or row.planned_at is not None:
            return False
        members = self._surroundings.members(connection, row.segment_id)
        member = members.subquery("member")
        slice_ = (
            sa.select(member.c.contact_id)
            .where(member.c.contact_id > row.planned_to)
            .order_by(member.c.contact_id)
            .limit(SLICE)
            .subquery("slice")
        )
        through = connection.execute(sa.select(sa.func.max(slice_.c.contact_id))).scalar_one()
        if through is None:
            self._planned(connection, row)
            return False
        people = audience(members, row.category_id, KIND_OF_CAMPAIGN[row.type]).subquery("people")
        this_slice = people.c.contact_id.between(row.planned_to + 1, through)
        added = self._add(connection, row, sa.select(people).where(this_slice, people.c.verdict == "ok"))
        left_out = connection.execute(
            sa.select(people.c.verdict, sa.func.count())
            .where(this_slice, people.c.verdict != "ok")
            .group_by(people.c.verdict)
        ).all()
        exclude(connection, row.id, {verdict: number for verdict, number in left_out})
        ledger.change(
            connection, row.id, self._tell, planned_to=through, recipients=campaign.c.recipients + added
        )
        return True

    @staticmethod
    def _add(connection: sa.Connection, row: Row, people: sa.Select[Any]) -> int:
        """Insert the deliveries of one slice; one address is one delivery, whoever has it."""
        found = people.subquery("found")
        chosen = sa.select(
            sa.literal(row.id, campaign.c.id.type),
            found.c.address_id,
            found.c.contact_id,
            sa.literal(0, sa.Integer),
        ).where(sa.true())
        # Without the option SQLAlchemy drops the count of an INSERT … SELECT on PostgreSQL.
        inserted = connection.execute(
            insert_ignore(connection, delivery).from_select(
                ["campaign_id", "address_id", "contact_id", "flags"], chosen
            ),
            execution_options={"preserve_rowcount": True},
        )
        return inserted.rowcount

    def _planned(self, connection: sa.Connection, row: Row) -> None:
        if row.recipients:
            ledger.change(connection, row.id, self._tell, planned_at=now())
        else:
            fail(connection, row, reason("no_recipients"), self._tell)

    def cut(self, connection: sa.Connection, campaign_id: int, run: int, account: SendingAccount) -> bool:
        """Cut the next deliveries into chunks of both steps; False when all are cut."""
        row = current(connection, campaign_id, run)
        if row is None or row.cut_at is not None:
            return False
        more = False
        for step, size in (("export", account.export_chunk), ("prepare", account.prepare_chunk)):
            more = self._cut(connection, row, step, size) or more
        if not more:
            ledger.change(connection, campaign_id, self._tell, cut_at=now())
        return more

    @staticmethod
    def _cut(connection: sa.Connection, row: Row, step: str, size: int) -> bool:
        last = connection.execute(
            sa.select(chunk.c.number, chunk.c.last_address_id)
            .where(chunk.c.campaign_id == row.id, chunk.c.step == step)
            .order_by(chunk.c.number.desc())
            .limit(1)
        ).first()
        number, after = (0, 0) if last is None else (last.number + 1, last.last_address_id)
        ids = (
            connection.execute(
                sa.select(delivery.c.address_id)
                .where(delivery.c.campaign_id == row.id, delivery.c.address_id > after)
                .order_by(delivery.c.address_id)
                .limit(size * CHUNKS_AT_ONCE)
            )
            .scalars()
            .all()
        )
        parts = [ids[start : start + size] for start in range(0, len(ids), size)]
        rows = [
            {
                "campaign_id": row.id,
                "step": step,
                "number": number + offset,
                "first_address_id": part[0],
                "last_address_id": part[-1],
                "state": "planned",
                "attempts": 0,
                "size": len(part),
                "rejected": 0,
            }
            for offset, part in enumerate(parts)
        ]
        if rows:
            connection.execute(sa.insert(chunk), rows)
        return len(ids) == size * CHUNKS_AT_ONCE


def new_run(connection: sa.Connection, row: Row, *, same_version: bool) -> dict[str, Any]:
    """The columns of a campaign that begins a new run: what an earlier one left open is forgotten.

    As long as no chunk was passed to the service, the audience is resolved anew; what was passed is looked
    at again. `same_version`: the module's version stays the pinned one; else the live one is pinned.
    """
    begun = connection.execute(
        sa.select(chunk.c.number).where(chunk.c.campaign_id == row.id, chunk.c.state != "planned").limit(1)
    ).first()
    look_anew(connection, row.id)
    columns = (
        "creating_at external_id external_url created_at_service finished_at service_status service_reason"
        " service_at check_at retry_at"
    )
    return {
        **dict.fromkeys(columns.split()),
        "attempts": 0,
        "planned_to": row.planned_to if begun is not None else CLEAR,
        "version_id": row.version_id if same_version else None,
    }


def look_anew(connection: sa.Connection, campaign_id: int) -> None:
    """Have every chunk that the service has be looked at again before CreateCampaign."""
    looked = (chunk.c.campaign_id == campaign_id, chunk.c.state.in_([LOOKED, LEAVING]))
    connection.execute(sa.update(chunk).where(*looked).values(state="handed_over"))


def exclude(connection: sa.Connection, campaign_id: int, numbers: Mapping[str, int]) -> None:
    """Add to the numbers of those who were left out."""
    for why, number in numbers.items():
        added = insert(connection, exclusion).values(campaign_id=campaign_id, reason=why, count=number)
        connection.execute(
            added.on_conflict_do_update(
                index_elements=["campaign_id", "reason"],
                set_={"count": exclusion.c.count + added.excluded["count"]},
            )
        )


def current(connection: sa.Connection, campaign_id: int, run: int) -> Row | None:
    """The campaign while run `run` of it is being prepared."""
    row = ledger.find(connection, campaign_id)
    return row if row is not None and row.run == run and row.state == State.PREPARING else None


def driven(connection: sa.Connection, campaign_id: int, run: int, driver: str) -> Row | None:
    """The same, unless another process drives it by now: one that comes late decides nothing."""
    row = current(connection, campaign_id, run)
    return row if row is not None and row.driver in (driver, None) else None


def fail(connection: sa.Connection, row: Row, why: Reason, tell: Tell | None) -> None:
    """End a run with a reason; a person may retry."""
    ledger.move(
        connection,
        row,
        State.FAILED,
        SYSTEM,
        why,
        tell,
        creating_at=None,
        driver=None,
        finished_at=now(),
    )
