"""The campaign's row: read, changed, moved from state to state; each move with its history in one unit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from vestnik.campaigns.errors import CampaignStateForbids
from vestnik.campaigns.states import FINISHED, NEW_RUN, TITLES, State, may_follow
from vestnik.campaigns.tables import campaign, history
from vestnik.db import after_commit, new_key, now
from vestnik.http.errors import NotFound

Row = sa.Row[Any]
#: Told the campaign's key once a change of it is committed.
Tell = Callable[[int], None]


def under_way(connection: sa.Connection, account_id: int) -> list[str]:
    """Names of the account's campaigns that have begun, or will by themselves, and are not at their end."""
    going = set(State) - FINISHED - {State.DRAFT}
    wanted = sa.select(campaign.c.name).where(
        campaign.c.account_id == account_id, campaign.c.state.in_(going)
    )
    return list(connection.scalars(wanted.order_by(campaign.c.id)).all())


class Who(Protocol):
    """Who makes a change: a person, a machine, the system."""

    @property
    def user_id(self) -> int | None: ...

    @property
    def name(self) -> str: ...


class Service:
    """The sending service as the author of a change."""

    user_id = None
    name = "service"


SERVICE = Service()


def find(connection: sa.Connection, campaign_id: int) -> Row | None:
    """The campaign's row, locked until the unit of work ends."""
    return connection.execute(
        sa.select(campaign).where(campaign.c.id == campaign_id).with_for_update()
    ).one_or_none()


def get(connection: sa.Connection, campaign_id: int) -> Row:
    """The campaign's row, locked; `NotFound` when there is none."""
    row = find(connection, campaign_id)
    if row is None:
        raise NotFound()
    return row


def move(
    connection: sa.Connection,
    row: Row,
    to: State,
    who: Who,
    reason: Any = None,
    tell: Tell | None = None,
    **values: Any,
) -> int:
    """Bring the campaign to another state and write down who did it and why; its run from now on.

    Raises `CampaignStateForbids` for a way that the table of transitions does not have.
    """
    state = State(row.state)
    if not may_follow(state, to):
        raise CampaignStateForbids(state=TITLES[state], action=to.value)
    run: int = row.run + 1 if (state, to) in NEW_RUN else row.run
    at = now()
    change(connection, row.id, tell, state=to, run=run, reason=reason, **values)
    note(connection, row.id, at, state, to, run, who, reason)
    return run


def change(connection: sa.Connection, campaign_id: int, tell: Tell | None = None, **values: Any) -> None:
    """Set columns of the campaign; `tell` hears of it after the commit."""
    values.setdefault("updated_at", now())
    connection.execute(sa.update(campaign).where(campaign.c.id == campaign_id).values(**values))
    if tell is not None:
        heard = tell
        after_commit(connection, lambda: heard(campaign_id))


def note(
    connection: sa.Connection,
    campaign_id: int,
    at: datetime,
    state: State | None,
    to: State,
    run: int,
    who: Who,
    reason: Any = None,
) -> None:
    """Add a line to the campaign's history."""
    connection.execute(
        sa.insert(history).values(
            id=new_key(),
            campaign_id=campaign_id,
            at=at,
            from_state=state,
            to_state=to,
            run=run,
            user_id=who.user_id,
            who=who.name,
            reason=reason,
        )
    )
