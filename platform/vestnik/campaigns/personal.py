"""What campaigns know of a person: which letters went to them, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from vestnik.campaigns.errors import RecipientIsBeingWrittenTo
from vestnik.campaigns.states import State
from vestnik.campaigns.statuses import status_of
from vestnik.campaigns.tables import campaign, delivery, history, link
from vestnik.contacts.reading import addresses_of
from vestnik.db import Database
from vestnik.privacy.holdings import Holding, Page, Subject, Sweep, page
from vestnik.privacy.texts import Texts


def follow_merge(connection: sa.Connection, kept_id: int, others: Sequence[int]) -> None:
    """Have the letters to the others' addresses, which are the staying contact's by now, be its own."""
    connection.execute(
        sa.update(delivery)
        .where(delivery.c.address_id.in_(addresses_of(kept_id)), delivery.c.contact_id.in_(others))
        .values(contact_id=kept_id)
    )


def _to(person: Subject) -> sa.ColumnElement[bool]:
    """Letters to the person, also at an address that somebody else has, too."""
    return delivery.c.address_id.in_(person.address_ids) | delivery.c.contact_id.in_(person.contact_ids)


def _read(connection: sa.Connection, person: Subject, after: Sequence[Any] | None) -> Page:
    return page(
        connection,
        sa.select(
            campaign.c.name,
            campaign.c.subject,
            campaign.c.type,
            campaign.c.launched_at,
            delivery.c.flags,
            delivery.c.at,
            delivery.c.opened_at,
            delivery.c.clicked_at,
            delivery.c.reason,
        )
        .join(campaign, campaign.c.id == delivery.c.campaign_id)
        .where(_to(person)),
        (delivery.c.campaign_id, delivery.c.address_id),
        after,
        _letter,
    )


def _letter(row: sa.Row[Any]) -> Mapping[str, Any]:
    return {
        "campaign": row.name,
        "subject": row.subject,
        "type": row.type,
        "launchedAt": row.launched_at,
        "status": status_of(row.flags),
        "at": row.at,
        "openedAt": row.opened_at,
        "clickedAt": row.clicked_at,
        "reason": row.reason,
    }


def _erase(connection: sa.Connection, person: Subject) -> int:
    """Figures stay; a letter that is planned is not lost on the way: whoever is written to waits for it."""
    mine = _to(person)
    written = connection.execute(
        sa.select(campaign.c.id, campaign.c.name)
        .join(delivery, delivery.c.campaign_id == campaign.c.id)
        .where(mine, delivery.c.flags == 0, campaign.c.state.in_((State.PREPARING, State.PAUSED)))
        .limit(1)
    ).first()
    if written is not None:
        raise RecipientIsBeingWrittenTo(campaign=written.name, id=str(written.id))
    connection.execute(sa.update(delivery).where(mine, delivery.c.reason.is_not(None)).values(reason=None))
    return connection.scalar(sa.select(sa.func.count()).select_from(delivery).where(mine)) or 0


HOLDINGS = (Holding("deliveries", _read, _erase),)

#: What a service said of a campaign: a refusal may quote an address.
_SAID = ("reason", "service_reason", "poll_cursor", "poll_failure", "stats_failure", "links_failure")


def sweeps(database: Database) -> Sequence[Sweep]:
    """What services said of campaigns, and links that are made for one reader."""
    return (
        Texts(database, "messages", campaign, _SAID),
        Texts(database, "messages", history, ("reason",)),
        Texts(database, "links", link, ("url",), deletes=True),
    )
