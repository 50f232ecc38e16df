"""The letters that one address received through one account, with what was done with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from vestnik.campaigns.statuses import CLICKED, DELIVERED, HARD_BOUNCED, OPENED
from vestnik.campaigns.tables import campaign, delivery
from vestnik.contacts.tables import address
from vestnik.db import Database
from vestnik.webhooks.tables import event

#: Averages are over so many of the newest letters.
LETTERS = 100
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Letter:
    """A campaign's letter that arrived, and how often it was opened and clicked."""

    campaign_id: int
    name: str
    sent_at: datetime | None
    opens: int
    clicks: int


@dataclass(frozen=True, slots=True)
class Letters:
    """Letters that arrived, newest first, averages over them, and the last sign of life."""

    letters: Sequence[Letter]
    average_opens: float
    average_clicks: float
    last_opened_at: datetime | None
    last_clicked_at: datetime | None


class Received:
    """Reads what arrived; what a service never told of did not, as far as we know."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, account_id: int, email: str) -> Letters | None:
        """The letters to an e-mail address; None where none arrived."""
        arrived = (delivery.c.flags.op("&")(DELIVERED) != 0) & (delivery.c.flags.op("&")(HARD_BOUNCED) == 0)
        newest = (
            sa.select(
                campaign.c.id,
                campaign.c.name,
                campaign.c.launched_at,
                delivery.c.address_id,
                delivery.c.flags,
                delivery.c.opened_at,
                delivery.c.clicked_at,
            )
            .select_from(address)
            .join(delivery, delivery.c.address_id == address.c.id)
            .join(campaign, campaign.c.id == delivery.c.campaign_id)
            .where(
                address.c.kind == "email",
                address.c.normalised == email,
                campaign.c.account_id == account_id,
                arrived,
            )
            .order_by(campaign.c.launched_at.desc(), campaign.c.id.desc())
            .limit(LETTERS)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(newest)).all()
            if not rows:
                return None
            told = await connection.execute(
                sa.select(event.c.campaign_id, event.c.kind, sa.func.count())
                .where(
                    event.c.address_id == rows[0].address_id,
                    event.c.campaign_id.in_([row.id for row in rows]),
                    event.c.kind.in_(("opened", "clicked")),
                )
                .group_by(event.c.campaign_id, event.c.kind)
            )
            counts = Counter({(row[0], row[1]): row[2] for row in told})
        letters = [
            Letter(
                row.id,
                row.name,
                row.launched_at,
                # That it was done is known for longer than how often.
                max(counts[row.id, "opened"], int(row.flags & OPENED != 0)),
                max(counts[row.id, "clicked"], int(row.flags & CLICKED != 0)),
            )
            for row in rows
        ]
        return Letters(
            letters[:_SHOWN],
            sum(each.opens for each in letters) / len(letters),
            sum(each.clicks for each in letters) / len(letters),
            _last([row.opened_at for row in rows]),
            _last([row.clicked_at for row in rows]),
        )


def _last(moments: Sequence[datetime | None]) -> datetime | None:
    return max((each for each in moments if each is not None), default=None)
