"""The demo's past campaigns, told to the simulated service, so that it can be asked about them, too.

It hears what is shown: its own figures and links as they are kept, and what became of each letter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle, islice
from typing import Any

import httpx
import msgspec
import sqlalchemy as sa

from vestnik.campaigns.statuses import CLICKED, status_of
from vestnik.campaigns.tables import campaign, delivery, link, stats
from vestnik.contacts.tables import address
from vestnik.db import Database

#: What the service calls the status of a delivery.
_WORDS: Mapping[str, str] = {
    "handed_over": "not_sent",
    "delivered": "ok_delivered",
    "opened": "ok_read",
    "clicked": "ok_link_visited",
    "unsubscribed": "ok_unsubscribed",
    "spam": "ok_fbl",
    "soft_bounced": "err_mailbox_full",
    "hard_bounced": "err_user_unknown",
}
#: Our name of a figure, and the service's.
_FIGURES: Mapping[str, str] = {
    "sent": "sent",
    "delivered": "delivered",
    "opened": "read_unique",
    "openedTotal": "read_all",
    "clicked": "clicked_unique",
    "clickedTotal": "clicked_all",
    "unsubscribed": "unsubscribed",
    "spam": "spam",
}


async def tell_service(database: Database, account_id: int, simulator_url: str, login: str) -> None:
    """Let the simulator know the account's past campaigns; what it knows of them already is replaced."""
    async with database.read() as connection, httpx.AsyncClient(trust_env=False) as client:
        for row in (await connection.execute(_over(account_id))).all():
            found = (await connection.execute(_letters(row.id))).all()
            links = sa.select(link).where(link.c.campaign_id == row.id).order_by(link.c.url)
            told = _told(row, found, (await connection.execute(links)).all())
            body = msgspec.json.encode({"account": login, "campaigns": [told]})
            answer = await client.post(f"{simulator_url}/_simulator/campaigns", content=body)
            answer.raise_for_status()


def _over(account_id: int) -> sa.Select[Any]:
    return (
        sa.select(campaign, stats.c.figures)
        .join_from(campaign, stats, stats.c.campaign_id == campaign.c.id, isouter=True)
        .where(campaign.c.account_id == account_id, campaign.c.external_id.is_not(None))
        .order_by(campaign.c.launched_at)
    )


def _letters(campaign_id: int) -> sa.Select[Any]:
    """Address, facts and microseconds of each letter; its instants are nobody's but the simulator's."""
    return (
        sa.select(address.c.normalised, delivery.c.flags, sa.type_coerce(delivery.c.at, sa.BigInteger))
        .join_from(delivery, address, address.c.id == delivery.c.address_id)
        .where(delivery.c.campaign_id == campaign_id)
        .order_by(delivery.c.address_id)
    )


def _told(row: sa.Row[Any], letters: Sequence[Sequence[Any]], links: Sequence[sa.Row[Any]]) -> dict[str, Any]:
    figures = row.figures or {}
    words = {flags: _WORDS[status_of(flags)] for flags in {flags for _, flags, _ in letters}}
    return {
        "id": int(row.external_id),
        "kind": row.type,
        "subject": row.subject or row.text,
        "sender_name": row.sender_name,
        "sender": row.sender_email,
        "list_title": row.name,
        "status": "declined" if row.state == "declined" else "completed",
        "reason": "" if row.reason is None else row.reason["text"],
        "start": row.launched_at.timestamp(),
        "finished": row.finished_at.timestamp(),
        "figures": {
            "total": len(letters),
            "failed": row.hard_bounced + row.soft_bounced,
            **{theirs: figures.get(ours, 0) for ours, theirs in _FIGURES.items()},
        },
        "recipients": [(name, words[flags], at / 1_000_000) for name, flags, at in letters],
        "visits": list(_visits(letters, links)),
    }


def _visits(
    letters: Sequence[Sequence[Any]], links: Sequence[sa.Row[Any]]
) -> Iterator[tuple[str, str, float, int]]:
    """Who followed which link: as many people and clicks as are kept with it."""
    people = cycle([(name, at / 1_000_000) for name, flags, at in letters if flags & CLICKED])
    for followed in links:
        twice = followed.clicks - followed.unique_clicks
        for place, (name, at) in enumerate(islice(people, followed.unique_clicks)):
            yield name, followed.url, at, 1 + (place < twice)
