"""What a restored database does not know the end of is held: it may have gone out since the backup."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from vestnik.campaigns.ledger import note
from vestnik.campaigns.reasons import reason
from vestnik.campaigns.states import State
from vestnik.campaigns.tables import campaign, repeat
from vestnik.db import now
from vestnik.people.access import SYSTEM

_ASKED_SOON = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Held:
    """Names of what waits for a person: campaigns that are paused or unclear, and repeats that rest."""

    paused: list[str]
    unclear: list[str]
    repeats: list[str]


def hold_restored(connection: sa.Connection) -> Held:
    """Let nothing of a restored database go out by itself.

    What was scheduled or being prepared is paused. Where the service was about to be asked, or had been,
    to create the campaign, it is asked whether it has it, as after a crash. Repeats rest: the issue that
    is due may have gone out.
    """
    waiting = sa.select(campaign).where(campaign.c.state.in_([State.SCHEDULED, State.PREPARING]))
    held = Held([], [], [])
    at = now()
    for row in connection.execute(waiting.order_by(campaign.c.id)).all():
        asked = row.creating_at is not None
        to = State.UNCLEAR if asked else State.PAUSED
        why = reason("restored_unclear" if asked else "restored")
        connection.execute(
            sa.update(campaign)
            .where(campaign.c.id == row.id)
            .values(
                state=to,
                reason=why,
                retry_at=None,
                driver=None,
                held=False,
                check_at=at + _ASKED_SOON if asked else row.check_at,
            )
        )
        note(connection, row.id, at, State(row.state), to, row.run, SYSTEM, why)
        (held.unclear if asked else held.paused).append(row.name)
    names = (
        sa.select(campaign.c.name)
        .join(repeat, repeat.c.pattern_id == campaign.c.id)
        .where(repeat.c.enabled)
        .order_by(campaign.c.name_folded)
    )
    held.repeats.extend(connection.scalars(names))
    connection.execute(sa.update(repeat).where(repeat.c.enabled).values(enabled=False, next_at=None))
    return held
