"""What happened to the recipients of the demo's past campaigns, for timelines and charts; and its removal."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from vestnik.campaigns.demo import LINKS
from vestnik.campaigns.statuses import CLICKED, DELIVERED, HARD_BOUNCED, OPENED, SENT, SOFT_BOUNCED, SPAM
from vestnik.campaigns.statuses import UNSUBSCRIBED as LEFT
from vestnik.campaigns.tables import campaign, delivery
from vestnik.db import Database, load, new_key
from vestnik.webhooks.tables import applied, attempt, event, inbox, waiting

_SEED = 5
_SLICE = 2_000
_COLUMNS = ("id", "at", "account_id", "campaign_id", "address_id", "kind", "detail", "polled")
_ON_THE_WAY_S = (2, 40)
_AFTER_OPENING_S = (20, 240)
#: One of so many campaigns was heard of by asking its service: its webhooks were silent.
_POLLED = 3

Line = tuple[Any, ...]


async def create_demo(database: Database, account_id: int) -> None:
    """Store the events that the deliveries of the account's campaigns tell of."""
    chance = Random(_SEED)  # noqa: S311  (the same demo every time)
    async with database.read() as connection:
        sent = sa.select(campaign.c.id, campaign.c.launched_at).where(
            campaign.c.account_id == account_id, campaign.c.external_id.is_not(None)
        )
        campaigns = (await connection.execute(sent)).all()
    for row in campaigns:
        last: int | None = 0
        while last is not None:
            last = await database.write(_tell, account_id, row, chance, last)


def remove_demo(connection: sa.Connection, account_ids: Collection[int]) -> None:
    """Take away what came for the accounts of the demo, and what it told."""
    came = sa.select(inbox.c.id).where(inbox.c.account_id.in_(account_ids))
    connection.execute(sa.delete(attempt).where(attempt.c.inbox_id.in_(came)))
    for table in (inbox, applied, waiting, event):
        connection.execute(sa.delete(table).where(table.c.account_id.in_(account_ids)))


def _tell(
    connection: sa.Connection, account_id: int, of: sa.Row[*tuple[Any, ...]], chance: Random, after: int
) -> int | None:
    """Store the events of the next deliveries; the last address of this slice, None at the end."""
    rows = connection.execute(
        sa.select(delivery)
        .where(delivery.c.campaign_id == of.id, delivery.c.address_id > after)
        .order_by(delivery.c.address_id)
        .limit(_SLICE)
    ).all()
    polled = of.launched_at.toordinal() % _POLLED == 0
    lines = [
        (new_key(), at, account_id, of.id, row.address_id, kind, _detail(kind, chance), polled)
        for row in rows
        for at, kind in _events(row, of.launched_at, chance)
    ]
    load(connection, event, _COLUMNS, lines)
    return rows[-1].address_id if len(rows) == _SLICE else None


def _detail(kind: str, chance: Random) -> str | None:
    """The link that was clicked."""
    if kind != "clicked":
        return None
    return chance.choices([link for link, _ in LINKS], [weight for _, weight in LINKS])[0]


def _events(row: sa.Row[*tuple[Any, ...]], launched_at: Any, chance: Random) -> Iterator[Line]:
    """The events of one letter in order; how long each took is a guess."""
    if not row.flags & SENT:
        return
    first = row.opened_at or row.at
    # A letter was written before anything happened to it, and within the campaign's first half hour.
    sent_at = min(launched_at + timedelta(seconds=chance.uniform(30, 1_700)), first)
    yield sent_at, "sent"
    if row.flags & (HARD_BOUNCED | SOFT_BOUNCED):
        yield row.at, "hardBounce" if row.flags & HARD_BOUNCED else "softBounce"
    elif row.flags & DELIVERED:
        yield min(sent_at + timedelta(seconds=chance.uniform(*_ON_THE_WAY_S)), first), "delivered"
    if row.flags & OPENED:
        yield row.opened_at, "opened"
    if row.flags & CLICKED:
        yield row.clicked_at, "clicked"
    if row.flags & LEFT:
        yield first + timedelta(seconds=chance.uniform(*_AFTER_OPENING_S)), "unsubscribed"
    if row.flags & SPAM:
        yield first, "spam"
